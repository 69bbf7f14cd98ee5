import type { PgBoss } from 'pg-boss'
import { fullName } from '../../core/model/repository.ts'
import type { Job } from '../../flows/records.ts'

/** Schema of pg-boss. */
export const JOBS_SCHEMA = 'drydock_jobs'

/** Name of a queue. One key's jobs of one queue run strictly in order, one at a time. */
export type QueueName = 'plan' | 'command' | 'report' | 'push' | 'sync'

/** How many jobs of each queue a process runs at once. */
export const QUEUE_LIMITS: Readonly<Record<QueueName, number>> = { plan: 4, sync: 8, command: 4, report: 4, push: 4 }

export const QUEUE_NAMES = Object.keys(QUEUE_LIMITS) as readonly QueueName[]

/** How a job that throws is tried again. */
export type RetryPolicy = {
  /** Tries after the first. */
  readonly limit: number
  /** In seconds, doubled at each try up to 60 s when `backoff` is set. */
  readonly delaySeconds: number
  readonly backoff: boolean
}

/** Longer than any job may take: a live worker's claim is kept by its heartbeat, and this is the last resort. */
const EXPIRE_SECONDS = 6 * 60 * 60
/** Waiting jobs are kept this long; nothing acknowledged is dropped sooner. */
const RETENTION_SECONDS = 90 * 24 * 60 * 60
/** Finished ones serve nobody: what they did is in the store. */
const DELETE_AFTER_SECONDS = 60 * 60

/** Makes the queues, or brings their settings up to date. */
export async function prepareQueues(
  boss: PgBoss,
  retry: RetryPolicy,
  heartbeatSeconds: number | undefined,
): Promise<void> {
  const options = {
    expireInSeconds: EXPIRE_SECONDS,
    retentionSeconds: RETENTION_SECONDS,
    deleteAfterSeconds: DELETE_AFTER_SECONDS,
    retryLimit: retry.limit,
    retryDelay: retry.delaySeconds,
    retryBackoff: retry.backoff,
    ...(retry.backoff ? { retryDelayMax: 60 } : {}),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
  }
  for (const name of QUEUE_NAMES) {
    await boss.createQueue(name, { ...options, policy: 'key_strict_fifo' })
    await boss.updateQueue(name, options)
    // Fills pg-boss's cache of queues: a look-up inside a transaction would wait for PGlite's only session for ever.
    await boss.getBlockedKeys(name)
  }
}

/** The queue and the key of a job. `plan` and `closed` of a pull request share both, so that they never overlap. */
export function placeOf(job: Job): { readonly queue: QueueName; readonly key: string } {
  const repository = fullName(job.repository)
  switch (job.kind) {
    case 'plan':
    case 'closed':
      return { queue: 'plan', key: `${repository}#${job.number}` }
    case 'merge-group':
      return { queue: 'plan', key: `${repository}@${job.head}` }
    case 'push':
      return { queue: 'push', key: `${repository}:${job.branch}` }
    case 'base-moved':
      // No ref has a colon in its name: never the key of a push.
      return { queue: 'push', key: `${repository}:${job.branch}:plans` }
    case 'lock-passed':
      // No number is part of it: never the key of a report.
      return { queue: 'report', key: `${job.cluster}/${job.app} ${repository}` }
    case 'sync':
      return { queue: 'sync', key: `${job.cluster}/${job.app} ${repository}` }
    case 'report':
      return { queue: 'report', key: `${repository}#${job.number}` }
    case 'command':
      return { queue: 'command', key: `${repository}#${job.number}` }
  }
}
