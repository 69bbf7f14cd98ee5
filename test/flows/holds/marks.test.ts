import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Marks } from '../../../src/core/model/inventory.ts'
import { lockApps } from '../../../src/flows/commands/lock-app.ts'
import { unlockApps } from '../../../src/flows/commands/unlock-app.ts'
import { endLocks } from '../../../src/flows/holds/end-locks.ts'
import { rememberSynced } from '../../../src/flows/holds/holds.ts'
import { readMarks, writeMarks } from '../../../src/flows/holds/marks.ts'
import { pinApp } from '../../../src/flows/holds/pins.ts'
import type { ServerWorld } from '../../../src/flows/server-world.ts'
import { appOf, type HoldWorld, openHoldWorld, shop } from '../holds-support.ts'
import { orderIn } from '../order-support.ts'

const at = '2026-05-04T09:30:00.000Z'
const lock = { by: 'ann', at, number: 1 }
const pin = { revision: 'b'.repeat(40), by: 'onFailure: rollback', at, reason: 'it did not become healthy' }
const place = { app: 'web', cluster: 'prod' }

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
  web = { repository: shop, ...place }
  await world.syncedOn('web', 'r1')
  await world.remember({ ...web, clusterUID: 'uid', revision: 'r1' })
})

const onCluster = async () => (await (await world.clusters.open('prod', name)).inventory(name, 'web')).marks ?? {}
const inStore = async () => {
  const { lock: locked, pin: pinned } = (await world.store.appState(web)) ?? {}
  return { ...(locked ? { lock: locked } : {}), ...(pinned ? { pin: pinned } : {}) }
}
const mark = async (marks: Marks) => (await world.clusters.open('prod', name)).saveMarks(name, 'web', () => marks)
const order = (login: string) => orderIn(world, { apps: [appOf('web')], login })

describe('marks that are made at the same time', () => {
  it('are all there: a pin that came after the marks were read is not lost to a lock', async () => {
    const read = await readMarks(world, shop, place)
    await pinApp(world, web, pin)
    expect(await writeMarks(world, shop, read, (marks) => ({ ...marks, lock }))).toBeUndefined()
    expect([await inStore(), await onCluster()]).toEqual([
      { lock, pin },
      { lock, pin },
    ])
  })

  it('are all there when they are written at once', async () => {
    const read = await readMarks(world, shop, place)
    await Promise.all([
      writeMarks(world, shop, read, (marks) => ({ ...marks, lock })),
      pinApp(world, web, pin),
      rememberSynced(world, web),
    ])
    expect([await inStore(), await onCluster()]).toEqual([
      { lock, pin },
      { lock, pin },
    ])
  })
})

/** The world, where somebody does something between the reading of marks and their writing. */
const withMeanwhile = (meanwhile: () => Promise<unknown>): HoldWorld => {
  let pending = true
  const changeAppState: typeof world.store.changeAppState = async (...step) => {
    if (pending) {
      pending = false
      await meanwhile()
    }
    return world.store.changeAppState(...step)
  }
  return { ...world, store: { ...world.store, changeAppState } }
}

it('/unlock removes what was seen, and no lock that somebody made meanwhile', async () => {
  await world.remember({ ...web, clusterUID: 'uid', revision: 'r1', lock })
  await mark({ lock })
  const newer = { by: 'ben', at: '2026-05-04T09:59:00.000Z' }
  const busy = withMeanwhile(async () => {
    await world.remember({ ...web, clusterUID: 'uid', revision: 'r1', lock: newer })
    await mark({ lock: newer })
  })
  await unlockApps({ ...order('ann'), world: busy as unknown as ServerWorld }, ['web'])
  expect([await inStore(), await onCluster()]).toEqual([{ lock: newer }, { lock: newer }])
})

it('/unlock asks for both where store and cluster were locked by two people', async () => {
  await world.remember({ ...web, clusterUID: 'uid', revision: 'r1', lock })
  await mark({ lock: { ...lock, by: 'zoe' } })
  const { person, ...rest } = order('ann')
  const weak = { ...rest, person: { ...person, permission: 'write' as const } }
  expect(await unlockApps(weak, ['web'])).toContain('is held by `zoe`')
  expect(await unlockApps(order('ann'), ['web'])).toBe('`web` is unlocked.')
  expect([await inStore(), await onCluster()]).toEqual([{}, {}])
})

it('/lock waits for a lock that somebody else made meanwhile', async () => {
  const other = { by: 'zoe', at }
  const busy = withMeanwhile(() => world.remember({ ...web, clusterUID: 'uid', revision: 'r1', lock: other }))
  const said = await lockApps(
    { ...order('ann'), world: busy as unknown as ServerWorld },
    { kind: 'command', name: 'lock', apps: ['web'], keep: false },
  )
  expect(said).toContain('is locked by zoe')
  expect(said).toContain('You are next.')
  const waiting = [{ by: 'ann', at: '2026-05-04T10:00:00.000Z', number: 1, keep: true }]
  expect(await inStore()).toEqual({ lock: { ...other, waiting } })
})

it('the end of a pull request ends its lock, and no pin that only the cluster has', async () => {
  await world.remember({ ...web, clusterUID: 'uid', revision: 'r1', lock })
  await mark({ lock, pin })
  await endLocks(world as unknown as ServerWorld, { ...shop, installationId: 1 }, 1)
  expect([await inStore(), await onCluster()]).toEqual([{}, { pin }])
})
