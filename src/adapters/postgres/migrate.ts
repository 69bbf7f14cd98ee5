import { sql } from 'kysely'
import { DrydockError } from '../../core/model/errors.ts'
import { migrations } from './migrations.ts'
import { describeFailure } from './store-failed.ts'
import type { Db } from './tables.ts'

/** Brings the schema `drydock` up to date. The caller holds the start-up lock. Throws `store-failed`. */
export async function migrate(db: Db): Promise<void> {
  await sql`create schema if not exists drydock`.execute(db)
  await sql`create table if not exists drydock.migration (
    id integer primary key, name text not null, applied_at timestamptz not null default now())`.execute(db)
  const { rows } = await sql<{ id: number }>`select id from drydock.migration`.execute(db)
  const applied = new Set(rows.map((row) => row.id))
  const newest = Math.max(0, ...applied)
  if (newest > (migrations.at(-1)?.id ?? 0)) {
    throw new DrydockError('store-failed', `The database was written by a newer Drydock (schema ${newest}).`, {
      hint: 'Start that version or a later one.',
    })
  }
  for (const migration of migrations.filter((each) => !applied.has(each.id))) {
    try {
      await db.transaction().execute(async (tx) => {
        await sql.raw(migration.sql).execute(tx)
        await migration.after?.(tx)
        await sql`insert into drydock.migration (id, name) values (${migration.id}, ${migration.name})`.execute(tx)
      })
    } catch (thrown) {
      const reason = describeFailure(thrown)
      throw new DrydockError('store-failed', `Migration ${migration.id} (${migration.name}) failed: ${reason}.`, {
        hint: 'Nothing of it was kept. Check that the user of DATABASE_URL may create schemas and tables.',
        cause: thrown,
      })
    }
  }
}
