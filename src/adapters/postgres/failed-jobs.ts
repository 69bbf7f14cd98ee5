import { sql } from 'kysely'
import type { Job } from '../../flows/records.ts'
import type { Db, Tx } from './tables.ts'

/** A job that used up its tries. */
export type FailedJob = { readonly job: Job; readonly reason: string | null }

/**
 * Moves failed jobs out of pg-boss, where one would hold back its key for ever (that is what `key_strict_fifo` means by
 * strict), into a table of ours. Returns those that were moved.
 */
export async function archiveFailed(db: Db | Tx): Promise<readonly FailedJob[]> {
  const { rows } = await sql<FailedJob>`
    with gone as (
      delete from drydock_jobs.job where state = 'failed' returning id, name, data, output
    )
    insert into drydock.failed_job (id, queue, delivery, job, reason)
    select id, name, data->>'delivery', data->'job', coalesce(output->>'message', output->'value'->>'message')
    from gone
    on conflict (id) do nothing
    returning job, reason`.execute(db)
  return rows
}

/** Takes the failed jobs of a delivery out of the archive, in the order in which they were queued. */
export async function takeFailedOf(tx: Tx, delivery: string): Promise<readonly Job[]> {
  const { rows } = await sql<{ id: string; job: Job }>`
    delete from drydock.failed_job where delivery = ${delivery} returning id, job`.execute(tx)
  return rows.toSorted((one, other) => (one.id < other.id ? -1 : 1)).map((row) => row.job)
}

/**
 * Hands an unfinished job back as if it had not been taken: it keeps its place in front of its key's later jobs, and the
 * try isn't counted. `false` when it's no longer ours.
 */
export async function handBack(db: Db | Tx, queue: string, id: string, tries: number): Promise<boolean> {
  const { rows } = await sql`
    update drydock_jobs.job set state = 'created', started_on = null, heartbeat_on = null
    where name = ${queue} and id = ${id} and state = 'active' and retry_count = ${tries}
    returning id`.execute(db)
  return rows.length > 0
}
