import { Kysely, PostgresDialect, sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import { migrate } from '../../../src/adapters/postgres/migrate.ts'
import { openPglite } from '../../../src/adapters/postgres/pglite-backend.ts'
import { makeStore } from '../../../src/adapters/postgres/store.ts'
import type { Tables } from '../../../src/adapters/postgres/tables.ts'
import type { RepositoryName, Store } from '../../../src/flows/ports.ts'
import type { Job } from '../../../src/flows/records.ts'

/** The real store on a database in memory. Jobs come out at one place, in order, instead of a queue's loop. */
export type Depot = {
  readonly store: Store
  /** Jobs that were queued since the last call. */
  readonly taken: () => readonly Job[]
  /** Forgets a repository as a lost database does; what was audited stays, which nobody reads. */
  readonly lose: (repository: RepositoryName) => Promise<void>
  readonly close: () => Promise<void>
}

/** What is kept for a repository. */
const tables = ['sync', 'branch_cursor', 'plan', 'pull_request', 'app_state', 'approval'] as const

export async function openDepot(): Promise<Depot> {
  const backend = await openPglite('memory://')
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: backend.pool }) })
  await migrate(db)
  let jobs: Job[] = []
  const insert = async (_queue: string, batch: readonly { readonly data: { readonly job: Job } }[]) => {
    jobs.push(...batch.map((each) => each.data.job))
  }
  return {
    store: makeStore(db, { insert } as unknown as PgBoss),
    taken: () => {
      const found = jobs
      jobs = []
      return found
    },
    lose: async ({ owner, name }) => {
      for (const table of tables) {
        await sql`delete from drydock.${sql.raw(table)} where repository = ${`${owner}/${name}`}`.execute(db)
      }
      await sql`delete from drydock.freeze`.execute(db)
    },
    close: async () => {
      await db.destroy()
      await backend.close()
    },
  }
}
