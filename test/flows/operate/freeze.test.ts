import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Json } from '../../../src/core/model/object.ts'
import { releaseHeld } from '../../../src/flows/holds/release-held.ts'
import { freezeOperations } from '../../../src/flows/operate/freeze.ts'
import { type HoldWorld, openHoldWorld, recordOf, shop } from '../holds-support.ts'

let world: HoldWorld
let repository: string
beforeAll(async () => {
  world = await openHoldWorld()
}, 60_000)
afterAll(() => world.close())
beforeEach(async () => {
  await world.renew()
  repository = `${shop.owner}/${shop.name}`
  for (const app of ['web', 'db']) {
    await world.syncedOn(app, 'r1')
    await world.remember({ repository: shop, app, cluster: 'prod', clusterUID: 'uid', revision: 'r1' })
  }
})

const run = (operation: string, input: Record<string, Json> = {}) => {
  const found = freezeOperations(world)[operation]
  if (!found) throw new Error(operation)
  return found(input, 'root')
}
const marksOf = async (app: string) =>
  (await (await world.clusters.open('prod', repository)).inventory(repository, app)).marks
const ours = () => ({ repository })

describe('a freeze of a repository', () => {
  it('is kept in the database and on every app of it, with who and why', async () => {
    const answer = await run('freeze', { ...ours(), reason: ' release week ' })
    const freeze = { scope: repository, by: 'root', at: '2026-05-04T10:00:00.000Z', reason: 'release week' }
    expect(answer).toEqual({ freeze, marked: 2, missed: [], released: 0 })
    expect(await world.store.freezes(shop)).toEqual([freeze])
    expect([await marksOf('web'), await marksOf('db')]).toEqual([{ freeze }, { freeze }])
    expect(await run('freezes')).toEqual([freeze])
  })

  it('holds also where a cluster did not take the mark, which is said', async () => {
    world.reach(false)
    expect(await run('freeze', { ...ours(), reason: 'x' })).toMatchObject({
      marked: 0,
      missed: [`db of ${repository} on prod: It is down.`, `web of ${repository} on prod: It is down.`],
    })
    expect(await world.store.freezes(shop)).toHaveLength(1)
  })

  it('ends by its name in any letter case; locks stay, and what was held goes on', async () => {
    const lock = { by: 'ann', at: '2026-05-04T09:00:00Z' }
    await (await world.clusters.open('prod', repository)).saveMarks(repository, 'web', () => ({ lock }))
    await run('freeze', { ...ours(), reason: 'x' })
    await world.store.savePullRequest({ repository: shop, number: 7, open: false, installationId: 1 })
    const held = recordOf(`held ${repository}`, 'db', 'r2', { state: 'held', heldBy: { kind: 'freeze' } })
    await world.store.saveSync(held)
    expect(await releaseHeld(world)).toBe(0)
    expect(await run('unfreeze', { repository: repository.toUpperCase() })).toMatchObject({ marked: 2, released: 1 })
    expect(await world.store.freezes()).toEqual([])
    expect([await marksOf('web'), await marksOf('db')]).toEqual([{ lock }, undefined])
    expect((await world.store.sync(held.id))?.outcome.state).toBe('queued')
  })

  it('that a cluster still has ends by asking again', async () => {
    await run('freeze', { ...ours(), reason: 'x' })
    world.reach(false)
    expect(await run('unfreeze', ours())).toMatchObject({ marked: 0, missed: [expect.anything(), expect.anything()] })
    world.reach(true)
    expect(await run('unfreeze', ours())).toMatchObject({ marked: 2, missed: [] })
    await expect(run('unfreeze', ours())).rejects.toMatchObject({ code: 'usage' })
  })
})

it('makes no inventory of an app that is gone', async () => {
  await world.forget('web')
  expect(await run('freeze', { ...ours(), reason: 'x' })).toMatchObject({ marked: 1, missed: [] })
  const cluster = await world.clusters.open('prod', repository)
  expect((await cluster.inventory(repository, 'web')).resourceVersion).toBeUndefined()
})

describe('a freeze of everything', () => {
  it('and one of a repository end one by one', async () => {
    await run('freeze', { ...ours(), reason: 'one' })
    await run('freeze', { reason: 'all' })
    expect(await marksOf('web')).toMatchObject({ freeze: { scope: '*' } })
    await run('unfreeze')
    expect(await marksOf('web')).toMatchObject({ freeze: { scope: repository, reason: 'one' } })
    await run('freeze', { reason: 'all again' })
    await run('freeze', { ...ours(), reason: 'one again' })
    await run('unfreeze', ours())
    expect(await marksOf('web')).toMatchObject({ freeze: { scope: '*', reason: 'all again' } })
    await run('unfreeze')
    expect(await marksOf('web')).toBeUndefined()
    await expect(run('unfreeze')).rejects.toThrow('There is no freeze of every repository.')
  })
})

it('refuses a freeze without reason, and of what is no repository', async () => {
  for (const input of [
    {},
    { reason: '  ' },
    { reason: 7 },
    { reason: 'x', repository: 'shop' },
    { reason: 'x', repository: '*' },
  ]) {
    await expect(run('freeze', input)).rejects.toMatchObject({ code: 'usage' })
  }
  expect(await world.store.freezes()).toEqual([])
})
