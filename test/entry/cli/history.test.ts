import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/open-database.ts'
import { packing } from '../../../src/core/history/pack.ts'
import { problemsOf } from '../../../src/core/model/errors.ts'
import { parseJson, stringifyJson } from '../../../src/core/model/json.ts'
import { at, type JsonObject, type KubeObject } from '../../../src/core/model/object.ts'
import type { SyncState } from '../../../src/core/model/outcome.ts'
import type { AppPlan } from '../../../src/core/model/plan.ts'
import { historyCommands } from '../../../src/entry/cli/history-commands.ts'
import { type Actions, runCommandLine } from '../../../src/entry/cli/program.ts'
import type { AdminWorld } from '../../../src/flows/operate/admin.ts'
import { historyOperations } from '../../../src/flows/operate/show-history.ts'
import type { SyncRecord } from '../../../src/flows/records.ts'

const key = randomBytes(32)
const shop = { owner: 'acme', name: 'shop' }
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let database: Database
beforeAll(async () => {
  database = await openDatabase({ dataDir: 'memory://', log })
  await keep('1a2b0000-0000', 'c0ffee11'.repeat(5), [configMap('1', 9_007_199_254_740_993n), secretOf('hunter2')])
  await keep('5e6f0000-0000', 'c0ffee33'.repeat(5), [configMap('2', 9_007_199_254_740_995n), secretOf('correct horse')])
  // The same commit again, and without any object: a sync that was superseded before it came to plan.
  await database.store.saveSync(recordOf('5e6f1111-0000', 'c0ffee33'.repeat(5), 'superseded'))
  await database.store.saveSync({ ...recordOf('9a9a0000-0000', 'd'.repeat(40), 'failed'), app: 'lonely' })
  await database.store.saveSync({
    ...recordOf('9b9b0000-0000', 'd'.repeat(40), 'succeeded'),
    app: 'twice',
    repository: { owner: 'acme', name: 'blog' },
  })
  await database.store.saveSync({ ...recordOf('9c9c0000-0000', 'd'.repeat(40), 'succeeded'), app: 'twice' })
})
afterAll(() => database.close())

function configMap(replicas: string, large: bigint): KubeObject {
  const metadata = { name: 'web', namespace: 'shop' }
  return { apiVersion: 'acme.dev/v1', kind: 'Web', metadata, spec: { replicas, large } }
}

function secretOf(password: string): KubeObject {
  const data = { password: Buffer.from(password).toString('base64') }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' }, data }
}

function recordOf(id: string, revision: string, state: SyncState): SyncRecord {
  const outcome = { app: 'web', cluster: 'prod', revision, state, objects: [], problems: [], durationMs: 48_000 }
  const createdAt = '2025-05-01T10:00:00.000Z'
  const where = { repository: shop, app: 'web', cluster: 'prod', branch: 'main', number: 7 }
  return { id, ...where, revision, actor: 'ann', author: 'bob', outcome, createdAt, finishedAt: createdAt }
}

async function keep(id: string, revision: string, objects: readonly KubeObject[], seal: Uint8Array | undefined = key) {
  const plan: AppPlan = { name: 'web', cluster: 'prod', changes: [], unchanged: 2, drift: [], errors: [], policies: [] }
  await database.store.saveSync(recordOf(id, revision, 'succeeded'))
  await database.store.saveHistory(id, plan, packing(seal).pack(objects))
}

/** Runs a command line against the database, over JSON as to a server. */
async function drydock(line: string, keys: readonly Uint8Array[] = [key]) {
  let [out, err] = ['', '']
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
  const world = { store: database.store, log, clock: { now: () => new Date() } } as Partial<AdminWorld> as AdminWorld
  const operations = historyOperations({ ...world, packing: packing(...keys) })
  const ask = async (operation: string, input: JsonObject) => {
    const sent = parseJson(stringifyJson(input)) as JsonObject
    return parseJson(stringifyJson(await operations[operation]?.(sent, 'ann')))
  }
  const actions = historyCommands(ask, terminal) as Actions
  const code = await runCommandLine(line.split(' '), actions, terminal, '1.0.0')
  return { code, out, err }
}

describe('drydock history', () => {
  test('lists the syncs of an app, newest first', async () => {
    const { code, out } = await drydock('history web')
    expect(code).toBe(0)
    expect(out).toMatch(
      /^web → prod, of acme\/shop\nSYNC .*\n5e6f1111 .*superseded .*\n5e6f0000 .*\n1a2b0000 .*c0ffee1.*#7/,
    )
    expect((await drydock('history web -n 1')).out.trim().split('\n')).toHaveLength(3)
  })

  test('prints a document that programs can read', async () => {
    const { out } = await drydock('history web -o json')
    const document = JSON.parse(out)
    expect(document).toMatchObject({
      apiVersion: 'drydock.dev/v1',
      kind: 'History',
      repository: 'acme/shop',
      app: 'web',
    })
    expect(at(document, 'syncs', 2)).toMatchObject({
      id: '1a2b0000-0000',
      author: 'bob',
      outcome: { state: 'succeeded' },
    })
  })

  test.each(['1a2b', '1a2b0000-0000', 'C0FFEE11'])('shows one sync by %s', async (name) => {
    const { code, out } = await drydock(`history web ${name}`)
    expect(code).toBe(0)
    expect(out).toContain('  sync   1a2b0000-0000\n')
    expect(out).toContain('by     ann; the commit is by bob')
    expect(out).toContain('secret values sealed')
  })

  test.each([
    ['history nothing', 'No app nothing was ever synced', 'names are those'],
    ['history web --repository acme/blog', 'No app web of acme/blog was ever synced', 'There is one in acme/shop'],
    ['history twice', 'Several repositories have an app twice: acme/blog, acme/shop', '--repository acme/blog'],
    ['history web ffff', 'web has no sync "ffff"', '`drydock history web` lists'],
    ['history web 1a', '"1a" names no sync', 'at least four'],
    ['history web c0ffee', '"c0ffee" is the beginning of several', 'Give more of it'],
    ['history diff lonely 9a9a 9a9a', 'The history has no objects of "9a9a"', 'git diff'],
    ['history web -n 0', 'from 1 to 100', ''],
    ['history', "missing required argument 'app'", ''],
  ])('%s: says what is wrong, and what to do', async (line, message, hint) => {
    const { code, out, err } = await drydock(line)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err.toLowerCase()).toContain(hint.toLowerCase())
  })

  test('finds the app of the repository that is named, in any case of its letters', async () => {
    const { out } = await drydock('history twice --repository Acme/Shop')
    expect(out).toContain('of acme/shop\n')
    expect(out).toContain('9c9c0000')
  })
})

describe('drydock history diff', () => {
  test('shows what differs between two syncs or commits, and of secret values only that they do', async () => {
    const { code, out } = await drydock('history diff web c0ffee11 c0ffee33')
    expect(code).toBe(1)
    expect(out).toContain('web of acme/shop: 2 changed\n')
    expect(out).toContain("-  replicas: '1'\n")
    expect(out).toContain("+  replicas: '2'\n")
    expect(out).toContain('9007199254740995')
    expect(out).toMatch(/- {2}password: \(sensitive \d\)\n +\+ {2}password: \(sensitive \d\)\n/)
    const json = await drydock('history diff web 1a2b 5e6f0000 -o json')
    expect(JSON.parse(json.out)).toMatchObject({
      kind: 'HistoryDiff',
      unchanged: 0,
      changes: [{ kind: 'Web' }, { kind: 'Secret' }],
    })
    expect(`${out}${json.out}`).not.toMatch(/hunter2|aHVudGVyM|correct|Y29ycmVj/)
  })

  test('ends with 0 when nothing differs', async () => {
    expect(await drydock('history diff web 1a2b 1a2b')).toEqual({
      code: 0,
      err: '',
      out: expect.stringContaining('web of acme/shop: 2 equal\n'),
    })
  })

  test('without the key it knows not of the sealed values, and says so', async () => {
    const { out } = await drydock('history diff web 1a2b 5e6f0000', [])
    expect(out).toContain('1 changed, 1 not known\n')
    expect(out).toContain('Secret shop/db\n')
    expect(out).not.toContain('sensitive')
  })

  test('with another key it says which one is missing', async () => {
    const { code, err } = await drydock('history diff web 1a2b 5e6f0000', [randomBytes(32)])
    expect(code).toBe(2)
    expect(err).toMatch(/"1a2b": This sync was sealed with the key [0-9a-f]{8}, and STORE_KEY is another one/)
    expect(err).toContain('the first seals, each of them opens')
  })
})

test('an operation is as strict with what it is sent as the command is', async () => {
  const operations = historyOperations({ store: database.store, packing: packing() } as unknown as AdminWorld & {
    readonly packing: ReturnType<typeof packing>
  })
  for (const input of [{}, { app: 1 }, { app: 'web', limit: 1e9 }, { app: 'web', limit: '5' }]) {
    const thrown = await operations.history?.(input as JsonObject, 'ann').catch((error: unknown) => error)
    expect(problemsOf(thrown)[0]?.code).toBe('usage')
  }
})
