import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import type { Log } from '../../flows/ports.ts'
import type { Db } from './tables.ts'

/**
 * Hands back the jobs of a predecessor that was killed; only right where there is one process. Each counts as a try, so
 * that a job that kills its process ends some time.
 */
export async function recoverActive(db: Db, boss: PgBoss, log: Log): Promise<void> {
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from drydock_jobs.job where state = 'active'`.execute(db)
  if (rows.length === 0) return
  for (const { id, name } of rows) await boss.fail(name, id, { message: 'the process that ran it ended' })
  // The pause before a retry is for causes that need time; this one is gone already.
  await sql`update drydock_jobs.job set start_after = now()
    where state = 'retry' and id = any(${rows.map((row) => row.id)})`.execute(db)
  log.info('Jobs of a process that ended are run again', { jobs: rows.length })
}
