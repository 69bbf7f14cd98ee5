import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/open-database.ts'
import type { Log } from '../../../src/flows/ports.ts'

/** A place for a database, empty at the start of a suite. */
export type Place = {
  /** What a process of its own would be given. */
  readonly address: () => { readonly databaseUrl?: string; readonly dataDir?: string }
  /** Opens it as a process would. One at a time on PGlite. */
  readonly open: (options?: Partial<Parameters<typeof openDatabase>[0]>) => Promise<Database>
  /** Runs SQL beside Drydock; on PGlite only while nothing has it open. */
  readonly sql: (text: string) => Promise<readonly Record<string, unknown>[]>
  /** All lines logged so far. */
  readonly lines: readonly string[]
}

const serverUrl = process.env.DRYDOCK_TEST_DATABASE_URL

/** Runs a suite on PGlite, and on a database of its own of the server that DRYDOCK_TEST_DATABASE_URL names. */
export function onEachBackend(name: string, suite: (place: Place, backend: 'pglite' | 'postgres') => void): void {
  describe(`${name}, on PGlite`, () => {
    let folder = ''
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'drydock-store-'))
    })
    afterAll(() => rm(folder, { recursive: true, force: true }))
    const address = () => ({ dataDir: folder })
    const sql = async (text: string) => {
      const database = await PGlite.create(join(folder, 'postgres'))
      try {
        return (await database.query<Record<string, unknown>>(text)).rows
      } finally {
        await database.close()
      }
    }
    suite(placeAt(address, sql), 'pglite')
  })

  const reason = serverUrl ? '' : ' (skipped, because DRYDOCK_TEST_DATABASE_URL is not set)'
  if (reason) process.stdout.write(`${name}, on PostgreSQL${reason}\n`)
  describe.skipIf(reason !== '')(`${name}, on PostgreSQL${reason}`, () => {
    const database = `drydock_test_${crypto.randomUUID().replaceAll('-', '')}`
    beforeAll(() => query(serverUrl, `create database ${database}`))
    afterAll(() => query(serverUrl, `drop database ${database} with (force)`))
    const address = () => {
      const url = new URL(serverUrl ?? '')
      url.pathname = `/${database}`
      return { databaseUrl: url.href }
    }
    suite(
      placeAt(address, (text) => query(address().databaseUrl, text)),
      'postgres',
    )
  })
}

function placeAt(address: Place['address'], sql: Place['sql']): Place {
  const lines: string[] = []
  const write = (message: string, fields?: Record<string, unknown>) => {
    lines.push(`${message} ${JSON.stringify(fields)}`)
  }
  const log: Log = { debug: write, info: write, warn: write, error: write }
  return { address, sql, lines, open: (options) => openDatabase({ ...address(), log, ...options }) }
}

async function query(url: string | undefined, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url ?? '' })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

/** A promise to be settled by a test. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
