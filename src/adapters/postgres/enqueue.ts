import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { fromKysely, type PgBoss } from 'pg-boss'
import type { Job } from '../../flows/records.ts'
import { placeOf, QUEUE_NAMES } from './queues.ts'
import { storable, storableJson } from './storable.ts'
import type { Db, Tx } from './tables.ts'

/** Channel that wakes the runners; the payload is a queue's name. */
export const WAKE_CHANNEL = 'drydock_jobs'

/** What a queued job holds. */
export type JobData = {
  readonly job: Job
  /** The delivery that it came with: a redelivery queues it again after it failed. */
  readonly delivery?: string
}

/** Queues jobs in a transaction; runners are woken when it commits. */
export async function enqueue(boss: PgBoss, tx: Tx, jobs: readonly Job[], delivery?: string): Promise<void> {
  const places = jobs.map((job) => ({ job, ...placeOf(job) }))
  for (const queue of QUEUE_NAMES) {
    const batch = places
      .filter((place) => place.queue === queue)
      .map(({ job, key }) => ({
        id: nextId(),
        singletonKey: storable(key),
        data: JSON.parse(storableJson({ job, ...(delivery === undefined ? {} : { delivery }) })) as object,
      }))
    if (batch.length === 0) continue
    await boss.insert(queue, batch, { db: fromKysely(tx) })
    await wake(tx, queue)
  }
}

/** Wakes the runners of a queue. */
export async function wake(db: Db | Tx, queue: string): Promise<void> {
  await sql`select pg_notify(${WAKE_CHANNEL}, ${queue})`.execute(db)
}

let lastMs = 0
let counter = 0

/**
 * A UUID of version 7 (RFC 9562), rising within a process: pg-boss orders jobs of one transaction, which all have one
 * time, by id.
 */
function nextId(): string {
  const now = Date.now()
  counter = now > lastMs ? 0 : counter + 1
  if (counter > 0xfff) {
    counter = 0
    lastMs += 1
  } else {
    lastMs = Math.max(lastMs, now)
  }
  const time = lastMs.toString(16).padStart(12, '0')
  const random = randomBytes(8)
  random[0] = ((random[0] ?? 0) & 0x3f) | 0x80
  const tail = random.toString('hex')
  const sequence = counter.toString(16).padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${tail.slice(0, 4)}-${tail.slice(4)}`
}
