import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import { DrydockError } from '../../core/model/errors.ts'
import { fullName } from '../../core/model/repository.ts'
import type { JobRunner, Log } from '../../flows/ports.ts'
import type { Backend, Subscription } from './backend.ts'
import { WAKE_CHANNEL } from './enqueue.ts'
import { archiveFailed } from './failed-jobs.ts'
import { type Handle, Lane } from './lane.ts'
import { QUEUE_LIMITS, QUEUE_NAMES } from './queues.ts'
import { describeFailure } from './store-failed.ts'
import type { Db } from './tables.ts'

/** In ms: how soon a job starts that no notification told of (a retry's time came, a connection was lost). */
const POLL_MS = 1_000
/** In ms: how often claims are refreshed, and jobs that failed without a handler are put away. */
const BEAT_MS = 3_000
/** In ms: for handlers to end after they were told to, before their jobs are handed back. */
const ABORT_GRACE_MS = 1_000

/** Runs jobs on pg-boss's queues, woken by notifications. */
export function makeRunner(backend: Backend, db: Db, boss: PgBoss, tries: number, log: Log): JobRunner {
  let lanes: readonly Lane[] = []
  let subscription: Subscription | undefined
  const timers: NodeJS.Timeout[] = []

  const quietly = (work: () => Promise<void>) => () => {
    work().catch((thrown) => log.warn('The job queue could not be served', { reason: describeFailure(thrown) }))
  }
  const wakeAll = () => {
    for (const lane of lanes) lane.pull()
  }
  const poll = async () => {
    const { rows } = await sql<{ name: string }>`
      select distinct name from drydock_jobs.job where state < 'active' and start_after <= now()`.execute(db)
    for (const lane of lanes) if (rows.some((row) => row.name === lane.queue)) lane.pull()
  }
  const putAway = async () => {
    for (const { job, reason } of await archiveFailed(db)) {
      log.error('A job failed for good', { kind: job.kind, repository: repositoryOf(job), reason })
    }
  }
  const beat = async () => {
    await Promise.all(lanes.map((lane) => lane.beat()))
    await putAway()
  }

  return {
    start: async (handle: Handle) => {
      if (lanes.length > 0) throw new DrydockError('internal', 'The job runner was started twice.')
      const shared = { tries, db, boss, handle, putAway, log }
      lanes = QUEUE_NAMES.map((queue) => new Lane({ queue, limit: QUEUE_LIMITS[queue], ...shared }))
      const notified = (queue: string) => lanes.find((lane) => lane.queue === queue)?.pull()
      subscription = await backend.listen(WAKE_CHANNEL, notified, wakeAll)
      timers.push(setInterval(quietly(poll), POLL_MS), setInterval(quietly(beat), BEAT_MS))
      wakeAll()
    },
    stop: async (graceMs) => {
      const stopping = lanes
      for (const lane of stopping) lane.close()
      clearInterval(timers[0])
      await subscription?.close()
      subscription = undefined
      const ended = Promise.all(stopping.map((lane) => lane.ended()))
      if (!(await within(ended, graceMs))) {
        for (const lane of stopping) lane.abort()
        await within(ended, ABORT_GRACE_MS)
        await Promise.all(stopping.map((lane) => lane.abandon()))
      }
      for (const timer of timers) clearInterval(timer)
    },
  }
}

/** `true` when the work ended in time. */
async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

function repositoryOf(job: { readonly repository: { readonly owner: string; readonly name: string } }): string {
  return fullName(job.repository)
}
