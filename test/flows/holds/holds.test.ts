import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { holdOf, rememberSynced } from '../../../src/flows/holds/holds.ts'
import { appOf, configOf, gitOf, type HoldWorld, openHoldWorld, recordOf, shop } from '../holds-support.ts'

const at = '2026-05-04T09:30:00.000Z'
const depends = ', dependsOn: [db]'
const night = 'windows: [{ kind: deny, schedule: "0 9 * * *", duration: 2h }]\n'

let world: HoldWorld
let git: ReturnType<typeof gitOf>
let first: string
let head: string
let uid: string
let web: { repository: typeof shop; app: string; cluster: string }
let name: string
beforeAll(async () => {
  world = await openHoldWorld()
  uid = (await (await world.clusters.open('prod', '')).identify()).uid
}, 60_000)
afterAll(() => world.close())
beforeEach(async () => {
  await world.renew()
  name = `${shop.owner}/${shop.name}`
  web = { repository: shop, app: 'web', cluster: 'prod' }
  git = gitOf()
  first = git.commit()
  head = git.commit()
})

async function held(more: { app?: ReturnType<typeof appOf>; head?: string; revision?: string; asked?: boolean } = {}) {
  const { app = appOf('web'), asked = false, revision = head } = more
  const record = recordOf('s', app.name, revision)
  return holdOf(world, { record, app, repository: git.repository, head: more.head ?? head, asked })
}

describe('a sync may start', () => {
  it('when the app is new', async () => {
    expect(await held()).toBeUndefined()
    expect(await world.store.appState(web)).toBeUndefined()
  })

  it('when store and cluster agree', async () => {
    await world.syncedOn('web', first)
    await rememberSynced(world, web)
    expect(await world.store.appState(web)).toMatchObject({ clusterUID: uid, revision: first })
    expect(await held()).toBeUndefined()
  })

  it('after the command line synced, which the store learns', async () => {
    await world.syncedOn('web', first)
    await rememberSynced(world, web)
    await world.syncedOn('web', head)
    expect(await held()).toBeUndefined()
    expect(await world.store.appState(web)).toMatchObject({ revision: head })
  })
})

describe('a lost database', () => {
  it('is filled again from the cluster, and the app is held by what was marked there', async () => {
    const lock = { by: 'ann', at, reason: 'measuring' }
    await world.syncedOn('web', first)
    await (await world.clusters.open('prod', name)).saveMarks(name, 'web', () => ({ lock }))
    expect((await held())?.heldBy.kind).toBe('lock')
    expect(await world.store.appState(web)).toMatchObject({ clusterUID: uid, revision: first, lock })
  })

  it('holds the app when the branch does not contain what the cluster has', async () => {
    const elsewhere = gitOf().commit('# of another repository')
    await world.syncedOn('web', elsewhere)
    const hold = await held()
    expect(hold?.heldBy.kind).toBe('disagreement')
    expect(hold?.problem.message).toContain(`synced to ${elsewhere.slice(0, 7)} on prod, which main does not contain`)
    expect(await world.store.appState(web)).toBeUndefined()
  })

  it('holds the app when what the cluster has is no commit at all', async () => {
    await world.syncedOn('web', '--upload-pack=evil')
    expect((await held())?.heldBy.kind).toBe('disagreement')
  })
})

it('holds an app whose inventory is gone from the cluster', async () => {
  await world.syncedOn('web', first)
  await rememberSynced(world, web)
  await world.forget('web')
  const hold = await held()
  expect(hold?.heldBy.kind).toBe('disagreement')
  expect(hold?.problem.message).toContain('is gone')
})

it('still holds an app whose cluster was swapped after a sync that failed before that was seen', async () => {
  await world.remember({ ...web, clusterUID: 'another', revision: first })
  await rememberSynced(world, web)
  expect(await world.store.appState(web)).toMatchObject({ clusterUID: 'another', revision: first })
  expect((await held())?.heldBy.kind).toBe('disagreement')
})

it('holds an app whose cluster was swapped, until the branch contains what is there', async () => {
  await world.remember({ ...web, clusterUID: 'another', revision: first })
  expect((await held())?.problem.message).toContain('is not the one that web was synced to')
  await world.syncedOn('web', first)
  expect(await held()).toBeUndefined()
  expect(await world.store.appState(web)).toMatchObject({ clusterUID: uid })
})

it('keeps lock and pin of the store when it remembers a sync', async () => {
  const pin = { revision: first, by: 'ann', at, reason: 'rolled back' }
  await world.remember({ ...web, clusterUID: uid, pin })
  await world.syncedOn('web', first)
  await rememberSynced(world, web)
  expect(await world.store.appState(web)).toMatchObject({ revision: first, pin })
  expect((await held())?.heldBy.kind).toBe('pin')
  expect(await held({ revision: first })).toBeUndefined()
})

it('holds while the repository is frozen', async () => {
  await world.store.saveFreeze({ scope: name.toUpperCase(), by: 'root', at, reason: 'release week' })
  expect((await held())?.problem.message).toContain('frozen by root')
})

describe('windows', () => {
  it('count as the target branch has them now, not as the commit had them', async () => {
    const windows = git.commit(night)
    expect(await held({ revision: head, head: windows })).toMatchObject({
      heldBy: { kind: 'window', until: '2026-05-04T11:00:00.000Z' },
    })
    const without = git.commit()
    expect(await held({ revision: windows, head: without })).toBeUndefined()
  })

  it('count as the commit has them while the file of the branch is broken', async () => {
    const windows = git.commit(night)
    const broken = git.commit('nonsense: [')
    expect((await held({ revision: windows, head: broken }))?.heldBy.kind).toBe('window')
  })
})

describe('dependencies', () => {
  const app = appOf('web', configOf('', depends))

  it('are waited for, across one merge', async () => {
    await world.store.saveSync(recordOf('db', 'db', head))
    const hold = await held({ app })
    expect(hold?.heldBy).toEqual({ kind: 'dependency', app: 'db' })
    expect(hold?.problem.message).toBe(`web depends on db, and db is being synced to ${head.slice(0, 7)}.`)
    await world.store.saveSync(recordOf('db', 'db', head, { state: 'failed' }))
    expect((await held({ app }))?.problem.message).toContain('failed')
    await world.store.saveSync(recordOf('db', 'db', head, { state: 'succeeded' }))
    expect(await held({ app })).toBeUndefined()
  })

  it('that nobody synced hold; that the cluster knows to be synced do not', async () => {
    expect((await held({ app }))?.problem.message).toContain('db was never synced')
    await world.syncedOn('db', first)
    expect(await held({ app })).toBeUndefined()
  })
})

it('is unknown, and not nothing, when the cluster can not be asked', async () => {
  world.reach(false)
  await expect(held()).rejects.toMatchObject({ code: 'cluster-unreachable' })
})
