import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/open-database.ts'
import { beginning, hashOf } from '../../../src/core/audit/chain.ts'
import type { AuditRow } from '../../../src/core/audit/event.ts'
import { parseJson, stringifyJson } from '../../../src/core/model/json.ts'
import type { JsonObject } from '../../../src/core/model/object.ts'
import { auditCommands } from '../../../src/entry/cli/audit-commands.ts'
import { type Actions, runCommandLine } from '../../../src/entry/cli/program.ts'
import { auditOperations } from '../../../src/flows/operate/audit-log.ts'
import type { Store } from '../../../src/flows/ports.ts'
import type { AuditEvent } from '../../../src/flows/records.ts'
import { desk } from './support.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const event = (day: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  ...{ at: `2026-05-0${day}T10:00:00.000Z`, actor: 'ann', action: 'sync', repository: 'acme/shop', app: 'web' },
  ...{ cluster: 'prod', revision: 'c0ffee', result: 'succeeded', allowedBy: 'merge of #7', ...more },
})

let database: Database
beforeAll(async () => {
  database = await openDatabase({ dataDir: 'memory://', log })
  await database.store.audit(event(4, { number: 7, digest: 'sha256:1' }))
  await database.store.audit(event(5, { app: 'api', result: 'a\u001b[2J\u009b2J\u202e\u{e0041}"\n' }))
  await database.store.audit(event(6, { repository: 'acme/blog' }))
})
afterAll(() => database.close())

/** Runs a command line on what a store holds, over JSON as to a server; `asked` counts what it asked. */
async function drydock(line: string, store: Pick<Store, 'auditRows' | 'auditHead'> = database.store) {
  let [out, err, asked] = ['', '', 0]
  const terminal = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => {
      err += text
    },
    debug: () => {},
    color: false,
    width: 80,
    progress: () => {},
  }
  const operations = auditOperations({ store: store as Store })
  const ask = async (operation: string, input: JsonObject) => {
    asked += 1
    const sent = parseJson(stringifyJson(input)) as JsonObject
    return parseJson(stringifyJson(await operations[operation]?.(sent, 'root')))
  }
  const actions = auditCommands(ask, terminal) as Actions
  const code = await runCommandLine(line.split(' '), actions, terminal, '1.0.0')
  return { code, out, err, asked }
}

/** The log of the database with something done to its rows. */
function tampered(change: (rows: readonly AuditRow[]) => readonly AuditRow[]) {
  const { auditRows, auditHead } = database.store
  return {
    auditHead,
    auditRows: async (after: number | undefined, limit: number) => change(await auditRows(after, limit)),
  }
}

const newest = async () => (await database.store.auditHead())?.hash ?? ''

describe('drydock audit verify', () => {
  test('says that it is unbroken, and what to write down', async () => {
    expect(await drydock('audit verify')).toMatchObject({
      code: 0,
      out: `3 events, unbroken; the newest is ${await newest()} (write it down elsewhere: --contains finds it again)\n`,
      err: '',
    })
  })

  test.each([(hash: string) => hash, (hash: string) => hash.replace('sha256:', '').toUpperCase()])(
    'finds a hash that was written down',
    async (written) => {
      const { code, out } = await drydock(`audit verify --contains ${written(await newest())}`)
      expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('The hash is that of event 3.\n') })
    },
  )

  test('says that one is not there', async () => {
    const { code, out, err } = await drydock(`audit verify --contains ${'0'.repeat(64)}`)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('No event has the hash that was asked for')
  })

  test('takes no part of a hash for one', async () => {
    const { code, err } = await drydock('audit verify --contains sha256:0123')
    expect(code).toBe(2)
    expect(err).toContain('"sha256:0123" is no hash of an event')
    expect(err).toContain('sha256: and 64 hex digits')
  })

  test('says each thing that is wrong', async () => {
    const store = tampered((rows) => rows.filter(({ seq }) => seq !== 1).map((row) => ({ ...row, actor: 'eve' })))
    expect(await drydock('audit verify', store)).toMatchObject({
      code: 2,
      out: '',
      err:
        'Event 1 is missing.\nEvent 2 was changed: its hash does not fit what it says.\n' +
        'Event 3 was changed: its hash does not fit what it says.\n' +
        'The audit log (2 events) is not as Drydock wrote it.\n',
    })
  })

  test('prints a document that programs can read', async () => {
    const { out } = await drydock('audit verify -o json')
    const head = { seq: 3, hash: await newest() }
    expect(JSON.parse(out)).toMatchObject({
      kind: 'AuditVerification',
      unbroken: true,
      events: 3,
      newest: head,
      faults: [],
    })
    const broken = await drydock(
      'audit verify -o json',
      tampered((rows) => rows.slice(0, 2)),
    )
    expect(broken.code).toBe(2)
    const faults = [{ kind: 'missing', seq: 3, message: 'Event 3 at the end is missing.' }]
    expect(JSON.parse(broken.out)).toMatchObject({ unbroken: false, faults })
    expect(JSON.parse(broken.out)).not.toHaveProperty('newest')
  })
})

describe('drydock audit export', () => {
  test('prints each event as a line that anybody can check', async () => {
    const { code, out, err } = await drydock('audit export')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    let previous = beginning.hash
    for (const line of lines) {
      const row = JSON.parse(line)
      expect(Object.keys(row).join(' ')).toBe(
        'seq at actor action repository app cluster revision digest number result allowedBy previous hash',
      )
      expect(row.previous).toBe(previous)
      expect(row.hash).toBe(hashOf(previous, row.seq, row))
      previous = row.hash
    }
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ digest: 'sha256:1', number: 7, allowedBy: 'merge of #7' })
  })

  test('prints nothing that steers a terminal, and loses nothing of it', async () => {
    const { out } = await drydock('audit export --app api')
    expect(out).toMatch(/^[ -~]+\n$/)
    expect(JSON.parse(out).result).toBe('a\u001b[2J\u009b2J\u202e\u{e0041}"\n')
  })

  test.each([
    ['--since 2026-05-05', [2, 3]],
    ['--since 2026-05-05T10:00:00Z', [2, 3]],
    ['--since 2026-05-05T12:00:00.001+02:00', [3]],
    ['--app web', [1, 3]],
    ['--repository Acme/Shop', [1, 2]],
    ['--repository acme/shop --app web', [1]],
    ['--app other', []],
  ])('prints those that are asked for: %s', async (options, expected) => {
    const { code, out } = await drydock(`audit export ${options}`)
    expect(code).toBe(0)
    expect(out.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line).seq))).toEqual(expected)
  })

  test.each(['yesterday', '2026-05', '2026-05-05T10:00:00', '2026-13-01', '1'])(
    'takes no %s for a time',
    async (text) => {
      const { code, out, err } = await drydock(`audit export --since ${text}`)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toContain(`"${text}" is no time.`)
    },
  )

  test.each([999, 1000, 1001, 2000, 2500])('asks for %i events in parts of at most 1000', async (count) => {
    let previous = beginning.hash
    const rows = Array.from({ length: count }, (_, index): AuditRow => {
      const row = { ...event(4, { app: index % 2 === 0 ? 'web' : 'api' }), seq: index + 1, previous }
      previous = hashOf(previous, row.seq, row)
      return { ...row, hash: previous }
    })
    const parts: number[] = []
    const store = {
      auditHead: async () => ({ seq: count, hash: previous }),
      auditRows: async (after = 0, limit: number) => {
        parts.push(limit)
        return rows.filter(({ seq }) => seq > after).slice(0, limit)
      },
    }
    const { out, asked } = await drydock('audit export', store)
    expect(out.split('\n')).toHaveLength(count + 1)
    expect(asked).toBe(Math.floor(count / 1000) + 1)
    expect((await drydock('audit export --app api', store)).out.split('\n')).toHaveLength(Math.floor(count / 2) + 1)
    expect((await drydock('audit verify', store)).out).toContain(`${count} events, unbroken; the newest is ${previous}`)
    expect(Math.max(...parts)).toBe(1000)
  })
})

describe('on a machine', () => {
  const data = mkdtempSync(join(tmpdir(), 'drydock-data-'))
  afterAll(() => rmSync(data, { recursive: true, force: true }))

  test('goes to the database itself where no server runs', async () => {
    mkdirSync(join(data, 'database'))
    const env = { DATA_DIR: data, KUBECONFIG: join(data, 'none'), SUDO_USER: 'ann' }
    const at = desk()
    expect((await at.drydock('audit verify', { env })).out).toBe('The audit log is empty, and nothing is missing.\n')
    expect(await at.drydock('freeze --reason x', { env })).toMatchObject({ code: 0 })
    expect((await at.drydock('audit verify', { env })).out).toMatch(/^1 event, unbroken; the newest is sha256:/)
    const { out } = await at.drydock('audit export', { env })
    expect(JSON.parse(out)).toMatchObject({
      seq: 1,
      actor: 'ann',
      action: 'freeze',
      allowedBy: 'operator of the server',
    })
  }, 120_000)
})
