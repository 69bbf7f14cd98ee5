import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Marks } from '../../src/core/model/inventory.ts'
import { vacated } from '../../src/core/sync/renames.ts'
import { unlockApps } from '../../src/flows/commands/unlock-app.ts'
import { holdOf } from '../../src/flows/holds/holds.ts'
import { isBack, pinApp, unpinApp } from '../../src/flows/holds/pins.ts'
import { releaseHeld } from '../../src/flows/holds/release-held.ts'
import { retireFormer } from '../../src/flows/plan/adopt-inventory.ts'
import type { Cluster, ClusterWriter } from '../../src/flows/ports.ts'
import { appOf, gitOf, type HoldWorld, openHoldWorld, recordOf, shop } from './holds-support.ts'
import { orderIn } from './order-support.ts'

const at = '2026-05-04T09:30:00.000Z'
const lock = { by: 'ann', at, reason: 'incident' }
const configOf = (app: string) => `version: 1\napps:\n  - { name: ${app}, path: web, cluster: prod }\n`

let world: HoldWorld
let cluster: Cluster
let writer: ClusterWriter
let uid: string
let git: ReturnType<typeof gitOf>
let called: string
let one: string
let two: string
let repository: string
beforeAll(async () => {
  world = await openHoldWorld()
  cluster = await world.clusters.open('prod', '')
  writer = cluster.writer({ plan: { changes: [], drift: [] } } as never)
  uid = (await cluster.identify()).uid
}, 60_000)
afterAll(() => world.close())
beforeEach(async () => {
  await world.renew()
  repository = `${shop.owner}/${shop.name}`
  await world.store.savePullRequest({ repository: shop, number: 1, open: false, installationId: 1 })
  git = gitOf(() => configOf(called))
  called = 'web'
  one = git.commit()
  called = 'store'
  two = git.commit()
})

const address = (app: string) => ({ repository: shop, app, cluster: 'prod' })
/** The app was synced as `web`, which the store knows too. */
const synced = async (marks: Marks = {}, known: Pick<Marks, 'lock' | 'pin'> = {}) => {
  await world.syncedOn('web', one, { path: 'web', marks })
  const digest = `sha256:${one.slice(0, 3)}`
  await world.remember({ ...address('web'), clusterUID: uid, revision: one, digest, ...known })
}
const ask = (app: string, revision: string, head = revision) =>
  holdOf(world, {
    record: recordOf(`${app} of ${shop.name}`, app, revision),
    app: appOf(app, configOf(app)),
    repository: git.repository,
    head,
    asked: true,
  })
/** As a sync ends that is held now. */
const holdStore = async () => {
  const hold = await ask('store', two)
  if (!hold) throw new Error('nothing holds it')
  const outcome = { state: 'held', heldBy: hold.heldBy, problems: [hold.problem] } as const
  await world.store.saveSync(recordOf(`store of ${shop.name}`, 'store', two, outcome, { number: 1 }))
  return hold
}
const stateOf = async () => (await world.store.sync(`store of ${shop.name}`))?.outcome.state

describe.each([
  ['on the cluster', { lock }, {}],
  ['in the store', {}, { lock }],
  ['on both sides', { lock }, { lock }],
])('an app that was locked by its old name, %s', (_where, marks, known) => {
  it('is held by its new one, again and again, until /unlock lets go of it', async () => {
    await synced(marks, known)
    expect((await holdStore()).heldBy).toEqual({ kind: 'lock', app: 'web' })
    expect(await releaseHeld(world)).toBe(0)
    const order = orderIn(world, { apps: [appOf('store', configOf('store'))], login: 'ann' })
    expect(await unlockApps(order, ['store'])).toBe(
      '- `web` (the name that `store` had) is unlocked.\n- What this held goes on now.',
    )
    expect(await stateOf()).toBe('queued')
    expect(await ask('store', two)).toBeUndefined()
  })

  it('is held when it is named back', async () => {
    await synced(marks, known)
    await holdStore()
    called = 'web'
    const three = git.commit()
    expect((await ask('web', three))?.heldBy).toEqual({ kind: 'lock' })
  })
})

it('that is pinned by its old name is let go of when Git is back, by both', async () => {
  const pin = { revision: one, by: 'ann', at, reason: 'rolled back' }
  await synced({ pin }, { pin })
  const { heldBy } = await holdStore()
  const app = appOf('store', configOf('store'))
  const record = recordOf(`store of ${shop.name}`, 'store', two)
  expect(await releaseHeld(world)).toBe(0)
  expect(await isBack({ ...world, forge: {} as never }, git.repository, record, app, heldBy)).toBe(true)
  await unpinApp(world, record, heldBy)
  expect(await ask('store', two)).toBeUndefined()
  await pinApp(world, address('store'), pin)
  expect((await ask('store', two))?.heldBy.kind).toBe('pin')
})

it('waits for a sync by the old name, which writes to the same objects', async () => {
  await synced()
  await world.store.saveSync(recordOf(`web of ${shop.name}`, 'web', one, { state: 'running' }))
  const hold = await holdStore()
  expect(hold.heldBy).toEqual({ kind: 'dependency', app: 'web' })
  expect(hold.problem.message).toBe(`store is the new name of web, and web is being synced to ${one.slice(0, 7)}.`)
  expect(await releaseHeld(world)).toBe(0)
  await world.store.saveSync(recordOf(`web of ${shop.name}`, 'web', one, { state: 'failed' }))
  expect(await releaseHeld(world)).toBe(1)
  expect(await ask('store', two)).toBeUndefined()
})

describe('a name that was given up', () => {
  it('is free for another app', async () => {
    await synced()
    await writer.saveInventory(vacated(await cluster.inventory(repository, 'web')))
    expect(await ask('web', one)).toBeUndefined()
    expect(await world.store.appState(address('web'))).toEqual({ ...address('web'), clusterUID: uid })
  })

  it('is not taken for one whose inventory is gone, and was made anew by a lock', async () => {
    await synced()
    await world.forget('web')
    await cluster.saveMarks(repository, 'web', () => ({ lock }))
    expect((await ask('web', one))?.heldBy.kind).toBe('disagreement')
  })

  it('hands over what was marked on it while the new name took its inventory', async () => {
    await synced()
    const own = await cluster.inventory(repository, 'store')
    const adopted = await writer.saveInventory({ ...own, revision: two, formerly: ['web'] })
    await cluster.saveMarks(repository, 'web', () => ({ lock }))
    await retireFormer(cluster, writer, adopted)
    expect((await cluster.inventory(repository, 'store')).marks).toEqual({ lock })
    expect((await cluster.inventory(repository, 'web')).marks).toBeUndefined()
  })
})
