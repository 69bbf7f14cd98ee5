import pg from 'pg'
import { DrydockError } from '../../core/model/errors.ts'
import type { Log } from '../../flows/ports.ts'
import type { Backend } from './backend.ts'
import { listenToPostgres } from './listen.ts'
import { describeFailure } from './store-failed.ts'

/** Any number that no other program takes in this database. */
const START_UP_LOCK = 1_196_851_027

/** In ms: half of what a webhook has in all. */
const CONNECT_TIMEOUT_MS = 5_000
/** In ms: for one statement, those of maintenance included. */
const QUERY_TIMEOUT_MS = 30_000

/** Connects to a PostgreSQL server. Throws `store-failed` when it can't be reached; the text never has the password. */
export async function openPostgres(databaseUrl: string, log: Log): Promise<Backend> {
  const name = serverName(databaseUrl)
  const base = { connectionString: databaseUrl, keepAlive: true, connectionTimeoutMillis: CONNECT_TIMEOUT_MS }
  const pool = new pg.Pool({ ...base, max: 12, application_name: 'drydock', query_timeout: QUERY_TIMEOUT_MS })
  const lost = (thrown: unknown) => log.warn('A database connection was lost', { reason: describeFailure(thrown) })
  pool.on('error', lost)
  // A client in use has no listener of the pool; without this one, a dropped connection would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    await pool.query('select 1')
  } catch (thrown) {
    await pool.end()
    throw new DrydockError('store-failed', `PostgreSQL at ${name} can't be used: ${describeFailure(thrown)}.`, {
      hint: 'Check DATABASE_URL and that the server runs, then start Drydock again.',
    })
  }
  return {
    name,
    alone: false,
    pool,
    boss: { executeSql: (text, values) => pool.query(text, values) },
    listen: (channel, notified, resumed) =>
      listenToPostgres(
        () => new pg.Client({ ...base, application_name: 'drydock listen' }),
        { channel, notified, resumed },
        log,
      ),
    exclusively: async (work) => {
      // A lock of a transaction, not of a session: it works through PgBouncer too, and can't outlive its connection.
      const client = new pg.Client({ ...base, application_name: 'drydock start' })
      client.on('error', lost)
      await client.connect()
      try {
        await client.query('begin')
        await client.query('select pg_advisory_xact_lock($1)', [START_UP_LOCK])
        await work()
      } finally {
        await client.end()
      }
    },
    close: () => pool.end(),
  }
}

function serverName(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl)
    return `${url.host || 'localhost'}${url.pathname}`
  } catch {
    throw new DrydockError('usage', 'DATABASE_URL is not a URL.', {
      hint: 'Write it as postgres://user:password@host:5432/database, with special characters percent-encoded.',
    })
  }
}
