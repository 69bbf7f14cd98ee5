import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { problem } from '../../../src/core/model/errors.ts'
import type { Marks } from '../../../src/core/model/inventory.ts'
import type { HeldBy } from '../../../src/core/model/outcome.ts'
import { releaseHeld, startReleasing } from '../../../src/flows/holds/release-held.ts'
import { type HoldWorld, openHoldWorld, recordOf, shop } from '../holds-support.ts'

const at = '2026-05-04T09:30:00.000Z'
const wanted = 'a'.repeat(40)
const older = 'b'.repeat(40)
const lock = { by: 'ann', at }
const pin = { revision: older, by: 'ann', at, reason: 'rolled back' }
const freeze = { scope: '*', by: 'root', at, reason: 'release week' }

let world: HoldWorld
beforeAll(async () => {
  world = await openHoldWorld()
}, 60_000)
afterAll(() => world.close())
beforeEach(async () => {
  await world.renew()
  await world.store.savePullRequest({ repository: shop, number: 7, open: false, installationId: 1 })
})

const web = () => ({ repository: shop, app: 'web', cluster: 'prod' })
const hold = (heldBy: HeldBy, app = 'web', message = 'wait') => {
  const outcome = { state: 'held', heldBy, problems: [problem('held', message)] } as const
  return world.store.saveSync(recordOf(`${app} of ${shop.name}`, app, wanted, outcome, { number: 7 }))
}
const stateOf = async (app = 'web') => (await world.store.sync(`${app} of ${shop.name}`))?.outcome.state
const mark = async (marks: Marks) => {
  const name = `${shop.owner}/${shop.name}`
  await (await world.clusters.open('prod', name)).saveMarks(name, 'web', () => marks)
}
const keep = (marks: Pick<Marks, 'lock' | 'pin'>) =>
  world.remember({ ...web(), clusterUID: 'uid', revision: older, ...marks })

describe('a sync goes on, and its pull request is told', () => {
  it('when its window opens', async () => {
    await hold({ kind: 'window', until: '2026-05-04T11:00:00.000Z' })
    world.setTime('2026-05-04T10:59:59.999Z')
    expect(await releaseHeld(world)).toBe(0)
    expect(await stateOf()).toBe('held')
    world.setTime('2026-05-04T11:00:00Z')
    expect(await releaseHeld(world)).toBe(1)
    expect(await stateOf()).toBe('queued')
    expect(await world.queued()).toEqual(['report 7', 'sync web'])
    expect(await releaseHeld(world)).toBe(0)
  })

  it('when what it depends on was synced', async () => {
    await hold({ kind: 'dependency', app: 'db' }, 'web', 'web depends on db, and db was never synced.')
    expect(await releaseHeld(world)).toBe(0)
    await world.store.saveSync(recordOf(`db of ${shop.name}`, 'db', wanted, { state: 'succeeded' }))
    expect(await releaseHeld(world)).toBe(1)
  })

  it('when what it depends on was synced by the command line, of which only the cluster knows', async () => {
    await hold({ kind: 'dependency', app: 'db' }, 'web', 'web depends on db, and db was never synced.')
    expect(await releaseHeld(world)).toBe(0)
    await world.syncedOn('db', older)
    expect(await releaseHeld(world)).toBe(1)
  })

  it('to say anew what it waits for, when that is something else now', async () => {
    await hold({ kind: 'dependency', app: 'db' }, 'web', 'web depends on db, and db is being synced to aaaaaaa.')
    const db = recordOf(`db of ${shop.name}`, 'db', wanted, { state: 'running' })
    await world.store.saveSync(db)
    expect(await releaseHeld(world)).toBe(0)
    await world.store.saveSync({ ...db, outcome: { ...db.outcome, state: 'failed' } })
    expect(await releaseHeld(world)).toBe(1)
  })

  it('when nothing freezes it, in the database and on the cluster', async () => {
    await hold({ kind: 'freeze' })
    await world.store.saveFreeze(freeze)
    await mark({ freeze })
    expect(await releaseHeld(world)).toBe(0)
    await world.store.removeFreeze('*')
    expect(await releaseHeld(world)).toBe(0)
    await mark({})
    expect(await releaseHeld(world)).toBe(1)
  })

  it('when it is locked neither in the database nor on the cluster', async () => {
    await hold({ kind: 'lock' })
    await keep({ lock })
    await mark({ lock })
    expect(await releaseHeld(world)).toBe(0)
    await keep({})
    expect(await releaseHeld(world)).toBe(0)
    await mark({})
    expect(await releaseHeld(world)).toBe(1)
  })

  it('when it is pinned no more, or to its own revision', async () => {
    await hold({ kind: 'pin' })
    await keep({ pin })
    expect(await releaseHeld(world)).toBe(0)
    await keep({})
    await mark({ pin })
    expect(await releaseHeld(world)).toBe(0)
    await mark({ pin: { ...pin, revision: wanted } })
    expect(await releaseHeld(world)).toBe(1)
  })

  it('to be judged again when the configuration of its repository changed', async () => {
    await hold({ kind: 'window' })
    await hold({ kind: 'dependency', app: 'gone' }, 'api', 'api depends on gone, and gone was never synced.')
    await hold({ kind: 'risk' }, 'risky')
    expect(await releaseHeld(world, { owner: 'acme', name: 'other' })).toBe(0)
    expect(await releaseHeld(world, { owner: shop.owner.toUpperCase(), name: shop.name })).toBe(2)
    expect(await stateOf('risky')).toBe('held')
  })
})

it('leaves alone what needs a person', async () => {
  for (const kind of ['risk', 'manual', 'disagreement'] as const) await hold({ kind }, kind)
  expect(await releaseHeld(world)).toBe(0)
})

it('leaves alone what something newer came after', async () => {
  await hold({ kind: 'window', until: at })
  await world.store.saveSync(recordOf(`newer of ${shop.name}`, 'web', 'c'.repeat(40)))
  expect(await releaseHeld(world)).toBe(0)
})

it('releases the others when a cluster can not be asked', async () => {
  await hold({ kind: 'lock' }, 'locked')
  await hold({ kind: 'window', until: at })
  world.reach(false)
  expect(await releaseHeld(world)).toBe(1)
  expect(await stateOf('locked')).toBe('held')
})

it('leaves alone what was judged just now, so that it does not go round and round', async () => {
  await hold({ kind: 'lock' })
  expect(await releaseHeld(world, undefined, `web of ${shop.name}`)).toBe(0)
  expect(await releaseHeld(world)).toBe(1)
})

it('is done whatever becomes of syncs that were lost', async () => {
  await hold({ kind: 'window', until: at })
  const store = { ...world.store, requeueLost: () => Promise.reject(new Error('broken')) }
  const releasing = startReleasing({ ...world, store }, () => () => undefined)
  await releasing.stop()
  expect(await stateOf()).toBe('queued')
})

it('is done at once, and again each time, one round after the other', async () => {
  await hold({ kind: 'window', until: '2026-05-04T11:00:00.000Z' })
  let work: () => void = () => undefined
  let cancelled = 0
  const releasing = startReleasing(world, (ms, each) => {
    expect(ms).toBe(30_000)
    work = each
    return () => {
      cancelled += 1
    }
  })
  work()
  world.setTime('2026-05-04T11:00:00Z')
  await releasing.stop()
  work()
  await expect.poll(() => stateOf(), { timeout: 10_000 }).toBe('queued')
  await releasing.stop()
  expect(cancelled).toBe(2)
})
