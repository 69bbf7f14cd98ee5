import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import type { PostgresPoolClient } from 'kysely'
import { DrydockError } from '../../core/model/errors.ts'
import type { Backend } from './backend.ts'
import { lockFolder } from './folder-lock.ts'

/** Keeps nothing: for tests and demonstrations. */
const IN_MEMORY = 'memory://'

/**
 * Opens PGlite in `<dataDir>/postgres` under the folder's lock; `memory://` keeps nothing. It has one session, so
 * everything takes turns here: else a statement of pg-boss would run inside somebody's transaction. Throws `busy`.
 */
export async function openPglite(dataDir: string): Promise<Backend> {
  const inMemory = dataDir === IN_MEMORY
  if (!inMemory) await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const lock = inMemory ? undefined : await lockFolder(dataDir)
  try {
    // Loaded when needed only: it costs seconds and hundreds of MB that a server with PostgreSQL shouldn't pay.
    const { PGlite } = await import('@electric-sql/pglite')
    const database = await PGlite.create(inMemory ? IN_MEMORY : join(dataDir, 'postgres'))
    return backendOf(database, dataDir, async () => {
      if (!database.closed) await database.close()
      await lock?.release()
    })
  } catch (thrown) {
    await lock?.release()
    if (thrown instanceof DrydockError) throw thrown
    throw new DrydockError('store-failed', `The database in ${dataDir} can't be opened.`, {
      hint: 'Restore the folder from a backup, or move it away to begin with an empty one.',
      cause: thrown,
    })
  }
}

function backendOf(database: PGlite, name: string, close: () => Promise<void>): Backend {
  const takeTurn = turns()
  const run = async (text: string, values: readonly unknown[] = []) => {
    if (values.length > 0) return database.query<object>(text, [...values])
    // Several statements in one text go through exec only; it answers for each.
    const results = await database.exec(text)
    return { rows: results.flatMap((result) => result.rows), affectedRows: results.at(-1)?.affectedRows ?? 0 }
  }
  const connect = async (): Promise<PostgresPoolClient> => {
    const release = await takeTurn()
    const query = async (text: string, values?: readonly unknown[]) => {
      const { rows, affectedRows } = await run(text, values)
      return { rows, rowCount: affectedRows ?? 0, command: /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? '' }
    }
    // kysely asks for a cursor only when it streams, which nothing here does.
    return { query: query as unknown as PostgresPoolClient['query'], release }
  }
  return {
    name,
    alone: true,
    pool: { connect, end: async () => {}, options: {} },
    boss: {
      executeSql: async (text, values) => {
        const release = await takeTurn()
        try {
          return await run(text, values)
        } catch (thrown) {
          // A text with its own BEGIN may have left a failed transaction open.
          await database.exec('rollback')
          throw thrown
        } finally {
          release()
        }
      },
    },
    listen: async (channel, notified, resumed) => {
      const release = await takeTurn()
      try {
        const stop = await database.listen(channel, notified)
        resumed()
        return { close: stop }
      } finally {
        release()
      }
    },
    exclusively: (work) => work(),
    close,
  }
}

/** A queue for one place: the promise resolves when it's free, with the function that frees it again. */
function turns(): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve()
  return async () => {
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    last = promise
    await before
    return resolve
  }
}
