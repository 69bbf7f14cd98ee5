import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { problem } from '../../../src/core/model/errors.ts'
import { orderedId } from '../../../src/flows/commands/order.ts'
import { syncAgain } from '../../../src/flows/commands/order-sync.ts'
import type { SyncRecord } from '../../../src/flows/records.ts'
import { appOf, type HoldWorld, openHoldWorld, recordOf, shop } from '../holds-support.ts'
import { orderIn } from '../order-support.ts'

const at = '2026-05-04T09:30:00.000Z'
const pin = { revision: 'b'.repeat(40), by: 'ann', at, reason: 'rolled back' }
const wanted = 'a'.repeat(40)

let world: HoldWorld
let web: { repository: typeof shop; app: string; cluster: string }
beforeAll(async () => {
  world = await openHoldWorld()
}, 60_000)
afterAll(() => world.close())
beforeEach(async () => {
  await world.renew()
  web = { repository: shop, app: 'web', cluster: 'prod' }
  await world.store.savePullRequest({ repository: shop, number: 1, open: false, installationId: 1 })
})

const save = async (id: string, more: Partial<SyncRecord['outcome']>, rest: Partial<SyncRecord> = {}) => {
  const record = recordOf(`${id} of ${shop.name}`, 'web', wanted, more, { number: 1, ...rest })
  await world.store.saveSync(record)
  return record
}
const order = (cluster = 'prod') => orderIn(world, { apps: [{ ...appOf('web'), cluster }] })
const pinned = { state: 'held', heldBy: { kind: 'pin' }, problems: [problem('held', 'It is pinned.')] } as const
const pinOf = async () => (await world.store.appState(web))?.pin

it('takes the pin off for a sync that is tried again', async () => {
  await world.remember({ ...web, clusterUID: 'uid', revision: 'r1', pin })
  const held = await save('held', pinned)
  expect(await syncAgain(order(), held)).toContain('is synced again')
  expect([await pinOf(), (await world.store.sync(held.id))?.outcome.state]).toEqual([undefined, 'queued'])
})

it('leaves the pin where the sync is not tried again, because another one came that nobody asked for', async () => {
  await world.remember({ ...web, clusterUID: 'uid', revision: 'r1', pin })
  const held = await save('held', pinned)
  const requeueSync = async (...step: Parameters<typeof world.store.requeueSync>) => {
    await save('newer', {})
    return world.store.requeueSync(...step)
  }
  const busy = { ...order().world, store: { ...world.store, requeueSync } }
  expect(await syncAgain({ ...order(), world: busy }, held)).toContain('is being synced.')
  expect(await pinOf()).toEqual(pin)
})

it('tries again what was judged by the pin once more before that was off', async () => {
  await world.remember({ ...web, clusterUID: 'uid', revision: 'r1', pin })
  const held = await save('held', pinned)
  const requeueSync = async (...step: Parameters<typeof world.store.requeueSync>) => {
    const did = await world.store.requeueSync(...step)
    if (await pinOf()) await save('held', pinned)
    return did
  }
  const busy = { ...order().world, store: { ...world.store, requeueSync } }
  await syncAgain({ ...order(), world: busy }, held)
  expect((await world.store.sync(held.id))?.outcome.state).toBe('queued')
})

it('goes on with the sync of the cluster that the app lives on now, where there is one', async () => {
  const own = await save('own', { state: 'succeeded' })
  const there = { app: 'web', cluster: 'moved', revision: wanted }
  const newer = await save('moved', { ...there, state: 'held', heldBy: { kind: 'risk' } }, { ...there, number: 2 })
  expect(await syncAgain(order('moved'), own)).toContain('(#2, which came after this) is synced again')
  expect((await world.store.sync(newer.id))?.outcome.state).toBe('queued')
  expect(await world.store.syncsOf(shop, 1)).toHaveLength(1)
})

it('makes a sync of the cluster that the app lives on now, where there is none', async () => {
  const own = await save('own', { state: 'held', heldBy: { kind: 'risk' } })
  expect(await syncAgain(order('moved'), own)).toContain('is synced again')
  expect((await world.store.latestSync(shop, 'web'))?.cluster).toBe('moved')
  expect((await world.store.sync(own.id))?.outcome.state).toBe('held')
})

it('queues the sync that it made also where it ended before it could', async () => {
  const own = await save('own', { state: 'succeeded' })
  const enqueue = () => Promise.reject(new Error('killed'))
  const killed = { ...order().world, store: { ...world.store, enqueue } }
  await expect(syncAgain({ ...order(), world: killed }, own)).rejects.toThrow('killed')
  await world.queued()
  await syncAgain(order(), own)
  expect(await world.queued()).toContain('sync web')
  expect((await world.store.sync(orderedId(order().job, 'web')))?.outcome.state).toBe('queued')
})

it('comes back to the pin where it was cut short after it had queued the sync', async () => {
  await world.remember({ ...web, clusterUID: 'uid', revision: 'r1', pin })
  const held = await save('held', pinned)
  const releaseLess = {
    ...order().world,
    store: { ...world.store, changeAppState: () => Promise.reject(new Error('killed')) },
  }
  await expect(syncAgain({ ...order(), world: releaseLess }, held, [])).rejects.toThrow('killed')
  expect([await pinOf(), (await world.store.sync(held.id))?.outcome.state]).toEqual([pin, 'queued'])
  const queued = await world.store.sync(held.id)
  await syncAgain(order(), queued ?? held, [])
  expect(await pinOf()).toBeUndefined()
})
