import { setTimeout as delay } from 'node:timers/promises'
import type { PgBoss } from 'pg-boss'
import { DrydockError, problemsOf } from '../../core/model/errors.ts'
import { fullName } from '../../core/model/repository.ts'
import type { Log } from '../../flows/ports.ts'
import type { Job } from '../../flows/records.ts'
import { type JobData, wake } from './enqueue.ts'
import { handBack } from './failed-jobs.ts'
import { placeOf, type QueueName } from './queues.ts'
import { describeFailure } from './store-failed.ts'
import type { Db } from './tables.ts'

/** What runs one job. */
export type Handle = (job: Job, signal: AbortSignal) => Promise<void>

/** In ms: between attempts to write down how a job ended, while the database is away. */
const SETTLE_RETRY_MS = 1_000

type Setup = {
  readonly queue: QueueName
  /** How many jobs run at once. */
  readonly limit: number
  /** How often a job is tried in all. */
  readonly tries: number
  readonly db: Db
  readonly boss: PgBoss
  readonly handle: Handle
  /** Puts jobs away that failed for good. */
  readonly putAway: () => Promise<void>
  readonly log: Log
}

/** A job that this process has claimed. `retryCount` names the claim: pg-boss ignores a settlement of an older one. */
type Claim = {
  readonly id: string
  readonly retryCount: number
  readonly job: Job
  readonly key: string
  readonly abort: AbortController
  /** The claim is no longer this process's to settle. */
  gone: boolean
  done: Promise<void>
}

/**
 * One queue in this process. Not pg-boss's own worker: that one sleeps after a job although the next of its key waits,
 * and counts a hand-back at shutdown as a failure.
 */
export class Lane {
  readonly queue: QueueName
  readonly #setup: Setup
  readonly #claims = new Set<Claim>()
  #pulling: Promise<void> | undefined
  #again = false
  #closed = false

  constructor(setup: Setup) {
    this.queue = setup.queue
    this.#setup = setup
  }

  /** Takes what can be run now. Calls during a run of it lead to one more. */
  pull(): void {
    this.#again = true
    this.#pulling ??= this.#pull().finally(() => {
      this.#pulling = undefined
      if (this.#again && !this.#closed) this.pull()
    })
  }

  async #pull(): Promise<void> {
    const { boss, db, limit, log } = this.#setup
    try {
      while (this.#again && !this.#closed) {
        this.#again = false
        const free = limit - this.#claims.size
        if (free <= 0) return
        const jobs = await boss.fetch<JobData>(this.queue, { batchSize: free })
        for (const { id, retryCount, data } of jobs) {
          if (this.#closed) await this.#release(db, id, retryCount)
          else this.#begin(id, retryCount, data.job)
        }
      }
    } catch (thrown) {
      // The poll comes back to it.
      this.#again = false
      log.warn('Jobs could not be fetched', { queue: this.queue, reason: describeFailure(thrown) })
    }
  }

  #begin(id: string, retryCount: number, job: Job): void {
    const { key } = placeOf(job)
    // An earlier claim on this key that was lost may still be running here: one at a time all the same.
    const before = [...this.#claims].filter((other) => other.key === key).map((other) => other.done)
    const claim: Claim = {
      id,
      retryCount,
      job,
      key,
      abort: new AbortController(),
      gone: false,
      done: Promise.resolve(),
    }
    this.#claims.add(claim)
    claim.done = this.#run(claim, before).finally(() => {
      this.#claims.delete(claim)
      this.pull()
    })
  }

  async #run(claim: Claim, before: readonly Promise<void>[]): Promise<void> {
    await Promise.all(before)
    if (claim.gone) return
    try {
      await this.#setup.handle(claim.job, claim.abort.signal)
    } catch (thrown) {
      if (!(thrown instanceof DrydockError && thrown.code === 'superseded')) return await this.#failed(claim, thrown)
    }
    await this.#settle(claim, () => this.#setup.boss.complete(this.queue, claim))
  }

  async #failed(claim: Claim, thrown: unknown): Promise<void> {
    const { boss, db, log, putAway, tries } = this.#setup
    if (this.#closed && claim.abort.signal.aborted) {
      return await this.#settle(claim, () => this.#release(db, claim.id, claim.retryCount))
    }
    const [problem] = problemsOf(thrown)
    const message = problem?.message ?? 'unknown'
    if (!claim.gone) {
      log.warn('A job failed', {
        kind: claim.job.kind,
        repository: fullName(claim.job.repository),
        attempt: claim.retryCount + 1,
        attempts: tries,
        code: problem?.code,
        reason: message,
        ...(problem?.code === 'internal' ? { err: thrown } : {}),
      })
    }
    await this.#settle(claim, async () => {
      await boss.fail(this.queue, claim, { code: problem?.code, message })
      // Not left to the next beat: until then it holds back its key.
      if (claim.retryCount + 1 >= tries) await putAway()
    })
  }

  /** Writes down how a job ended; while the database is away, again and again, for else the job would run once more. */
  async #settle(claim: Claim, write: () => Promise<unknown>): Promise<void> {
    while (!claim.gone) {
      try {
        await write()
        claim.gone = true
      } catch (thrown) {
        this.#setup.log.warn('The end of a job could not be saved', { reason: describeFailure(thrown) })
        if (this.#closed) return
        await delay(SETTLE_RETRY_MS)
      }
    }
  }

  async #release(db: Db, id: string, retryCount: number): Promise<void> {
    if (await handBack(db, this.queue, id, retryCount)) await wake(db, this.queue)
  }

  /** Shows that this process lives, and stops work whose claim another process has taken over. */
  async beat(): Promise<void> {
    const claims = [...this.#claims].filter((claim) => !claim.gone)
    if (claims.length === 0) return
    const answer = await this.#setup.boss.touch(this.queue, claims)
    const held = 'settled' in answer && Array.isArray(answer.settled) ? new Set<unknown>(answer.settled) : undefined
    for (const claim of claims) {
      if (!held || held.has(claim.id) || claim.gone) continue
      claim.gone = true
      claim.abort.abort(new DrydockError('superseded', 'Another process took this job over.'))
    }
  }

  /** Takes no new job from now on. */
  close(): void {
    this.#closed = true
  }

  /** Resolves when nothing runs any more. */
  async ended(): Promise<void> {
    await this.#pulling
    await Promise.all([...this.#claims].map((claim) => claim.done))
  }

  /** Tells running jobs to stop. */
  abort(): void {
    for (const claim of this.#claims) claim.abort.abort(new DrydockError('busy', 'Drydock is shutting down.'))
  }

  /** Hands back what still runs: another process starts it at once. */
  async abandon(): Promise<void> {
    for (const claim of this.#claims) {
      if (claim.gone) continue
      claim.gone = true
      try {
        await this.#release(this.#setup.db, claim.id, claim.retryCount)
      } catch (thrown) {
        this.#setup.log.warn('A job could not be handed back', { reason: describeFailure(thrown) })
      }
    }
  }
}
