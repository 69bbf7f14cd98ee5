import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Freeze } from '../../../src/core/model/inventory.ts'
import type { Json, JsonObject } from '../../../src/core/model/object.ts'
import { type AdminServer, startAdmin } from '../../../src/entry/admin/server.ts'
import { freezeCommands } from '../../../src/entry/cli/freeze-commands.ts'
import { type Actions, runCommandLine } from '../../../src/entry/cli/program.ts'
import { desk } from './support.ts'

const freeze: Freeze = { scope: '*', by: 'root', at: '2026-05-04T10:00:00.000Z', reason: 'release\u001b[2J week' }

/** Runs a command line against a server that answers so. */
async function run(line: readonly string[], answer: Json) {
  const asked: [string, JsonObject][] = []
  let out = ''
  let err = ''
  const terminal = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => {
      err += text
    },
    debug: () => undefined,
    progress: () => undefined,
    color: false,
    width: 80,
  }
  const ask = async (operation: string, input: JsonObject) => {
    asked.push([operation, input])
    return answer
  }
  const actions = freezeCommands(ask, terminal) as Actions
  const code = await runCommandLine(line, actions, terminal, '0.0.0')
  return { code, out, err, asked }
}

describe('drydock freeze', () => {
  it('says what is frozen, and what could not be told', async () => {
    const missed = ['web of acme/shop on prod: It is down.']
    const ran = await run(['freeze', '--reason', 'release week'], { freeze, marked: 1, missed, released: 0 } as never)
    expect(ran.asked).toEqual([['freeze', { reason: 'release week' }]])
    expect(ran).toMatchObject({
      code: 0,
      out: 'Frozen: every repository, by root since 2026-05-04 10:00 UTC: release␛[2J week\n',
      err: 'note: not marked on the cluster: web of acme/shop on prod: It is down.\n',
    })
  })

  it('is for one repository where one is named', async () => {
    const of = { ...freeze, scope: 'acme/shop' }
    const ran = await run(['freeze', '--repository', 'acme/shop', '--reason', 'x', '-o', 'json'], {
      freeze: of,
      marked: 1,
      missed: [],
      released: 0,
    } as never)
    expect(ran.asked).toEqual([['freeze', { repository: 'acme/shop', reason: 'x' }]])
    expect(JSON.parse(ran.out)).toMatchObject({ freeze: of })
  })

  it('lists what is frozen', async () => {
    expect(await run(['freeze', '--list'], [freeze] as never)).toMatchObject({
      code: 0,
      out: 'every repository, by root since 2026-05-04 10:00 UTC: release␛[2J week\n',
      asked: [['freezes', {}]],
    })
    expect((await run(['freeze', '--list'], [])).out).toBe('Nothing is frozen.\n')
  })
})

describe('drydock unfreeze', () => {
  it('says how many syncs go on', async () => {
    const ran = await run(['unfreeze'], { freeze, marked: 1, missed: [], released: 3 } as never)
    expect(ran).toMatchObject({ code: 0, out: 'The freeze of every repository is over. Syncs that go on now: 3.\n' })
  })

  it('fails where a cluster still says that it is frozen', async () => {
    const missed = ['web of acme/shop on prod: It is down.']
    const ran = await run(['unfreeze', '--repository', 'acme/shop'], { marked: 0, missed, released: 0 })
    expect(ran.code).toBe(2)
    expect(ran.err).toContain('still marked as frozen on the cluster: web of acme/shop on prod')
    expect(ran.err).toContain('Run the same command again')
  })
})

describe('on a machine', () => {
  let data = ''
  let server: AdminServer | undefined
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'drydock-data-'))
  })
  afterEach(async () => {
    await server?.close()
    server = undefined
    rmSync(data, { recursive: true, force: true })
  })
  const env = () => ({ DATA_DIR: data, KUBECONFIG: join(data, 'none') })

  it('asks the server that runs there, as the user of this machine', async () => {
    const asked: unknown[] = []
    const operation = async (input: JsonObject, by: string) => {
      asked.push({ input, by })
      return []
    }
    server = await startAdmin({ dataDir: data, operations: { freezes: operation }, log: console })
    const ran = await desk().drydock('freeze --list', { env: { ...env(), SUDO_USER: 'ann' } })
    expect(ran).toMatchObject({ code: 0, out: 'Nothing is frozen.\n', err: '' })
    expect(asked).toEqual([{ input: {}, by: 'ann' }])
  })

  it('says that nothing runs there, and changes nothing', async () => {
    const ran = await desk().drydock('freeze --reason x', { env: env() })
    expect(ran).toMatchObject({ code: 2, out: '' })
    expect(ran.err).toContain(`No server runs with the data folder ${data}, and it holds no database.`)
    expect(ran.err).toContain('DATA_DIR or DATABASE_URL')
  })

  it('goes to the database itself where no server runs, and is remembered', async () => {
    mkdirSync(join(data, 'database'))
    const at = desk()
    const frozen = await at.drydock('freeze --repository acme/shop --reason x', { env: { ...env(), SUDO_USER: 'ann' } })
    expect(frozen).toMatchObject({ code: 0, err: '' })
    expect(frozen.out).toMatch(/^Frozen: acme\/shop, by ann since .* UTC: x\n$/)
    expect((await at.drydock('freeze --list', { env: env() })).out).toMatch(/^acme\/shop, by ann since .*: x\n$/)
  }, 120_000)
})
