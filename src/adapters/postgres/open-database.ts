import { Kysely, PostgresDialect, sql } from 'kysely'
import { PgBoss } from 'pg-boss'
import { DrydockError } from '../../core/model/errors.ts'
import type { JobRunner, Log, Store } from '../../flows/ports.ts'
import type { Backend } from './backend.ts'
import { pruneDeliveries } from './deliveries.ts'
import { migrate } from './migrate.ts'
import { openPglite } from './pglite-backend.ts'
import { openPostgres } from './postgres-backend.ts'
import { JOBS_SCHEMA, prepareQueues, type RetryPolicy } from './queues.ts'
import { recoverActive } from './recover.ts'
import { makeRunner } from './runner.ts'
import { makeStore } from './store.ts'
import { describeFailure, storeFailed } from './store-failed.ts'
import type { Tables } from './tables.ts'

/** In s: a process that shows no life for so long has lost its jobs (pg-boss allows no less). */
const HEARTBEAT_SECONDS = 10
/** In s: how often that is looked for. */
const SUPERVISE_SECONDS = 3
/** In ms. */
const PRUNE_MS = 6 * 60 * 60 * 1000

const RETRY: RetryPolicy = { limit: 5, delaySeconds: 1, backoff: true }

/** State and jobs of one process. */
export type Database = {
  readonly store: Store
  readonly jobs: JobRunner
  /** Asks the database for a sign of life. Throws `store-failed`. */
  readonly ready: () => Promise<void>
  /** Stops running jobs (which are handed back) and disconnects. */
  readonly close: () => Promise<void>
}

/**
 * Opens PostgreSQL when there is a `databaseUrl`, else PGlite in `dataDir` (`memory://`: nothing is kept), and brings
 * tables and queues up to date. Throws `store-failed`, `usage`, or `busy` when another process has the folder.
 */
export async function openDatabase(options: {
  readonly databaseUrl?: string | undefined
  readonly dataDir?: string | undefined
  readonly log: Log
  /** Default: five retries after 1 s, 2 s, 4 s, … */
  readonly retry?: RetryPolicy
}): Promise<Database> {
  const { log, retry = RETRY } = options
  const backend = await openBackend(options)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: backend.pool }) })
  const boss = makeBoss(backend, log)
  const jobs = makeRunner(backend, db, boss, retry.limit + 1, log)
  const prune = () =>
    pruneDeliveries(db).catch((thrown) => log.warn('Old deliveries stay', { reason: describeFailure(thrown) }))
  const timer = setInterval(prune, PRUNE_MS).unref()
  let closing: Promise<void> | undefined
  const close = async () => {
    clearInterval(timer)
    await jobs.stop(0)
    await boss.stop({ graceful: false })
    await backend.close()
  }
  try {
    await backend.exclusively(async () => {
      await migrate(db)
      await boss.start()
      await prepareQueues(boss, retry, backend.alone ? undefined : HEARTBEAT_SECONDS)
      if (backend.alone) await recoverActive(db, boss, log)
      await prune()
    })
  } catch (thrown) {
    await close().catch(() => {})
    throw storeFailed('be prepared', thrown)
  }
  return {
    store: makeStore(db, boss),
    jobs,
    ready: async () => {
      try {
        await sql`select 1`.execute(db)
      } catch (thrown) {
        throw storeFailed('answer', thrown)
      }
    },
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

function openBackend(options: {
  readonly databaseUrl?: string | undefined
  readonly dataDir?: string | undefined
  readonly log: Log
}): Promise<Backend> {
  if (options.databaseUrl) return openPostgres(options.databaseUrl, options.log)
  if (options.dataDir) return openPglite(options.dataDir)
  throw new DrydockError('usage', 'There is no place to keep state.', {
    hint: 'Set DATABASE_URL to a PostgreSQL database, or DATA_DIR to a folder.',
  })
}

function makeBoss(backend: Backend, log: Log): PgBoss {
  const boss = new PgBoss({
    db: backend.boss,
    schema: JOBS_SCHEMA,
    schedule: false,
    flowIntervalSeconds: 60 * 60,
    ...(backend.alone
      ? { backend: 'pglite' as const, reindex: false, monitorVacuum: false }
      : { superviseIntervalSeconds: SUPERVISE_SECONDS, monitorIntervalSeconds: SUPERVISE_SECONDS }),
  })
  boss.on('error', (thrown) => log.warn('The job queue met an error', { reason: describeFailure(thrown) }))
  // Only the message: the data of a warning may hold a statement with its values.
  boss.on('warning', (warning) => log.warn('The job queue warns', { reason: warning.message }))
  return boss
}
