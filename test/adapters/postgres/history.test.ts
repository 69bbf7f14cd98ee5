import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../../../src/adapters/postgres/open-database.ts'
import type { SyncOutcome, SyncState } from '../../../src/core/model/outcome.ts'
import type { AppPlan } from '../../../src/core/model/plan.ts'
import type { SyncRecord } from '../../../src/flows/records.ts'
import type { StoredObjects } from '../../../src/flows/state-ports.ts'
import { onEachBackend } from './places.ts'

const repository = { owner: 'acme', name: 'shop' }

const addressOf = (app: string) => ({ repository, app, cluster: 'prod' })

function syncOf(id: string, app: string, state: SyncState, more: Partial<SyncOutcome> = {}): SyncRecord {
  const outcome = { app, cluster: 'prod', revision: `r-${id}`, state, objects: [], problems: [], ...more }
  return {
    id,
    repository,
    app,
    cluster: 'prod',
    branch: 'main',
    revision: `r-${id}`,
    actor: 'ann',
    outcome,
    createdAt: '2025-05-01T10:00:00.000Z',
  }
}

const planOf = (name: string, note = 'first'): AppPlan => ({
  name,
  cluster: 'prod',
  changes: [],
  unchanged: 3,
  drift: [],
  errors: [],
  policies: [],
  notes: [note],
})

/** Every byte there is, so that none is taken for text on the way. */
const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const objects: StoredObjects = { packed: everyByte, sealed: true }

onEachBackend('the history', (place) => {
  let database: Database
  beforeAll(async () => {
    database = await place.open()
  })
  afterAll(() => database.close())

  it('returns of a sync what was kept, byte by byte', async () => {
    const { historyOf, saveHistory, saveSync } = database.store
    const sync = { ...syncOf('exact', 'exact', 'running'), author: 'bob', digest: 'sha256:1', number: 7 }
    expect(await historyOf('exact')).toBeUndefined()
    await saveSync(sync)
    expect(await historyOf('exact')).toEqual({ sync })
    await saveHistory('exact', planOf('exact'), objects)
    const kept = await historyOf('exact')
    expect({ ...kept, objects: undefined }).toEqual({ sync, plan: planOf('exact'), objects: undefined })
    expect(kept?.objects?.sealed).toBe(true)
    expect([...(kept?.objects?.packed ?? [])]).toEqual([...everyByte])
  })

  it('keeps a sync that is begun again as it was begun last', async () => {
    const { historyOf, saveHistory, saveSync } = database.store
    await saveSync(syncOf('again', 'again', 'running'))
    await saveHistory('again', planOf('again'), objects)
    await saveHistory('again', planOf('again', 'second'), { packed: Uint8Array.of(1), sealed: false })
    const kept = await historyOf('again')
    expect(kept?.plan?.notes).toEqual(['second'])
    expect(kept?.objects?.sealed).toBe(false)
    expect([...(kept?.objects?.packed ?? [])]).toEqual([1])
  })

  it('keeps nothing of a sync that it does not know', async () => {
    const saving = database.store.saveHistory('nobody', planOf('nobody'), objects)
    await expect(saving).rejects.toMatchObject({ code: 'store-failed' })
  })

  it('lists the newest syncs of an app first, of all clusters, with plans and without objects', async () => {
    const { history, saveHistory, saveSync } = database.store
    const [first, second, third] = [
      syncOf('list-1', 'list', 'succeeded'),
      { ...syncOf('list-2', 'list', 'failed'), cluster: 'staging' },
      syncOf('list-3', 'list', 'superseded'),
    ]
    for (const sync of [first, second, third]) await saveSync(sync)
    await saveHistory('list-1', planOf('list'), objects)
    expect(await history({ repository, app: 'list' }, 10)).toEqual([
      { sync: third },
      { sync: second },
      { sync: first, plan: planOf('list') },
    ])
    expect((await history({ repository, app: 'list' }, 2)).map(({ sync }) => sync.id)).toEqual(['list-3', 'list-2'])
    expect(await history({ repository: { owner: 'acme', name: 'other' }, app: 'list' }, 10)).toEqual([])
  })

  it('finds syncs by the beginning of their id or commit, and who has an app of a name', async () => {
    const { findSyncs, repositoriesOf, saveSync } = database.store
    const blog = { owner: 'acme', name: 'blog' }
    await saveSync({ ...syncOf('find-a1', 'find', 'failed'), revision: 'c0ffee11' })
    await saveSync({ ...syncOf('find-a2', 'find', 'succeeded'), revision: 'c0ffee11' })
    await saveSync({ ...syncOf('find-a3', 'find', 'succeeded'), repository: blog, revision: 'c0ffee22' })
    const found = async (beginning: string) =>
      (await findSyncs({ repository, app: 'find' }, beginning)).map(({ id }) => id)
    expect(await found('c0ff')).toEqual(['find-a2', 'find-a1'])
    expect(await found('find-a1')).toEqual(['find-a1'])
    expect(await found('%')).toEqual([])
    expect(await repositoriesOf('find')).toEqual([blog, repository])
    expect(await repositoriesOf('nobody')).toEqual([])
  })

  it('finds the last good sync of an app on its cluster', async () => {
    const { lastGood, saveSync } = database.store
    const address = addressOf('good')
    expect(await lastGood(address)).toBeUndefined()
    const rolledBack = { to: 'r-good-1', state: 'succeeded', notes: [] } as const
    for (const sync of [
      syncOf('good-1', 'good', 'succeeded'),
      syncOf('good-2', 'good', 'succeeded'),
      syncOf('undone', 'good', 'succeeded', { rolledBack }),
      { ...syncOf('elsewhere', 'good', 'succeeded'), cluster: 'staging' },
      syncOf('bad', 'good', 'failed', { rolledBack }),
      syncOf('held', 'good', 'held'),
    ]) {
      await saveSync(sync)
    }
    expect((await lastGood(address))?.id).toBe('good-2')
    expect((await lastGood(address, 'bad'))?.id).toBe('good-2')
    expect((await lastGood(address, 'good-2'))?.id).toBe('good-1')
    expect(await lastGood(address, 'good-1')).toBeUndefined()
    expect(await lastGood(address, 'never-heard-of')).toBeUndefined()
    expect((await lastGood({ ...address, cluster: 'staging' }))?.id).toBe('elsewhere')
  })

  it('keeps the objects of the newest 50 syncs of an app and of its last good one, and every record and plan', async () => {
    const { history, historyOf, saveHistory, saveSync } = database.store
    const keep = async (id: string, state: SyncState, app = 'many') => {
      await saveSync(syncOf(id, app, state))
      await saveHistory(id, planOf(app), objects)
    }
    const withObjects = async (ids: readonly string[]) => {
      const entries = await Promise.all(ids.map((id) => historyOf(id)))
      return entries.flatMap((entry) => (entry?.objects ? [entry.sync.id] : []))
    }
    await keep('other-app', 'succeeded', 'few')
    await keep('older', 'succeeded')
    await keep('good', 'succeeded')
    const failed = Array.from({ length: 55 }, (_, number) => `failed-${number}`)
    for (const id of failed) await keep(id, 'failed')

    expect(await withObjects(['other-app', 'older', 'good', ...failed])).toEqual([
      'other-app',
      'good',
      ...failed.slice(5),
    ])
    const all = await history({ repository, app: 'many' }, 100)
    expect(all).toHaveLength(57)
    expect(all.every((entry) => entry.plan !== undefined)).toBe(true)

    // From now on another one is the last good one.
    await keep('good-again', 'succeeded')
    await keep('next', 'failed')
    expect(await withObjects(['good', 'good-again', 'next', 'failed-6'])).toEqual(['good-again', 'next'])
  })
})
