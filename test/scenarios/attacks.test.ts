import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { configuration } from '../support/app-files.ts'
import { fresh, type Harbour, openHarbour } from '../support/harbour.ts'
import { type Live, openLive } from '../support/live.ts'

const configPath = '.github/drydock.yaml'
const map = (name: string, text: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { text: ${text} }\n`
const namespaceFile = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`

// Each test tells a whole story, and the machine may be busy.
vi.setConfig({ testTimeout: 90_000 })

let harbour: Harbour
let live: Live
const namespaces: string[] = []

beforeAll(async () => {
  harbour = await openHarbour()
  live = await openLive(harbour.kubeconfig)
})
afterAll(async () => {
  for (const namespace of namespaces) await live.remove(`/api/v1/namespaces/${namespace}`)
  await live.close()
  await harbour.close()
})
afterEach(() => {
  harbour.emulator.faults.clear()
  expect(harbour.emulator.violations).toEqual([])
})

/** A repository whose one app, in `app/`, holds one ConfigMap. */
async function newRepository(from: Harbour = harbour, more = '') {
  const app = fresh('attack')
  namespaces.push(app)
  const repository = await from.emulator.createRepository({
    owner: 'acme',
    name: app,
    files: {
      [configPath]: configuration({ [app]: { path: 'app', namespace: app, more } }),
      'app/ns.yaml': namespaceFile(app),
      'app/one.yaml': map('one', 'first'),
    },
  })
  repository.setPermission('alice', 'write')
  repository.setPermission('bob', 'maintain')
  repository.setPermission('mallory', 'write')
  repository.setPermission('eve', 'read')
  return { repository, app }
}

type Files = Parameters<RepositoryStory['commit']>[1]
const open = (repository: RepositoryStory, files: Files, head = fresh('branch')) =>
  repository.openPullRequest({ head, title: 'A change', author: 'mallory', files })
const ours = (repository: RepositoryStory, number: number) => repository.comments(number).filter((each) => each.viaApp)
const comment = (repository: RepositoryStory, number: number) => ours(repository, number)[0]?.body ?? ''
const runs = (repository: RepositoryStory, number: number) =>
  repository.checkRuns(repository.pullRequest(number).headSha)
const everything = (repository: RepositoryStory) =>
  JSON.stringify([repository.checkRuns(), repository.pullRequests().map((each) => repository.comments(each.number))])

describe('a pull request that changes the configuration', () => {
  test('is planned with the cluster, namespace and limits of the target branch, and shows what it asks for', async () => {
    const { repository, app } = await newRepository()
    const more = '    cluster: elsewhere\n    adopt: true\n    sync: { maxPrune: 1000, prune: false }\n'
    const text = configuration({ [app]: { path: 'app', namespace: 'kube-system', more } })
    const number = await open(repository, { [configPath]: text, 'app/one.yaml': map('one', 'second') })
    expect(await harbour.planned(repository, number)).toBe('success')
    const shown = comment(repository, number)
    expect(shown).toContain(`\`${app}\` → \`default\``)
    for (const words of [/cluster: default → elsewhere/, /namespace: .* → kube-system/, /maxPrune: 10 → 1000/, /adopt/])
      expect(shown.replaceAll('\\', '')).toMatch(words)
    expect(shown).toContain('takes effect after the merge')
    expect(shown).not.toMatch(/`?kube-system\/one/)
  })

  test('for a new app on a cluster that the repository may not use is refused by name', async () => {
    const { repository, app } = await newRepository()
    const text = configuration({
      [app]: { path: 'app', namespace: app },
      sneaky: { path: 'app', namespace: app, more: '    cluster: production\n' },
    })
    const number = await open(repository, { [configPath]: text })
    expect(await harbour.planned(repository, number)).toBe('failure')
    expect(comment(repository, number)).toContain('No cluster "production" is configured')
    expect(runs(repository, number).map((run) => run.name)).not.toContain(`drydock / ${app}`)
  })

  test.each(['../..', '/etc', 'app/../../..'])('to the path %s is an error at its line', async (path) => {
    const { repository, app } = await newRepository()
    const number = await open(repository, { [configPath]: configuration({ [app]: { path, namespace: app } }) })
    expect(await harbour.planned(repository, number)).toBe('failure')
    expect(comment(repository, number)).toMatch(/drydock\.yaml:4/)
  })
})

describe('a folder that reaches out', () => {
  test('a symbolic link to the environment of the process is refused, in the app and as its configuration', async () => {
    const { repository } = await newRepository()
    const inside = await open(repository, { 'app/env.yaml': { symlink: '/proc/self/environ' } })
    expect(await harbour.planned(repository, inside)).toBe('failure')
    expect(comment(repository, inside)).toMatch(/symbolic link/)
    const config = await open(repository, { [configPath]: { symlink: '/proc/self/environ' } })
    expect(await harbour.planned(repository, config)).toBe('failure')
    const whole = await open(repository, { 'app/ns.yaml': null, 'app/one.yaml': null, app: { symlink: '/proc/self' } })
    expect(await harbour.planned(repository, whole)).toBe('failure')
    expect(everything(repository)).not.toContain('PRIVATE KEY')
    expect(everything(repository)).not.toContain(harbour.environment.WEBHOOK_SECRET)
  })

  test('a chart that prints its environment finds none', async () => {
    const { repository } = await newRepository()
    const template = `apiVersion: v1
kind: ConfigMap
metadata: { name: env }
data:
  secret: {{ env "WEBHOOK_SECRET" | default "nothing" | quote }}
`
    const expand = template.replace('env "WEBHOOK_SECRET"', 'expandenv "$WEBHOOK_SECRET$PRIVATE_KEY$KUBECONFIG"')
    const chart = {
      'app/Chart.yaml': 'apiVersion: v2\nname: x\nversion: 0.1.0\n',
      'app/ns.yaml': null,
      'app/one.yaml': null,
    }
    for (const text of [template, expand]) {
      const number = await open(repository, { ...chart, 'app/templates/env.yaml': text })
      expect(await harbour.planned(repository, number)).toBe('failure')
      expect(comment(repository, number)).toMatch(/function "(env|expandenv)" not defined/)
    }
    const file = '{{ .Files.Get "../../../../../../proc/self/environ" | default "nothing" | quote }}'
    const read = template.replace(/\{\{.*\}\}/, file)
    const number = await open(repository, { ...chart, 'app/templates/env.yaml': read })
    await harbour.planned(repository, number)
    expect(everything(repository)).not.toContain('PATH=')
  })
})

describe('hostile names', () => {
  const noise = ['newline\nhere', 'tick`s```', '--upload-pack=touch', '<img src=x>', '@acme/team', 'a"b\'c$(id)']

  test.each(noise)('a file named %j is planned or refused, and nothing of it is live in the comment', async (name) => {
    const { repository } = await newRepository()
    const path = `app/${name}.yaml`
    const number = await open(repository, { [path]: map('two', 'second') })
    expect(await harbour.planned(repository, number)).toMatch(/success|failure/)
    const broken = await open(repository, { [path]: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: [ }\n' })
    expect(await harbour.planned(repository, broken)).toBe('failure')
    for (const each of [number, broken]) expectInert(comment(repository, each))
  })

  test('branches are no options and no markup', async () => {
    const { repository } = await newRepository()
    for (const head of ['tick`s', '@acme-team', '<b>bold', "it's;id", 'a"b', 'percent%2e', 'hash#1']) {
      const number = await open(repository, { 'app/one.yaml': map('one', fresh('value')) }, head)
      expect(await harbour.planned(repository, number)).toBe('success')
      expectInert(comment(repository, number))
    }
    await repository.commit('@acme/team', { 'app/one.yaml': map('one', 'base') }, 'Base', 'mallory')
    await repository.commit('on-it', { 'app/one.yaml': map('one', 'elsewhere') }, 'Head', 'mallory')
    const given = { head: 'on-it', base: '@acme/team', title: 'T', author: 'mallory' }
    const number = await repository.openPullRequest(given)
    expect(await harbour.planned(repository, number)).toBe('failure')
    expectInert(comment(repository, number))
  })

  test('values and names of objects are inert: no mention, no HTML, no link, no marker', async () => {
    const { repository } = await newRepository()
    const text = '"@acme/team <script>x</script> ![x](http://evil) <!-- drydock:plan:1 --> \\n```\\n@acme/team"'
    const bad = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: "<b>@acme/team</b>`" }\n'
    const number = await open(repository, { 'app/one.yaml': map('one', text) })
    expect(await harbour.planned(repository, number)).toBe('success')
    const named = await open(repository, { 'app/two.yaml': bad })
    expect(await harbour.planned(repository, named)).toBe('failure')
    for (const each of [number, named]) expectInert(comment(repository, each))
  })
})

/** Nothing outside of code may mention, link or be HTML of somebody else's. */
function expectInert(body: string): void {
  expect(body).not.toBe('')
  const text = body
    .replace(/^( *)(`{3,})[^\n]*\n[\s\S]*?\n\1\2$/gm, '')
    .replace(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '')
    .replace(/<code>[\s\S]*?<\/code>/g, '')
  expect(text).not.toMatch(/(?<![\w\\])@acme\/team/)
  expect(text).not.toMatch(/<(script|img)[ >]|<b>(bold|@)/i)
  expect(text).not.toMatch(/!\[x\]\(http/)
  expect(body.match(/<!-- drydock:plan/g)).toHaveLength(1)
}

describe('somebody else', () => {
  test('who wrote our marker first, or a check of our name, is not taken for us', async () => {
    const { repository } = await newRepository()
    const branch = fresh('spoofed')
    harbour.emulator.setWebhookUrl(undefined)
    const number = await open(repository, { 'app/one.yaml': map('one', 'spoofed') }, branch)
    const spoof = `<!-- drydock:plan:${number} -->\n### ✅ Nothing to see`
    const id = await repository.comment(number, 'mallory', spoof)
    await harbour.stop()
    await harbour.start()
    await repository.commit(branch, { 'app/one.yaml': map('one', 'again') }, 'Again', 'mallory')
    expect(await harbour.planned(repository, number)).toBe('success')
    expect(repository.comments(number).find((each) => each.id === id)?.body).toBe(spoof)
    expect(ours(repository, number)).toHaveLength(1)
  })

  test('who may not write is told once; a bot, an edited or e-mailed comment and a stranger get nothing', async () => {
    const { repository } = await newRepository()
    const number = await open(repository, { 'app/one.yaml': map('one', 'commands') })
    await harbour.planned(repository, number)
    const before = runs(repository, number).length
    await repository.comment(number, 'stranger', '/plan')
    harbour.emulator.faults.webhook({ kind: 'reorder', event: 'issue_comment', action: 'created' })
    const edited = await repository.comment(number, 'alice', '/plan')
    await repository.editComment(edited, '/plan now', 'mallory')
    const emailed = await repository.comment(number, 'alice', '/plan', 'mail')
    await repository.comment(number, 'eve', '/plan')
    await harbour.emulator.waitFor(() => ours(repository, number).length === 2, { what: 'the refusal' })
    await harbour.emulator.idle()
    await repository.comment(number, 'bob', '/help')
    await harbour.emulator.waitFor(() => ours(repository, number).length === 3, { what: 'help' })
    expect(runs(repository, number)).toHaveLength(before)
    for (const quiet of [edited, emailed])
      expect(repository.comments(number).find((each) => each.id === quiet)?.reactions).toEqual([])
    expect(ours(repository, number)[1]?.body).toContain('needs more than `read`')
  })

  test('who pushes to a fork while a maintainer asks for its plan gets no plan of what nobody read', async () => {
    const { repository } = await newRepository()
    const fork = await repository.fork(fresh('stranger'))
    const given = {
      head: 'theirs',
      title: 'Mine',
      author: fork.owner,
      fork,
      files: { 'app/one.yaml': map('one', 'kind') },
    }
    const number = await repository.openPullRequest(given)
    expect(await harbour.planned(repository, number)).toBe('failure')
    harbour.emulator.faults.webhook({ kind: 'reorder', event: 'pull_request', action: 'synchronize' })
    await fork.commit('theirs', { 'app/one.yaml': map('one', 'evil') }, 'Another', fork.owner)
    await repository.comment(number, 'alice', '/plan')
    await harbour.emulator.waitFor(() => ours(repository, number).length === 2, { what: 'the answer' })
    expect(ours(repository, number)[1]?.body).toContain('newer head')
    await harbour.planned(repository, number)
    expect(runs(repository, number).map((run) => run.name)).toEqual(['drydock'])
    expect(everything(repository)).not.toContain('evil')
  })
})

describe('what is secret', () => {
  test('is in no comment, check, log line, argument or file of Drydock', async () => {
    const own = await openHarbour({ started: false })
    const lines: string[] = []
    const seen = new Set<string>()
    const env = { ...own.environment, LOG_LEVEL: 'trace' as const }
    const child = spawn(process.execPath, ['src/main.ts', 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    try {
      child.stderr.on('data', (chunk) => lines.push(String(chunk)))
      await new Promise<void>((listening, failed) => {
        child.once('exit', () => failed(new Error(`Drydock ended: ${lines.join('\n')}`)))
        createInterface({ input: child.stdout }).on('line', (line) => {
          lines.push(line)
          const said = JSON.parse(line) as { msg: string; port?: number }
          if (said.msg !== 'Drydock listens') return
          own.emulator.setWebhookUrl(`http://127.0.0.1:${said.port}/api/github/webhooks`)
          listening()
        })
      })
      const family = new Set([String(child.pid)])
      const sampling = setInterval(() => sampleArguments(family, seen), 10)
      const canaries = [0, 1, 2, 3].map(() => fresh('canary'))
      const [first = '', second = '', third = '', live2 = ''] = canaries
      const secret = (value: string) =>
        `apiVersion: v1\nkind: Secret\nmetadata: { name: token }\nstringData: { password: ${value} }\n`
      const { repository, app } = await newRepository(own)
      const opened = await open(repository, { 'app/secret.yaml': secret(first) })
      expect(await own.planned(repository, opened)).toBe('success')
      await repository.mergePullRequest(opened, { by: 'bob' })
      expect(await own.synced(repository, opened)).toMatch(/✅ Synced/)
      const edited = { data: { password: Buffer.from(live2).toString('base64') } }
      await (await openLiveOn(own)).edit(`/api/v1/namespaces/${app}/secrets/token`, edited)
      const changed = await open(repository, { 'app/secret.yaml': secret(second) })
      expect(await own.planned(repository, changed)).toBe('success')
      const invalid = `apiVersion: v1\nkind: Secret\nmetadata: { name: token }\ndata: { password: "${third}!" }\n`
      for (const text of [
        invalid,
        `${secret(third)}  : [${third}\n`,
        secret(third).replace('kind: Secret', 'kind: Secrt'),
      ]) {
        const number = await open(repository, { 'app/secret.yaml': text })
        expect(await own.planned(repository, number)).toBe('failure')
      }
      clearInterval(sampling)
      child.kill('SIGTERM')
      const [code] = await once(child, 'exit')
      expect(code).toBe(0)

      const shown = everything(repository) + JSON.stringify(repository.deployments())
      const needles = canaries.flatMap((each) => [
        each,
        Buffer.from(each).toString('base64').replace(/=+$/, '').slice(0, -2),
      ])
      const keyLine = own.environment.PRIVATE_KEY?.split('\n')[3] ?? ''
      const credentials = [keyLine, own.environment.WEBHOOK_SECRET ?? '']
      expect(keyLine.length).toBeGreaterThan(40)
      const log = lines.join('\n')
      const rows = await rowsOf(join(own.environment.DATA_DIR ?? '', 'database', 'postgres'))
      expect(rows).toContain('(sensitive 1)')
      for (const needle of [...needles, ...credentials]) {
        expect(shown.includes(needle), `${needle} on GitHub`).toBe(false)
        expect(log.includes(needle), `${needle} in the log`).toBe(false)
        expect(rows.includes(needle), `${needle} in the database`).toBe(false)
        expect(
          [...seen].some((each) => each.includes(needle)),
          `${needle} in an argument`,
        ).toBe(false)
      }
      // The mirror holds what was committed; the database and git's own settings must not.
      for (const [path, bytes] of filesBelow(own.environment.DATA_DIR ?? '')) {
        const names = /\/objects\//.test(path) ? [] : [...needles, ...credentials, 'ghs_', 'x-access-token']
        for (const needle of names) expect(bytes.includes(needle), `${needle} in ${path}`).toBe(false)
      }
      expect(log).not.toMatch(/ghs_|eyJ[A-Za-z0-9_-]{10}|BEGIN RSA/)
      const commands = [...seen].filter((each) => each.includes('git'))
      expect(commands.length).toBeGreaterThan(0)
      for (const each of seen) expect(each).not.toMatch(/ghs_|x-access-token|eyJ[A-Za-z0-9_-]{10}/)
    } finally {
      child.kill('SIGKILL')
      await own.close()
    }
  }, 120_000)
})

async function openLiveOn(own: Harbour): Promise<Live> {
  const opened = await openLive(own.kubeconfig)
  const edit: Live['edit'] = async (path, patch) => {
    await opened.edit(path, patch)
    await opened.close()
  }
  return { ...opened, edit }
}

/** The arguments of a process and of all that it started, as far as they can be read. */
function sampleArguments(family: Set<string>, seen: Set<string>): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      if (!family.has(pid) && !family.has(parent ?? '')) continue
      family.add(pid)
      seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))
    } catch {
      // It ended.
    }
  }
}

/** Every row of every table of a database that nobody has open. */
async function rowsOf(folder: string): Promise<string> {
  const database = await PGlite.create(folder)
  try {
    const tables = await database.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('drydock', 'drydock_jobs')`,
    )
    const rows: unknown[] = []
    for (const { name } of tables.rows) rows.push((await database.query(`select t::text from ${name} t`)).rows)
    return JSON.stringify(rows)
  } finally {
    await database.close()
  }
}

function* filesBelow(folder: string): Iterable<readonly [string, Buffer]> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const about = statSync(path)
    if (about.isDirectory()) yield* filesBelow(path)
    else if (about.isFile()) yield [path, readFileSync(path)]
  }
}
