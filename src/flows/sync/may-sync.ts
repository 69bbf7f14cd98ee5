import type { App } from '../../core/model/app.ts'
import { DrydockError, problem } from '../../core/model/errors.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import { fullName } from '../../core/model/repository.ts'
import { superseded } from '../../core/sync/superseded.ts'
import { holdOf } from '../holds/holds.ts'
import { isBack, unpinApp } from '../holds/pins.ts'
import type { Forge, GitRepository } from '../ports.ts'
import type { Job, SyncRecord } from '../records.ts'
import { readConfig } from '../render/read-config.ts'
import type { ServerWorld } from '../server-world.ts'
import { originOf } from './syncs-of.ts'

/** The job of one sync. */
export type SyncJob = Extract<Job, { kind: 'sync' }>

/** What a sync begins with. */
export type Beginning = {
  readonly repository: GitRepository
  /** As it is configured at the sync's revision. */
  readonly app: App
  /** Newest commit of the branch. */
  readonly head: string
}

/**
 * May a sync begin? Not when a newer one of its app is there, when its branch no longer has its commit or its app, or while
 * something holds it; `instead`: how it ends then. The branch is read again for that.
 */
export async function mayBegin(
  world: ServerWorld,
  forge: Forge,
  job: SyncJob,
  record: SyncRecord,
): Promise<Beginning | { readonly instead: SyncOutcome }> {
  const newest = await forge.branchHead(record.branch)
  const passed = (await overtakenBy(world, record)) ?? (await leftBehind(world, job, record, newest))
  if (passed) return { instead: passed }
  const head = newest ?? record.revision
  const repository = await world.git.open(job.repository, job.repository.installationId)
  await repository.fetch([record.revision, head])
  const app = await appOf(repository, record)
  if (app.cluster !== record.cluster) return { instead: elsewhere(record, app.cluster) }
  const instead =
    (head === record.revision ? undefined : await givenUp(repository, record, head)) ??
    (await heldNow({ ...world, forge }, repository, { record, app, head }))
  return instead ? { instead } : { repository, app, head }
}

async function overtakenBy(world: ServerWorld, stored: SyncRecord): Promise<SyncOutcome | undefined> {
  const newer = await world.store.newerSync(stored)
  return newer && superseded(stored.outcome, newer)
}

/** The branch moved on and no webhook may have told: it is read again. A commit that it no longer holds is not synced. */
async function leftBehind(
  world: ServerWorld,
  job: Extract<Job, { kind: 'sync' }>,
  stored: SyncRecord,
  head: string | undefined,
): Promise<SyncOutcome | undefined> {
  const { branch, revision } = stored
  if (head === revision) return undefined
  if (head !== undefined) {
    await world.store.enqueue([{ kind: 'push', repository: job.repository, branch }])
    const repository = await world.git.open(job.repository, job.repository.installationId)
    await repository.fetch([head, revision])
    if (await repository.isAncestor(revision, head)) return undefined
  }
  const why = problem('superseded', `${branch} no longer holds ${revision.slice(0, 7)}; nothing of it was applied.`)
  return { ...stored.outcome, state: 'superseded', problems: [why] }
}

/** An app that the branch no longer configures may go on under another name: its old syncs would take the objects back. */
async function givenUp(repository: GitRepository, record: SyncRecord, head: string): Promise<SyncOutcome | undefined> {
  const config = await readConfig(repository, head).catch(() => undefined)
  const now = config?.apps.find((each) => each.name === record.app)
  if (!config || now?.cluster === record.cluster) return undefined
  if (now) return elsewhere(record, now.cluster)
  const message = `${record.app} is no longer configured at ${head.slice(0, 7)}; nothing of it was applied.`
  return { ...record.outcome, state: 'superseded', problems: [problem('superseded', message)] }
}

/** Locks, pins and the order of syncs go by the cluster: what was meant for one is not done to another. */
function elsewhere({ outcome, app, cluster }: SyncRecord, now: string): SyncOutcome {
  const message = `${app} lives on the cluster ${now} now; nothing was applied to ${cluster}.`
  return { ...outcome, state: 'superseded', problems: [problem('superseded', message)] }
}

/** The app of a sync as its revision configures it. Throws `config-missing`. */
export async function appOf(repository: GitRepository, { app: name, revision }: SyncRecord): Promise<App> {
  const app = (await readConfig(repository, revision)).apps.find((each) => each.name === name)
  if (app) return app
  throw new DrydockError('config-missing', `${name} is no longer configured at ${revision.slice(0, 7)}.`)
}

async function heldNow(
  world: ServerWorld & { readonly forge: Forge },
  repository: GitRepository,
  sync: { readonly record: SyncRecord; readonly app: App; readonly head: string },
): Promise<SyncOutcome | undefined> {
  const request = { repository, ...sync, asked: true }
  let hold = await holdOf(world, request)
  if (hold?.heldBy.kind === 'pin' && (await isBack(world, repository, sync.record, sync.app, hold.heldBy))) {
    await unpinApp(world, sync.record, hold.heldBy)
    await auditUnpinned(world, sync.record)
    hold = await holdOf(world, request)
  }
  if (!hold) return undefined
  return { ...sync.record.outcome, state: 'held', heldBy: hold.heldBy, problems: [hold.problem] }
}

function auditUnpinned(world: ServerWorld, record: SyncRecord): Promise<void> {
  const { repository, app, cluster, revision, number, actor } = record
  return world.store.audit({
    at: world.clock.now().toISOString(),
    actor,
    action: 'unlock',
    repository: fullName(repository),
    app,
    cluster,
    revision,
    ...(number === undefined ? {} : { number }),
    result: 'pin ended: Git says the same again',
    allowedBy: originOf(record),
  })
}
