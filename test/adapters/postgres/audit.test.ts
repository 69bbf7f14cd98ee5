import { Kysely, PostgresDialect, sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { migrate } from '../../../src/adapters/postgres/migrate.ts'
import { migrations } from '../../../src/adapters/postgres/migrations.ts'
import { openPglite } from '../../../src/adapters/postgres/pglite-backend.ts'
import { openPostgres } from '../../../src/adapters/postgres/postgres-backend.ts'
import { makeStore } from '../../../src/adapters/postgres/store.ts'
import type { Tables } from '../../../src/adapters/postgres/tables.ts'
import type { AuditVerification } from '../../../src/core/audit/documents.ts'
import { auditOperations } from '../../../src/flows/operate/audit-log.ts'
import type { Store } from '../../../src/flows/ports.ts'
import type { AuditEvent } from '../../../src/flows/records.ts'
import { onEachBackend, type Place } from './places.ts'

const event = (result: string): AuditEvent => ({
  ...{ at: '2026-05-04T10:00:00.123Z', actor: 'ann', action: 'sync', repository: 'acme/shop', app: 'web' },
  ...{ cluster: 'prod', revision: 'r1', result, allowedBy: 'merge of #1' },
})

type Connection = {
  readonly store: Store
  readonly run: (text: string) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** A process of its own on the database, whose owner may do anything there. */
async function connect(place: Place, upTo: number): Promise<Connection> {
  const { databaseUrl, dataDir = '' } = place.address()
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const backend = await (databaseUrl ? openPostgres(databaseUrl, log) : openPglite(dataDir))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: backend.pool }) })
  const run = (text: string) => sql.raw(text).execute(db)
  if (upTo < 5) {
    await run('create schema drydock')
    await run(
      'create table drydock.migration (id integer primary key, name text, applied_at timestamptz default now())',
    )
    for (const { id, name, sql: text } of migrations.filter((each) => each.id <= upTo)) {
      await run(text)
      await run(`insert into drydock.migration (id, name) values (${id}, '${name.replaceAll("'", "''")}')`)
    }
  } else await migrate(db)
  return { store: makeStore(db, {} as PgBoss), run, close: () => backend.close() }
}

const verify = async (store: Store, contains?: string) =>
  (await auditOperations({ store })['audit-verify']?.(
    contains ? { contains } : {},
    'root',
  )) as unknown as AuditVerification
const faults = async (store: Store) => (await verify(store)).faults.map(({ message }) => message)

onEachBackend('the chain of the audit log', (place, backend) => {
  let all: Connection[] = []
  let one: Connection
  beforeAll(async () => {
    one = await connect(place, 5)
    // PGlite has one process, which is many callers all the same.
    all = backend === 'pglite' ? [one] : [one, ...(await Promise.all([1, 2, 3].map(() => connect(place, 5))))]
  })
  afterAll(() => Promise.all(all.map(({ close }) => close())))

  it('has each event once and in one row, however many write at once', async () => {
    const written = Array.from({ length: 60 }, (_, index) => `${index}`)
    await Promise.all(written.map((result, index) => all[index % all.length]?.store.audit(event(result))))
    expect(await verify(one.store)).toMatchObject({ unbroken: true, events: 60, newest: { seq: 60 } })
    const rows = await one.store.auditRows(undefined, 1000)
    expect(rows.map(({ seq }) => seq)).toEqual(written.map((_, index) => index + 1))
    expect(rows.map(({ result }) => Number(result)).sort((a, b) => a - b)).toEqual(written.map(Number))
  })

  it('leaves no gap where an event could not be written', async () => {
    await expect(one.store.audit({ ...event('x'), number: 2 ** 40 })).rejects.toMatchObject({ code: 'store-failed' })
    await one.store.audit(event('after it'))
    expect(await verify(one.store)).toMatchObject({ unbroken: true, newest: { seq: 61 } })
  })

  it('has the hash of what is stored, whatever was given', async () => {
    const hostile = { ...event('nul \0, half \ud800, \u001b[2J, "quoted" \\ and 🚀'), actor: '', digest: '', number: 7 }
    await one.store.audit({ ...hostile, at: '2026-05-04T12:00:00.5+02:00' })
    expect(await verify(one.store)).toMatchObject({ unbroken: true, events: 62 })
    expect(await one.store.auditRows(61, 10)).toMatchObject([
      {
        seq: 62,
        at: '2026-05-04T10:00:00.500Z',
        number: 7,
        digest: '',
        result: expect.stringContaining('nul \ufffd, half'),
      },
    ])
  })

  it('is read in pieces', async () => {
    expect(await one.store.auditRows(10, 2)).toMatchObject([{ seq: 11 }, { seq: 12 }])
    expect(await one.store.auditRows(62, 2)).toEqual([])
  })
})

onEachBackend('an audit log that somebody changed', (place) => {
  let one: Connection
  let noted = ''
  beforeAll(async () => {
    one = await connect(place, 5)
    for (const result of ['a', 'b', 'c', 'd', 'e', 'f']) await one.store.audit(event(result))
    await one.run('create table kept as select * from drydock.audit_event')
    await one.run('create table kept_head as select * from drydock.audit_head')
    noted = (await one.store.auditHead())?.hash ?? ''
    await one.run('alter table drydock.audit_event disable trigger all')
    await one.run('alter table drydock.audit_head disable trigger all')
  })
  afterAll(() => one.close())
  beforeEach(async () => {
    await one.run(`begin; delete from drydock.audit_event; delete from drydock.audit_head;
      insert into drydock.audit_event select * from kept; insert into drydock.audit_head select * from kept_head; commit`)
    expect(await verify(one.store, noted)).toMatchObject({ unbroken: true, contains: 6 })
  })
  const table = 'drydock.audit_event'

  it.each([
    ['a changed column', `update ${table} set actor = 'eve' where seq = 3`, ['Event 3 was changed: its hash']],
    ['a digest where none was', `update ${table} set digest = '' where seq = 3`, ['Event 3 was changed: its hash']],
    ['a microsecond', `update ${table} set at = at + interval '1 microsecond' where seq = 3`, ['Event 3 was changed']],
    ['a time that is none', `update ${table} set at = 'infinity' where seq = 3`, ['Event 3 was changed']],
    [
      'a removed hash',
      `update ${table} set hash = null, previous = null where seq = 3`,
      ['Event 3 was changed: its hash was'],
    ],
    ['one that is gone', `delete from ${table} where seq = 3`, ['Event 3 is missing.']],
    ['the first that is gone', `delete from ${table} where seq = 1`, ['Event 1 is missing.']],
    ['the last that is gone', `delete from ${table} where seq = 6`, ['Event 6 at the end is missing.']],
    ['all that are gone', `truncate ${table}`, ['Events 1 to 6 at the end are missing.']],
    [
      'two that changed places',
      `begin; update ${table} set seq = 99 where seq = 2; update ${table} set seq = 2 where seq = 4;
        update ${table} set seq = 4 where seq = 99; commit`,
      ['Event 2 was reordered: it was event 4.', 'Event 4 was reordered: it was event 2.'],
    ],
    [
      'one before the first',
      `insert into ${table} (seq, at, actor, action, repository, app, cluster, revision, result, allowed_by)
        values (-1, now(), 'eve', 'sync', 'acme/shop', 'web', 'prod', 'r1', 'ok', 'nobody')`,
      ['Event -1 was added: the first one is event 1.'],
    ],
    [
      'a note of the newest that is older',
      'update drydock.audit_head set seq = 5',
      ['Event 5 is not', 'Events after 5 were'],
    ],
    ['no note of the newest', 'delete from drydock.audit_head', ['The record of the newest event']],
  ])('shows %s', async (_, change, said) => {
    await one.run(change)
    expect(await faults(one.store)).toEqual(said.map((each) => expect.stringContaining(each)))
  })

  it('shows that the end was cut off with the note of the newest, to whoever kept a hash of it', async () => {
    await one.run(`delete from ${table} where seq > 4`)
    await one.run(`update drydock.audit_head set seq = 4, hash = (select hash from ${table} where seq = 4)`)
    expect(await faults(one.store)).toEqual([])
    expect((await verify(one.store, noted)).faults).toMatchObject([{ kind: 'unknown-hash' }])
  })

  it('gets no event without the note of the newest, nor one with a number that is none', async () => {
    await one.run('delete from drydock.audit_head')
    await expect(one.store.audit(event('x'))).rejects.toMatchObject({
      code: 'store-failed',
      message: 'The audit log has lost the record of its newest event.',
    })
    await one.run(`update ${table} set seq = 9007199254740993 where seq = 6`)
    await expect(verify(one.store)).rejects.toThrow('event 9007199254740993 is none of Drydock')
  })
})

onEachBackend('a database with an audit log from before the chain', (place) => {
  it('protects the older events too, and no process of then can add one', async () => {
    const before = await connect(place, 3)
    const add = (result: string) =>
      before.run(`insert into drydock.audit_event (at, actor, action, repository, app, cluster, revision, number, result, allowed_by)
        values ('2026-05-04 10:00:00.123Z', 'ann', 'sync', 'acme/shop', 'web', 'prod', 'r1', 4, '${result}', 'merge of #4')`)
    await add('a')
    await expect(before.run('insert into drydock.audit_event (at) values (now())')).rejects.toThrow()
    await add('b')
    await add('c')
    await before.close()

    const { store, run, close } = await connect(place, 5)
    try {
      const old = await verify(store)
      expect(old).toMatchObject({ unbroken: true, events: 3, newest: { seq: 4 } })
      await store.audit(event('d'))
      const noted = old.newest?.hash ?? ''
      expect(await verify(store, noted)).toMatchObject({ unbroken: true, contains: 4, newest: { seq: 5 } })
      expect((await store.auditRows(undefined, 10)).map(({ seq, hash }) => [seq, hash === undefined])).toEqual([
        [1, true],
        [3, true],
        [4, true],
        [5, false],
      ])
      await expect(
        run(`insert into drydock.audit_event (at, actor, action, repository, app, cluster, revision, result, allowed_by)
          values (now(), '', '', '', '', '', '', '', '')`),
      ).rejects.toThrow(/seq/)
      await expect(run('delete from drydock.audit_head')).rejects.toThrow('append-only')
      await run('alter table drydock.audit_event disable trigger all')
      await run(`update drydock.audit_event set actor = 'eve' where seq = 3`)
      expect(await faults(store)).toEqual(['Events up to 4, from before the log was chained, are not what they were.'])
    } finally {
      await close()
    }
  })

  it('begins with nothing where there is none', async () => {
    await place.sql('drop schema drydock cascade')
    const { store, close } = await connect(place, 5)
    try {
      expect(await verify(store)).toMatchObject({ unbroken: true, events: 0, newest: { seq: 0 } })
    } finally {
      await close()
    }
  })
})
