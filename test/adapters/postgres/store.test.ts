import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../../../src/adapters/postgres/open-database.ts'
import type { SyncOutcome } from '../../../src/core/model/outcome.ts'
import type { Plan } from '../../../src/core/model/plan.ts'
import type { AuditEvent, PlanRecord, SyncRecord } from '../../../src/flows/records.ts'
import { onEachBackend } from './places.ts'
import { planJob, shop } from './sample-jobs.ts'

/** What can't be written as JSON. */
const unwritable: { self?: unknown } = {}
unwritable.self = unwritable

const repository = { owner: 'acme', name: 'shop' }

function planRecord(id: string, more: Partial<PlanRecord> = {}): PlanRecord {
  return { id, repository, head: 'h1', base: 'b1', state: 'done', createdAt: '2025-05-01T10:00:00.000Z', ...more }
}

function syncRecord(id: string, more: Partial<SyncRecord> = {}): SyncRecord {
  const outcome: SyncOutcome = {
    app: 'web',
    cluster: 'prod',
    revision: 'r1',
    state: 'queued',
    objects: [],
    problems: [],
  }
  const base = { app: 'web', cluster: 'prod', branch: 'main', revision: 'r1', actor: 'ann', outcome }
  return { id, repository, createdAt: '2025-05-01T10:00:00.000Z', ...base, ...more }
}

const event: AuditEvent = {
  at: '2025-05-01T10:00:00.000Z',
  actor: 'ann',
  action: 'sync',
  repository: 'acme/shop',
  app: 'web',
  cluster: 'prod',
  revision: 'r1',
  result: 'succeeded',
  allowedBy: 'merge of #1',
}

onEachBackend('the store', (place) => {
  let database: Database
  beforeAll(async () => {
    database = await place.open()
  })
  afterAll(() => database.close())

  it('accepts a delivery once, by its id and by its meaning', async () => {
    const { accept } = database.store
    expect(await accept({ id: 'd1', event: 'push', meaning: 'm1' }, [])).toBe(true)
    expect(await accept({ id: 'd1', event: 'push', meaning: 'm2' }, [])).toBe(false)
    expect(await accept({ id: 'd2', event: 'push', meaning: 'm1' }, [])).toBe(false)
    expect(await accept({ id: 'd3', event: 'push', meaning: 'm2' }, [])).toBe(true)
  })

  it('accepts one of many equal deliveries that arrive together', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        database.store.accept({ id: `together-${n}`, event: 'push', meaning: 'together' }, [planJob(900)]),
      ),
    )
    expect(answers.filter(Boolean)).toHaveLength(1)
  })

  it('writes neither the delivery nor any job when one of them is refused', async () => {
    const bad = { ...planJob(901), repository: { ...shop, installationId: unwritable as unknown as number } }
    const delivery = { id: 'half', event: 'push', meaning: 'half' }
    await expect(database.store.accept(delivery, [planJob(901), bad])).rejects.toMatchObject({ code: 'store-failed' })
    expect(await database.store.accept(delivery, [])).toBe(true)
  })

  it('keeps what one caller saves while another one fails', async () => {
    const bad = { ...planJob(902), repository: { ...shop, installationId: unwritable as unknown as number } }
    const numbers = Array.from({ length: 20 }, (_, n) => 5000 + n)
    await Promise.allSettled(
      numbers.flatMap((number) => [
        database.store.accept({ id: `bad-${number}`, event: 'push', meaning: `bad-${number}` }, [planJob(902), bad]),
        database.store.savePullRequest({ repository, number, open: true }),
      ]),
    )
    for (const number of numbers) expect(await database.store.pullRequest(repository, number)).toBeDefined()
    expect(await database.store.accept({ id: 'bad-5000', event: 'push', meaning: 'bad-5000' }, [])).toBe(true)
  })

  it('returns a pull request as it was saved last, and forgets what is left out', async () => {
    const { pullRequest, savePullRequest } = database.store
    expect(await pullRequest(repository, 404)).toBeUndefined()
    const full = {
      repository,
      number: 1,
      open: true,
      head: 'h1',
      baseRef: 'main',
      installationId: 5_000_000_000,
      commentId: 3_000_000_000,
      commentHash: 'x',
      planId: 'p',
    }
    await savePullRequest(full)
    expect(await pullRequest(repository, 1)).toEqual(full)
    await savePullRequest({ repository, number: 1, open: false })
    expect(await pullRequest(repository, 1)).toEqual({ repository, number: 1, open: false })
  })

  it('returns a plan as it was saved, with text that PostgreSQL has no room for replaced', async () => {
    const plan = { note: 'nul \0, half \ud800, literal \\u0000', nested: [{ 'k\0': null }] } as unknown as Plan
    const record = planRecord('p-text', { number: 5, checkId: 40_000_000_000, plan })
    await database.store.savePlan(record)
    const kept = { note: 'nul \ufffd, half \ufffd, literal \\u0000', nested: [{ 'k\ufffd': null }] }
    expect(await database.store.plan('p-text')).toEqual({ ...record, plan: kept })
    expect(await database.store.plan('none')).toBeUndefined()
  })

  it('finds the newest finished plan of each open pull request with a head', async () => {
    const { savePlan, savePullRequest, plansAtHead } = database.store
    await savePullRequest({ repository, number: 11, open: true, head: 'shared' })
    await savePullRequest({ repository, number: 12, open: false, head: 'shared' })
    await savePullRequest({ repository, number: 13, open: true, head: 'moved-on' })
    await savePullRequest({ repository, number: 14, open: true, head: 'shared' })
    for (const [id, number, state] of [
      ['11-old', 11, 'done'],
      ['11-new', 11, 'done'],
      ['11-late', 11, 'superseded'],
      ['12-closed', 12, 'done'],
      ['13-moved', 13, 'done'],
      ['14-running', 14, 'running'],
      ['14-done', 14, 'done'],
    ] as const) {
      await savePlan(planRecord(id, { number, state, head: 'shared' }))
    }
    await savePlan(planRecord('group', { head: 'shared' }))
    expect((await plansAtHead(repository, 'shared')).map((plan) => plan.id)).toEqual(['11-new', '14-done'])
    expect(await plansAtHead({ owner: 'acme', name: 'other' }, 'shared')).toEqual([])
  })

  it('knows the plan that a pull request shows', async () => {
    const { savePlan, savePullRequest, latestPlan } = database.store
    expect(await latestPlan(repository, 21)).toBeUndefined()
    await savePlan(planRecord('21-a', { number: 21 }))
    await savePlan(planRecord('21-b', { number: 21 }))
    await savePlan(planRecord('21-c', { number: 21, state: 'running' }))
    expect((await latestPlan(repository, 21))?.id).toBe('21-b')
    await savePullRequest({ repository, number: 21, open: true, planId: '21-a' })
    expect((await latestPlan(repository, 21))?.id).toBe('21-a')
  })

  it('returns what a plan was shown as and made from, and knows which plans open pull requests show', async () => {
    const { openInto, openPlans, plan, savePlan, savePullRequest } = database.store
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'web' }
    const live = [{ cluster: 'prod', app: 'web', reference, state: 'x', foreign: true as const }]
    const record = planRecord('51-new', { number: 51, head: 'h51', shown: 'sha256:1', live })
    const into = { repository, baseRef: 'release', installationId: 7_000_000_000 }
    await savePullRequest({ ...into, number: 51, open: true, head: 'h51' })
    await savePullRequest({ ...into, number: 52, open: false, head: 'h52' })
    await savePullRequest({ ...into, number: 53, open: true, head: 'h53-new' })
    await savePullRequest({ ...into, number: 54, open: true, head: 'h54', baseRef: 'other' })
    await savePullRequest({ repository, number: 55, open: true, head: 'h55', baseRef: 'release' })
    for (const number of [51, 52, 53, 54, 55]) await savePlan(planRecord(`${number}`, { number, head: `h${number}` }))
    await savePlan(record)
    await savePlan(planRecord('51-running', { number: 51, head: 'h51', state: 'running' }))

    expect(await plan('51-new')).toEqual(record)
    expect(await openInto(repository, 'release')).toEqual([51, 53, 55])
    expect(await openInto({ owner: 'acme', name: 'other' }, 'release')).toEqual([])
    const address = { ...repository, installationId: 7_000_000_000 }
    expect((await openPlans()).filter((each) => each.number > 50)).toEqual([
      { repository: address, number: 51, planId: '51-new' },
      { repository: address, number: 54, planId: '54' },
    ])
  })

  it('knows which sync of an app is the newer one', async () => {
    const { saveSync, newerSync, latestSync, sync, syncsOf } = database.store
    const first = syncRecord('s1', { number: 31, previous: 'r0', deploymentId: 9_000_000_000 })
    // The clock of the process that made it was behind.
    const second = syncRecord('s2', { number: 31, createdAt: '2025-05-01T09:59:00.000Z' })
    await saveSync(first)
    expect(await newerSync(first)).toBeUndefined()
    await saveSync(syncRecord('elsewhere', { cluster: 'staging', number: 32 }))
    await saveSync(second)
    expect((await newerSync(first))?.id).toBe('s2')
    expect(await newerSync(second)).toBeUndefined()

    const ended = { ...first, finishedAt: '2025-05-01T10:01:00.000Z' }
    await saveSync(ended)
    expect(await sync('s1')).toEqual(ended)
    expect((await newerSync(ended))?.id).toBe('s2')
    expect((await syncsOf(repository, 31)).map((each) => each.id)).toEqual(['s1', 's2'])
    expect((await latestSync(repository, 'web'))?.id).toBe('s2')
    expect(await latestSync(repository, 'none')).toBeUndefined()
  })

  it('moves the cursor of a branch together with its syncs, and twice does no harm', async () => {
    const { advance, cursor, syncsOf } = database.store
    expect(await cursor(repository, 'release')).toBeUndefined()
    const record = syncRecord('adv', { app: 'adv', number: 41 })
    await advance(shop, 'release', 'c1', [record])
    await advance(shop, 'release', 'c1', [record])
    expect(await cursor(repository, 'release')).toBe('c1')
    expect(await syncsOf(repository, 41)).toEqual([record])
    expect(await cursor(repository, 'main')).toBeUndefined()
  })

  it('leaves the cursor where it was when a sync can not be stored', async () => {
    const bad = syncRecord('bad', { createdAt: 'yesterday-ish' })
    await expect(database.store.advance(shop, 'hotfix', 'c9', [bad])).rejects.toMatchObject({ code: 'store-failed' })
    expect(await database.store.cursor(repository, 'hotfix')).toBeUndefined()
  })

  it('never shows a value in an error', async () => {
    const bad = syncRecord('secret', { createdAt: 'hunter2-as-a-time' })
    const thrown = await database.store.saveSync(bad).catch((error: unknown) => error)
    expect(String(thrown)).toContain('SQLSTATE 22')
    expect(String(thrown)).not.toContain('hunter2')
    expect(place.lines.join('\n')).not.toContain('hunter2')
  })

  it('answers a sign of life', async () => {
    await expect(database.ready()).resolves.toBeUndefined()
  })

  it('keeps everything over a restart, queues each job once, and lets nobody change the audit log', async () => {
    await database.store.audit(event)
    await database.close()
    const queued = await place.sql(
      `select name, singleton_key from drydock_jobs.job where singleton_key like '%adv%' or singleton_key like '%#41'
        or singleton_key like '%#90_' order by name`,
    )
    expect(queued).toEqual([
      { name: 'plan', singleton_key: 'acme/shop#900' },
      { name: 'report', singleton_key: 'acme/shop#41' },
      { name: 'sync', singleton_key: 'prod/adv acme/shop' },
    ])
    for (const change of ['update drydock.audit_event set actor = null', 'delete from drydock.audit_event']) {
      await expect(place.sql(change)).rejects.toThrow('append-only')
    }
    database = await place.open()
    expect((await database.store.plan('p-text'))?.checkId).toBe(40_000_000_000)
    expect(await database.store.accept({ id: 'd1', event: 'push', meaning: 'm1' }, [])).toBe(false)
  })
})
