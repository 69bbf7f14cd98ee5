import type { SyncOutcome } from '../../core/model/outcome.ts'
import { fullName, sameRepository } from '../../core/model/repository.ts'
import { superseded } from '../../core/sync/superseded.ts'
import type { Forge } from '../ports.ts'
import type { AuditEvent, RepositoryAddress, SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import type { SyncJob } from './may-sync.ts'
import { tellGitHub } from './report-syncs.ts'
import { originOf } from './syncs-of.ts'

/** Ends a sync: the audit first, then the record with its result, and the report of its pull request. */
export async function finish(
  world: ServerWorld,
  job: SyncJob,
  record: SyncRecord,
  outcome: SyncOutcome,
): Promise<void> {
  const at = world.clock.now().toISOString()
  const pruned = outcome.objects.filter((object) => object.result === 'deleted').length
  const event = {
    at,
    repository: fullName(record.repository),
    app: record.app,
    cluster: record.cluster,
    ...(record.number === undefined ? {} : { number: record.number }),
  }
  await world.store.audit({
    ...event,
    actor: record.actor,
    action: actionOf(record, pruned),
    revision: record.revision,
    ...(record.digest ? { digest: record.digest } : {}),
    result: `${outcome.state}, ${outcome.objects.length} objects, ${pruned} deleted`,
    allowedBy: record.rollback?.allowedBy ?? record.preview?.allowedBy ?? originOf(record),
  })
  if (outcome.rolledBack) {
    await world.store.audit({
      ...event,
      actor: 'drydock',
      action: 'rollback',
      revision: outcome.rolledBack.to,
      result: outcome.rolledBack.state,
      allowedBy: `onFailure: rollback of ${record.app}`,
    })
  }
  await world.store.saveSync(
    { ...record, outcome, finishedAt: at },
    record.number === undefined ? undefined : job.repository,
  )
  const { asked } = record
  if (asked && asked.number !== record.number) {
    await world.store.enqueue([{ kind: 'report', repository: job.repository, number: asked.number }])
  }
}

function actionOf({ outcome, rollback }: SyncRecord, pruned: number): AuditEvent['action'] {
  if (outcome.state === 'held') return 'hold'
  if (rollback) return 'rollback'
  return pruned > 0 ? 'prune' : 'sync'
}

/** A newer sync that came while this one was about to be held didn't see it wait. */
export async function endIfPassed(world: ServerWorld, forge: Forge, job: SyncJob, held: SyncRecord): Promise<void> {
  const newer = await world.store.newerSync(held)
  if (!newer) return
  const finishedAt = world.clock.now().toISOString()
  const ended = { ...held, finishedAt, outcome: superseded(held.outcome, newer) }
  await tellGitHub(forge, ended, ended.outcome)
  await world.store.saveSync(ended, job.repository)
}

/**
 * What still waits for something is told that a newer sync of its app came; to be called before that one is saved, since
 * nothing waits behind a newer one.
 *
 * @param tell says it on GitHub
 */
export async function endWaiting(
  world: Pick<ServerWorld, 'store'>,
  repository: RepositoryAddress,
  waiting: readonly SyncRecord[],
  newer: SyncRecord,
  tell: (ended: SyncRecord) => Promise<void>,
): Promise<void> {
  const isSameApp = ({ repository: where, app, cluster }: SyncRecord) =>
    app === newer.app && cluster === newer.cluster && sameRepository(where, newer.repository)
  for (const held of waiting) {
    if (held.id === newer.id || !isSameApp(held)) continue
    const ended = { ...held, outcome: superseded(held.outcome, newer) }
    await tell(ended)
    await world.store.saveSync(ended, repository)
  }
}
