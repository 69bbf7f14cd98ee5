import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Lock } from '../../src/core/model/inventory.ts'
import { lockApps } from '../../src/flows/commands/lock-app.ts'
import { unlockApps } from '../../src/flows/commands/unlock-app.ts'
import { endLocks } from '../../src/flows/holds/end-locks.ts'
import { tellLocked } from '../../src/flows/holds/tell-locked.ts'
import type { ServerWorld } from '../../src/flows/server-world.ts'
import { appOf, type HoldWorld, openHoldWorld, recordOf, shop } from './holds-support.ts'
import { orderIn } from './order-support.ts'

const at = '2026-05-04T09:30:00.000Z'
const now = '2026-05-04T10:00:00.000Z'
const [ben, zoe] = [
  { by: 'ben', at, number: 2 },
  { by: 'zoe', at, number: 3 },
]
const queue: Lock = { by: 'ann', at, number: 1, waiting: [ben, zoe] }

let world: HoldWorld
let name: string
let web: { repository: typeof shop; app: string; cluster: string }
beforeAll(async () => {
  world = await openHoldWorld()
}, 60_000)
afterAll(() => world.close())
beforeEach(async () => {
  await world.renew()
  name = `${shop.owner}/${shop.name}`
  web = { repository: shop, app: 'web', cluster: 'prod' }
  await world.syncedOn('web', 'r1')
  await world.queued()
})

const onCluster = async () => (await (await world.clusters.open('prod', name)).inventory(name, 'web')).marks?.lock
const both = async () => [(await world.store.appState(web))?.lock, await onCluster()]
const hold = async (lock: Lock, there: Lock = lock) => {
  await world.remember({ ...web, clusterUID: 'uid', revision: 'r1', lock })
  await (await world.clusters.open('prod', name)).saveMarks(name, 'web', () => ({ lock: there }))
}
/** A command of somebody who may no more than `permission`. */
const order = (login: string, permission: 'write' | 'maintain' = 'write') => {
  const made = orderIn(world, { apps: [appOf('web')], login })
  return { ...made, person: { ...made.person, permission } }
}
const address = () => ({ ...shop, installationId: 1 })
const close = (number: number) => endLocks(world as unknown as ServerWorld, address(), number)

/** GitHub, as far as comments go; `tell` writes into it. */
const github = () => {
  const comments: { readonly number: number; readonly body: string }[] = []
  const forge = {
    findComment: async (number: number, marker: string) =>
      comments.some((each) => each.number === number && each.body.includes(`<!-- ${marker} -->`)) ? 7 : undefined,
    createComment: async (number: number, body: string) => comments.push({ number, body }),
  }
  const tell = (store = world.store) =>
    tellLocked({ ...world, store, forges: { open: async () => forge } } as unknown as ServerWorld, {
      kind: 'lock-passed',
      repository: address(),
      cluster: 'prod',
      app: 'web',
    })
  return { comments, tell }
}

it('/lock of several apps takes those that are free and waits for the rest, and says both', async () => {
  await hold({ by: 'ann', at, number: 1, reason: 'incident' })
  await world.syncedOn('db', 'r1')
  const made = { ...order('ben'), trusted: { apps: [appOf('web'), appOf('db')] } }
  const said = await lockApps(made, { kind: 'command', name: 'lock', apps: ['web', 'db'], keep: false })
  expect(said).toContain('- `db` is locked.')
  expect(said).toMatch(/- `web` is locked by ann .*: incident\. You are next\./)
  expect(said).toContain('You are told here when')
  const waiting = [{ by: 'ben', at: now, number: 1, keep: true }]
  expect(await both()).toMatchObject([
    { by: 'ann', waiting },
    { by: 'ann', waiting },
  ])
})

it('/lock waits for a lock that only the cluster still knows', async () => {
  await hold({ by: 'ann', at })
  await world.store.changeAppState(web, () => undefined)
  await lockApps(order('ben'), { kind: 'command', name: 'lock', apps: ['web'], keep: false })
  expect(await both()).toMatchObject([
    { by: 'ann', waiting: [{ by: 'ben' }] },
    { by: 'ann', waiting: [{ by: 'ben' }] },
  ])
})

it('/unlock passes the lock on and keeps held what is held, once also when it is done again', async () => {
  await hold(queue)
  const held = { state: 'held', heldBy: { kind: 'lock' } } as const
  await world.store.saveSync(recordOf(`held ${shop.name}`, 'web', 'r2', held, { number: 1 }))
  // Whoever has `maintain` could take the lock off the next one too.
  const given = order('ann', 'maintain')
  expect(await unlockApps(given, ['web'])).toBe('`web` passes on to `ben`, who waited and is told.')
  const passed = { ...ben, at: now, passedFrom: 'ann', doneBy: 'comment 5', waiting: [zoe] }
  expect(await both()).toEqual([passed, passed])
  expect(await world.queued()).toEqual(['lock-passed '])
  expect(await unlockApps(given, ['web'])).toMatch(/^You let go of `web`\. It is locked by ben/)
  expect(await both()).toEqual([passed, passed])
})

it('/unlock of one who only waits ends that and nothing more, also when it is done again', async () => {
  await hold(queue)
  const given = order('ben', 'maintain')
  expect(await unlockApps(given, ['web'])).toBe('You no longer wait for `web`.')
  await unlockApps(given, ['web'])
  const left = { ...queue, waiting: [zoe], doneBy: 'comment 5' }
  expect(await both()).toEqual([left, left])
  const eves = order('eve')
  const other = { ...eves, job: { ...eves.job, commentId: 6 } }
  expect(await unlockApps(other, ['web'])).toContain('is held by `ann`')
  const zoes = { ...order('zoe'), job: other.job }
  expect(await unlockApps(zoes, ['web'])).toBe('You no longer wait for `web`.')
})

it('a closed pull request passes its lock on, and takes out who waited there', async () => {
  await hold(queue)
  await close(2)
  expect(await both()).toEqual([
    { ...queue, waiting: [zoe] },
    { ...queue, waiting: [zoe] },
  ])
  expect(await world.queued()).toEqual([])
  await close(1)
  const passed = { ...zoe, at: now, passedFrom: 'ann' }
  expect(await both()).toEqual([passed, passed])
  expect(await world.queued()).toEqual(['lock-passed '])
  // Done again after a crash: the telling may not have been queued.
  await close(1)
  expect(await world.queued()).toEqual(['lock-passed '])
})

it('the next one is told once, also after a crash in the middle', async () => {
  await hold(queue)
  await close(1)
  const { comments, tell } = github()
  const audit = () => Promise.reject(new Error('killed'))
  await expect(tell({ ...world.store, audit })).rejects.toThrow('killed')
  await tell()
  await tell()
  expect(comments).toEqual([{ number: 2, body: expect.stringContaining('\n@ben: `web` is locked for you now') }])
  const done = { ...ben, at: now, waiting: [zoe] }
  expect(await both()).toEqual([done, done])
})

it('a cluster that missed that a lock passed on hears of it with the telling', async () => {
  await hold(queue)
  world.reach(false)
  await close(1)
  world.reach(true)
  expect(await both()).toMatchObject([{ by: 'ben' }, { by: 'ann' }])
  await github().tell()
  const done = { ...ben, at: now, waiting: [zoe] }
  expect(await both()).toEqual([done, done])
})

it('who has a lock may let go of it where the cluster still says that they wait', async () => {
  await hold({ ...ben, at: now, waiting: [zoe] }, queue)
  world.setTime('2026-05-04T11:00:00Z')
  expect(await unlockApps(order('ben'), ['web'])).toContain('passes on to `zoe`')
  expect(await both()).toMatchObject([{ by: 'zoe', passedFrom: 'ben' }, { by: 'zoe' }])
})
