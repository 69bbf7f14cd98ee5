import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Database } from '../../../src/adapters/postgres/open-database.ts'
import type { SyncOutcome, SyncState } from '../../../src/core/model/outcome.ts'
import type { Job, SyncRecord } from '../../../src/flows/records.ts'
import type { AppState } from '../../../src/flows/state-ports.ts'
import { onEachBackend } from './places.ts'

const repository = { owner: 'acme', name: 'shop' }
const other = { owner: 'acme', name: 'blog' }
const at = '2026-05-01T10:00:00.000Z'

function record(id: string, state: SyncState, more: Partial<SyncRecord> = {}): SyncRecord {
  const { app = 'web', cluster = 'prod' } = more
  const problems = [{ code: 'held', message: 'wait' } as const]
  const heldBy = { kind: 'window', until: at } as const
  const outcome: SyncOutcome = { app, cluster, revision: 'r1', state, objects: [], problems, heldBy }
  const base = { app, cluster, branch: 'main', revision: 'r1', actor: 'ann', outcome, createdAt: at }
  return { id, repository, ...base, finishedAt: at, ...more }
}

onEachBackend('what holds an app, in the store', (place) => {
  let database: Database
  const jobs: Job[] = []
  const seen = (job: Job) => vi.waitFor(() => expect(jobs).toContainEqual(job), { timeout: 10_000, interval: 5 })
  beforeAll(async () => {
    database = await place.open()
    await database.jobs.start(async (job) => void jobs.push(job))
  })
  afterAll(() => database.close())

  it('is returned as it was saved last, for each app on each cluster', async () => {
    const { appState, appStates, changeAppState } = database.store
    const save = ({ clusterUID, ...address }: AppState) => changeAppState(address, () => ({ ...address, clusterUID }))
    const address = { repository, app: 'web', cluster: 'prod' }
    expect(await appState(address)).toBeUndefined()
    const lock = { by: 'ann', at, reason: 'nul \0', number: 7, keep: true }
    const pin = { revision: 'r0', by: 'ann', at, reason: 'rolled back' }
    const full = { ...address, clusterUID: 'uid-1', revision: 'r1', digest: 'sha256:1', lock, pin }
    await save(full)
    expect(await appState(address)).toEqual({ ...full, lock: { ...lock, reason: 'nul \ufffd' } })
    await save({ ...address, clusterUID: 'uid-2' })
    expect(await appState(address)).toEqual({ ...address, clusterUID: 'uid-2' })
    await save({ ...address, cluster: 'test', clusterUID: 'uid-3' })
    await save({ ...address, app: 'api', clusterUID: 'uid-2' })
    await save({ ...address, repository: other, clusterUID: 'uid-2' })
    expect((await appStates(repository)).map((each) => `${each.app} ${each.cluster}`)).toEqual([
      'api prod',
      'web prod',
      'web test',
    ])
    expect(await appStates()).toHaveLength(4)
    await changeAppState({ ...address, repository: other }, () => undefined)
    expect(await appStates()).toHaveLength(3)
    await changeAppState({ ...address, app: 'unknown' }, (state) => state)
    expect(await appStates()).toHaveLength(3)
  })

  it('loses nothing when many change it at once, new or not', async () => {
    const { appState, changeAppState } = database.store
    const address = { repository, app: 'contended', cluster: 'prod' }
    const lock = { by: 'ann', at }
    const pin = { revision: 'r0', by: 'ben', at, reason: 'rolled back' }
    const changes = [{ lock }, { pin }, { revision: 'r1' }, { digest: 'sha256:1' }]
    await Promise.all(changes.map((each) => changeAppState(address, (now) => ({ clusterUID: 'uid', ...now, ...each }))))
    const all = { ...address, clusterUID: 'uid', lock, pin, revision: 'r1', digest: 'sha256:1' }
    expect(await appState(address)).toEqual(all)
  })

  it('has one freeze for a scope, whatever its letter case', async () => {
    const { freezes, removeFreeze, saveFreeze } = database.store
    const freeze = (scope: string, reason: string, hour: number) => ({
      scope,
      by: 'root',
      at: `2026-05-01T1${hour}:00:00.000Z`,
      reason,
    })
    await saveFreeze(freeze('acme/shop', 'old', 0))
    await saveFreeze(freeze('Acme/Shop', 'new', 1))
    await saveFreeze(freeze('*', 'all', 2))
    await saveFreeze(freeze('*', 'all again', 3))
    await saveFreeze(freeze('acme/blog', 'blog', 4))
    const all = [freeze('Acme/Shop', 'new', 1), freeze('*', 'all again', 3), freeze('acme/blog', 'blog', 4)]
    expect(await freezes()).toEqual(all)
    expect(await freezes(repository)).toEqual(all.slice(0, 2))
    expect(await removeFreeze('ACME/SHOP')).toBe(true)
    expect(await removeFreeze('acme/shop')).toBe(false)
    expect(await freezes(repository)).toEqual([all[1]])
    expect(await removeFreeze('*')).toBe(true)
    expect(await freezes(repository)).toEqual([])
  })

  it('remembers who accepted a risk first', async () => {
    const { approvals, saveApprovals } = database.store
    const approval = (key: string, by: string) => ({ repository, number: 7, key, by, at })
    await saveApprovals([])
    await saveApprovals([approval('a', 'ann'), approval('b', 'ann')])
    await saveApprovals([approval('b', 'ben'), approval('c', 'ben'), { ...approval('z', 'ben'), number: 8 }])
    expect((await approvals(repository, 7)).map((each) => `${each.key} ${each.by}`)).toEqual([
      'a ann',
      'b ann',
      'c ben',
    ])
    expect(await approvals(repository, 7)).toContainEqual(approval('a', 'ann'))
    expect(await approvals(other, 7)).toEqual([])
  })

  it('finds held syncs that nothing newer came after, oldest first', async () => {
    const { heldSyncs, saveSync } = database.store
    await saveSync(record('h1', 'held', { app: 'a' }))
    await saveSync(record('h2', 'held', { app: 'b' }))
    await saveSync(record('h3', 'succeeded', { app: 'b' }))
    await saveSync(record('h4', 'held', { app: 'c' }))
    await saveSync(record('h5', 'succeeded', { app: 'c', cluster: 'test' }))
    await saveSync(record('h6', 'succeeded', { app: 'c', repository: other }))
    await saveSync(record('h7', 'failed', { app: 'd' }))
    const { finishedAt: _, ...unfinished } = record('h8', 'held', { app: 'e' })
    await saveSync(unfinished)
    expect((await heldSyncs()).map((each) => each.id)).toEqual(['h1', 'h4'])
    expect((await heldSyncs())[0]).toEqual(record('h1', 'held', { app: 'a' }))
  })

  it('puts a held or failed sync back into the queue, with its job and its report', async () => {
    const { requeueSync, saveSync, savePullRequest, sync } = database.store
    await savePullRequest({ repository, number: 70, open: false, installationId: 5_000_000_000 })
    await saveSync(record('q1', 'held', { app: 'q1', number: 70, deploymentId: 9 }))
    await saveSync(record('q2', 'failed', { app: 'q2' }))
    expect(await requeueSync('q1', { actor: 'ben' })).toBe(true)
    expect(await requeueSync('q2')).toBe(true)
    const { finishedAt: _, ...queued } = record('q1', 'queued', {
      app: 'q1',
      number: 70,
      deploymentId: 9,
      actor: 'ben',
    })
    const outcome = { app: 'q1', cluster: 'prod', revision: 'r1', state: 'queued', objects: [], problems: [] }
    expect(await sync('q1')).toEqual({ ...queued, outcome })
    expect((await sync('q2'))?.actor).toBe('ann')
    expect(await requeueSync('q1')).toBe(false)

    const address = { ...repository, installationId: 5_000_000_000 }
    await seen({ kind: 'sync', repository: address, syncId: 'q1', cluster: 'prod', app: 'q1' })
    await seen({ kind: 'sync', repository: address, syncId: 'q2', cluster: 'prod', app: 'q2' })
    await seen({ kind: 'report', repository: address, number: 70 })
    expect(jobs.filter((job) => job.kind === 'sync' && job.syncId === 'q1')).toHaveLength(1)
  })

  it('does so only once for many that ask at once', async () => {
    await database.store.saveSync(record('once', 'held', { app: 'once' }))
    const answers = await Promise.all(Array.from({ length: 6 }, () => database.store.requeueSync('once')))
    expect(answers.filter(Boolean)).toHaveLength(1)
  })

  it('does so neither for one that is gone, running or done, nor when a newer one came', async () => {
    const { requeueSync, saveSync, sync } = database.store
    await saveSync(record('n1', 'held', { app: 'n' }))
    await saveSync(record('n2', 'queued', { app: 'n' }))
    await saveSync(record('n3', 'succeeded', { app: 'm' }))
    const { finishedAt: _, ...telling } = record('n4', 'held', { app: 'o' })
    await saveSync(telling)
    for (const id of ['none', 'n1', 'n3', 'n4']) expect(await requeueSync(id)).toBe(false)
    expect((await sync('n1'))?.outcome.state).toBe('held')
  })

  it('queues a sync again whose job failed too often, and no other', async () => {
    const { requeueLost, saveSync, savePullRequest } = database.store
    await savePullRequest({ repository, number: 71, open: false, installationId: 5_000_000_000 })
    const { finishedAt: _, ...lost } = record('lost', 'running', { app: 'lost' })
    await saveSync(lost)
    await saveSync({ ...lost, id: 'young', app: 'young', createdAt: new Date().toISOString() })
    await saveSync(record('ended', 'failed', { app: 'ended' }))
    await requeueLost()
    const address = { ...repository, installationId: 5_000_000_000 }
    await seen({ kind: 'sync', repository: address, syncId: 'lost', cluster: 'prod', app: 'lost' })
    const ids = jobs.flatMap((job) => (job.kind === 'sync' ? [job.syncId] : []))
    expect(ids).not.toContain('young')
    expect(ids).not.toContain('ended')
  })

  it('does so also when nothing tells how the repository of another one is reached', async () => {
    const { requeueLost, saveSync, savePullRequest } = database.store
    await savePullRequest({ repository, number: 71, open: false, installationId: 5_000_000_000 })
    const { finishedAt: _, ...lost } = record('behind', 'running', { app: 'behind' })
    await saveSync({ ...lost, id: 'unreached', repository: { owner: 'acme', name: 'unreached' } })
    await saveSync(lost)
    expect((await requeueLost()).unreached.map(({ id }) => id)).toEqual(['unreached'])
    await vi.waitFor(() => expect(jobs).toContainEqual(expect.objectContaining({ syncId: 'behind' })))
  })

  it('reaches a repository without pull requests as its last push was reached', async () => {
    const { advance, requeueSync } = database.store
    const pushed = { owner: 'acme', name: 'pushed-only' }
    const one = { ...record('p1', 'held', { app: 'p' }), repository: pushed }
    await advance({ ...pushed, installationId: 11 }, 'main', 'c1', [one])
    await advance({ ...pushed, installationId: 12 }, 'main', 'c2', [{ ...one, id: 'p2', app: 'other' }])
    expect(await requeueSync('p1')).toBe(true)
    const repository = { ...pushed, installationId: 12 }
    await seen({ kind: 'sync', repository, syncId: 'p1', cluster: 'prod', app: 'p' })
  })

  it('leaves the sync held when nothing tells by which installation its repository is reached', async () => {
    const { requeueSync, saveSync, sync } = database.store
    await saveSync(record('lost', 'held', { app: 'lost', repository: { owner: 'acme', name: 'never-planned' } }))
    await expect(requeueSync('lost')).rejects.toMatchObject({ code: 'store-failed' })
    expect((await sync('lost'))?.outcome.state).toBe('held')
  })
})
