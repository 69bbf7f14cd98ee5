import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { RequestFaultKind } from '../../src/entry/demo/github/faults.ts'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { configuration } from '../support/app-files.ts'
import { fresh, type Harbour, openHarbour } from '../support/harbour.ts'
import { type Live, openLive } from '../support/live.ts'

// Each test tells a whole story, and the machine may be busy.
vi.setConfig({ testTimeout: 90_000 })

let harbour: Harbour
let live: Live
const namespaces: string[] = []
const configPath = '.github/drydock.yaml'

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

/** The smallest app: a namespace and ConfigMaps, each with one text. */
function maps(folder: string, namespace: string, texts: Readonly<Record<string, string>>): Record<string, string> {
  const files = { [`${folder}/ns.yaml`]: `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${namespace} }\n` }
  for (const [name, text] of Object.entries(texts)) files[`${folder}/${name}.yaml`] = map(name, text)
  return files
}
const map = (name: string, text: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { text: ${text} }\n`

/** A repository with one app in `app/`, not synced yet. */
async function newRepository(options: { readonly configured?: boolean; readonly from?: Harbour } = {}) {
  const app = fresh('luck')
  namespaces.push(app)
  const files =
    options.configured === false ? {} : { [configPath]: configuration({ [app]: { path: 'app', namespace: app } }) }
  const repository = await (options.from ?? harbour).emulator.createRepository({
    owner: 'acme',
    name: app,
    files: { 'README.md': 'x\n', ...files },
  })
  repository.setPermission('alice', 'write')
  repository.setPermission('bob', 'maintain')
  return { repository, app }
}

const open = (repository: RepositoryStory, files: Readonly<Record<string, string | null>>, head = fresh('branch')) =>
  repository.openPullRequest({ head, title: 'A change', author: 'alice', files })
const ours = (repository: RepositoryStory, number: number) => repository.comments(number).filter((each) => each.viaApp)
const comment = (repository: RepositoryStory, number: number) => ours(repository, number).at(-1)?.body ?? ''
const checks = (repository: RepositoryStory, sha: string) =>
  repository.checkRuns(sha).filter((run) => run.name === 'drydock')
const states = (repository: RepositoryStory) => repository.deployments().map((each) => each.statuses.at(-1)?.state)
const textOf = async (namespace: string, name: string) =>
  (await live.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name }))?.data as { text?: string } | undefined

const begun = (repository: RepositoryStory, sha: string) =>
  harbour.emulator.waitFor(() => checks(repository, sha).length > 0, { what: 'the check in progress' })
const deployed = (repository: RepositoryStory, count: number) =>
  harbour.emulator.waitFor(
    () =>
      repository.deployments().length >= count &&
      states(repository).every((state) => state !== undefined && state !== 'in_progress'),
    { what: `${count} deployments`, timeoutMs: 60_000 },
  )
const says = (repository: RepositoryStory, number: number, text: RegExp) =>
  harbour.emulator.waitFor(() => text.test(comment(repository, number)) && comment(repository, number), {
    what: `${text} in #${number}`,
    timeoutMs: 60_000,
  })

/** Holds a plan up between its check in progress and its result. */
const slowFetch = (ms = 1_500) => harbour.emulator.faults.request({ kind: 'delay', path: /git-upload-pack/, ms })

describe('while a plan is made', () => {
  test('a push: the old plan ends as superseded, and one comment shows the new head', async () => {
    const { repository, app } = await newRepository()
    slowFetch()
    const number = await open(repository, maps('app', app, { one: 'first' }), 'raced')
    const old = repository.pullRequest(number).headSha
    await begun(repository, old)
    await repository.commit('raced', maps('app', app, { one: 'second', two: 'second' }), 'Newer', 'alice')
    expect(await harbour.planned(repository, number)).toBe('success')
    expect(comment(repository, number)).toContain('3 to create')
    expect(ours(repository, number)).toHaveLength(1)
    expect(checks(repository, old).map((run) => run.conclusion)).toEqual(['action_required'])
    expect(checks(repository, repository.pullRequest(number).headSha)).toHaveLength(1)
  })

  test('a merge: the comment ends as the log of the sync, and no check is left in progress', async () => {
    const { repository, app } = await newRepository()
    slowFetch()
    const number = await open(repository, maps('app', app, { one: 'merged' }))
    await begun(repository, repository.pullRequest(number).headSha)
    await repository.mergePullRequest(number, { by: 'bob' })
    await harbour.synced(repository, number)
    await harbour.planned(repository, number)
    expect(comment(repository, number)).toMatch(/✅ Synced/)
    expect(ours(repository, number)).toHaveLength(1)
    expect(await textOf(app, 'one')).toEqual({ text: 'merged' })
  })

  test('a merge after its last look at the pull request: the plan does not hide the log of the sync', async () => {
    const { repository, app } = await newRepository()
    const number = await open(repository, maps('app', app, { one: 'late' }))
    const head = repository.pullRequest(number).headSha
    await begun(repository, head)
    const { emulator } = harbour
    const seen = emulator.requests.length
    emulator.faults.request({ kind: 'delay', method: 'POST', path: /\/check-runs$/, ms: 4_000 })
    const looks = () => emulator.requests.slice(seen).filter((each) => /\/pulls\/\d+$/.test(each.path))
    await emulator.waitFor(() => looks().length > 0, { what: 'the last look' })
    await repository.mergePullRequest(number, { by: 'bob' })
    await harbour.synced(repository, number)
    expect(await harbour.planned(repository, number)).toBe('success')
    expect(comment(repository, number)).toMatch(/✅ Synced/)
    expect(ours(repository, number)).toHaveLength(1)
  })

  test('it is closed: the check ends', async () => {
    const { repository, app } = await newRepository()
    slowFetch()
    const number = await open(repository, maps('app', app, { one: 'closed' }))
    await begun(repository, repository.pullRequest(number).headSha)
    await repository.closePullRequest(number, 'alice')
    expect(await harbour.planned(repository, number)).toBe('action_required')
  })
})

describe('the target branch', () => {
  test('two merges in a row: both pull requests get one end, and the cluster has both', async () => {
    const { repository, app } = await newRepository()
    await repository.commit('main', maps('app', app, { one: 'old', two: 'old' }), 'Begin', 'bob')
    await deployed(repository, 1)
    const first = await open(repository, { 'app/one.yaml': map('one', 'new') })
    const second = await open(repository, { 'app/two.yaml': map('two', 'new') })
    for (const number of [first, second]) await harbour.planned(repository, number)
    await repository.mergePullRequest(first, { by: 'bob' })
    await repository.mergePullRequest(second, { by: 'bob' })
    await says(repository, second, /✅ Synced/)
    await says(repository, first, /✅ Synced|superseded/)
    expect([await textOf(app, 'one'), await textOf(app, 'two')]).toEqual([{ text: 'new' }, { text: 'new' }])
    await deployed(repository, 2)
    expect(ours(repository, first)).toHaveLength(1)
  })

  test.each(['merge', 'squash', 'rebase'] as const)(
    'a %s of several commits is one sync of the pull request',
    async (method) => {
      const { repository, app } = await newRepository()
      const branch = fresh('several')
      await repository.commit(branch, maps('app', app, { one: 'a' }), 'One', 'alice')
      await repository.commit(branch, { 'app/one.yaml': map('one', 'b') }, 'Two', 'alice')
      await repository.commit(branch, { 'app/two.yaml': map('two', 'c') }, 'Three', 'alice')
      const number = await repository.openPullRequest({ head: branch, title: 'Three commits', author: 'alice' })
      await harbour.planned(repository, number)
      await repository.mergePullRequest(number, { by: 'bob', method })
      expect(await harbour.synced(repository, number)).toContain('merged by `bob`')
      await deployed(repository, 1)
      expect(repository.deployments().map((each) => each.description)).toEqual([`#${number} by bob`])
      expect(await textOf(app, 'one')).toEqual({ text: 'b' })
    },
  )

  test('webhooks of a merge that are lost are made up for by the next one', async () => {
    const { repository, app } = await newRepository()
    await repository.commit('main', maps('app', app, { one: 'old' }), 'Begin', 'bob')
    await deployed(repository, 1)
    const number = await open(repository, { 'app/one.yaml': map('one', 'new') })
    await harbour.planned(repository, number)
    harbour.emulator.faults.webhook({ kind: 'drop', event: 'push' })
    harbour.emulator.faults.webhook({ kind: 'drop', event: 'pull_request', action: 'closed' })
    await repository.mergePullRequest(number, { by: 'bob' })
    await harbour.emulator.idle()
    await repository.commit('main', { 'README.md': 'y\n' }, 'Words', 'carol')
    expect(await harbour.synced(repository, number)).toContain('merged by `bob`')
    expect(await textOf(app, 'one')).toEqual({ text: 'new' })
  })

  test('webhooks of a merge that come doubled and in another order make one sync', async () => {
    const { repository, app } = await newRepository()
    const number = await open(repository, maps('app', app, { one: 'once' }))
    await harbour.planned(repository, number)
    harbour.emulator.faults.webhook({ kind: 'reorder', event: 'push' })
    harbour.emulator.faults.webhook({ kind: 'duplicate-other-guid', event: 'pull_request', action: 'closed' })
    await repository.mergePullRequest(number, { by: 'bob' })
    await harbour.synced(repository, number)
    await harbour.emulator.idle()
    await deployed(repository, 1)
    expect(repository.deployments()).toHaveLength(1)
  })

  test('a forced push back takes the cluster back, also when the commit that was synced last is gone for good', async () => {
    const { repository, app } = await newRepository()
    const good = await repository.commit('main', maps('app', app, { one: 'good' }), 'Good', 'bob')
    await deployed(repository, 1)
    await repository.commit('main', { 'app/one.yaml': map('one', 'bad') }, 'Bad', 'bob')
    await deployed(repository, 2)
    expect(await textOf(app, 'one')).toEqual({ text: 'bad' })
    await repository.forcePush('main', good, 'carol')
    await deployed(repository, 3)
    expect(await textOf(app, 'one')).toEqual({ text: 'good' })
    expect(repository.deployments().at(-1)?.description).toBe('direct push by carol')

    await repository.commit('main', { 'app/one.yaml': map('one', 'worse') }, 'Worse', 'bob')
    await deployed(repository, 4)
    await harbour.stop()
    await repository.forcePush('main', good, 'carol')
    const git = promisify(execFile)
    await git('git', ['-C', repository.folder, 'reflog', 'expire', '--expire=now', '--all'])
    await git('git', ['-C', repository.folder, 'gc', '--quiet', '--prune=now'])
    await rm(join(harbour.environment.DATA_DIR ?? '', 'git'), { recursive: true })
    await harbour.start()
    await repository.commit('main', { 'README.md': 'z\n' }, 'Words', 'carol')
    await deployed(repository, 5)
    expect(await textOf(app, 'one')).toEqual({ text: 'good' })
  })

  test('a deleted branch and a push to another one apply nothing', async () => {
    const { repository, app } = await newRepository()
    await repository.commit('main', maps('app', app, { one: 'main' }), 'Begin', 'bob')
    await deployed(repository, 1)
    await repository.commit('develop', { 'app/one.yaml': map('one', 'develop') }, 'Elsewhere', 'alice')
    await repository.commit('feature', { 'app/one.yaml': map('one', 'feature') }, 'More', 'alice', { from: 'develop' })
    const number = await repository.openPullRequest({
      head: 'feature',
      base: 'develop',
      title: 'Not for main',
      author: 'alice',
    })
    expect(await harbour.planned(repository, number)).toBe('success')
    await repository.mergePullRequest(number, { by: 'bob' })
    await repository.deleteBranch('feature', 'bob')
    await repository.commit('main', { 'app/two.yaml': map('two', 'main') }, 'Go on', 'bob')
    await deployed(repository, 2)
    expect(repository.deployments()).toHaveLength(2)
    expect(await textOf(app, 'one')).toEqual({ text: 'main' })
  })
})

describe('a head that two pull requests share', () => {
  test('has the worst of their verdicts for as long as both are open', async () => {
    const { repository, app } = await newRepository()
    await repository.commit('main', maps('app', app, { one: 'main' }), 'Begin', 'bob')
    await repository.commit('develop', { 'app/one.yaml': map('one', 'develop') }, 'Elsewhere', 'alice')
    await repository.commit('shared', { 'app/one.yaml': map('one', 'shared') }, 'Change', 'alice', { from: 'main' })
    const conflicting = await repository.openPullRequest({
      head: 'shared',
      base: 'develop',
      title: 'A',
      author: 'alice',
    })
    expect(await harbour.planned(repository, conflicting)).toBe('failure')
    const fine = await open(repository, {}, 'shared')
    const head = repository.pullRequest(fine).headSha
    await harbour.emulator.waitFor(
      () => checks(repository, head).filter((run) => run.status === 'completed').length === 2,
    )
    expect(checks(repository, head).at(-1)?.conclusion).toBe('failure')
    await repository.closePullRequest(conflicting, 'alice')
    await harbour.emulator.waitFor(() => checks(repository, head).at(-1)?.conclusion === 'success', {
      what: 'the verdict of the other alone',
    })
  })
})

describe('the configuration', () => {
  test('a repository without one is planned, never applied; adding the proposed file applies its apps', async () => {
    const { repository, app } = await newRepository({ configured: false })
    const kustomization = 'namespace: default\nresources: [one.yaml]\n'
    const folder = `apps/${app}`
    const files = { [`${folder}/kustomization.yaml`]: kustomization, [`${folder}/one.yaml`]: map(app, 'one') }
    const first = await open(repository, files)
    expect(await harbour.planned(repository, first)).toBe('success')
    expect(comment(repository, first)).toContain('1 to create')
    expect(comment(repository, first)).toContain(`path: ${folder}`)
    await repository.mergePullRequest(first, { by: 'bob' })
    await harbour.emulator.idle()
    const second = await open(repository, {
      [configPath]: `version: 1\napps:\n  - name: ${app}\n    path: ${folder}\n`,
    })
    expect(await harbour.planned(repository, second)).toBe('success')
    expect(repository.deployments()).toEqual([])
    expect(await textOf('default', app)).toBeUndefined()
    expect(comment(repository, second)).toContain('1 to create')
    await repository.mergePullRequest(second, { by: 'bob' })
    await harbour.synced(repository, second)
    expect(await textOf('default', app)).toEqual({ text: 'one' })
    await live.remove(`/api/v1/namespaces/default/configmaps/${app}`)
  })

  test('an app that is removed keeps its objects, and the pull request says so', async () => {
    const { repository, app } = await newRepository()
    await repository.commit('main', maps('app', app, { one: 'kept' }), 'Begin', 'bob')
    await deployed(repository, 1)
    const other = configuration({ [fresh('other')]: { path: 'other', namespace: app } })
    const number = await open(repository, { [configPath]: other, 'other/two.yaml': map('two', 'new') })
    await harbour.planned(repository, number)
    expect(comment(repository, number)).toMatch(/removed from the configuration; its objects stay/)
    await repository.mergePullRequest(number, { by: 'bob' })
    await harbour.synced(repository, number)
    expect(await textOf(app, 'one')).toEqual({ text: 'kept' })
  })
})

describe('GitHub', () => {
  const kinds: readonly RequestFaultKind[] = [
    'secondary-rate-limit',
    'too-many-requests',
    'server-error',
    'lost-reply',
    'cut',
  ]
  test.each(kinds)(
    'fails each kind of write once (%s): everything is there, once',
    async (kind) => {
      const { repository, app } = await newRepository()
      const paths = [/\/check-runs$/, /\/check-runs\/\d+$/, /\/issues\/\d+\/comments$/, /\/issues\/comments\/\d+$/]
      for (const path of [...paths, /\/deployments$/, /\/deployments\/\d+\/statuses$/]) {
        for (const method of ['POST', 'PATCH']) harbour.emulator.faults.request({ kind, method, path })
      }
      const number = await open(repository, maps('app', app, { one: kind }))
      expect(await harbour.planned(repository, number)).toBe('success')
      await repository.mergePullRequest(number, { by: 'bob' })
      await harbour.synced(repository, number)
      await deployed(repository, 1)
      expect(repository.checkRuns(repository.pullRequest(number).headSha).map((run) => run.name)).toEqual([
        'drydock',
        `drydock / ${app}`,
      ])
      expect(ours(repository, number)).toHaveLength(1)
      expect(states(repository)).toEqual(['success'])
    },
    120_000,
  )

  test('lost our comment to somebody who deleted it: the next plan writes a new one', async () => {
    const { repository, app } = await newRepository()
    const number = await open(repository, maps('app', app, { one: 'a' }), 'deleted')
    await harbour.planned(repository, number)
    await repository.deleteComment(ours(repository, number)[0]?.id ?? 0, 'bob')
    await repository.commit('deleted', { 'app/two.yaml': map('two', 'b') }, 'More', 'alice')
    await harbour.planned(repository, number)
    expect(comment(repository, number)).toContain('3 to create')
    expect(ours(repository, number)).toHaveLength(1)
  })
})

const serverUrl = process.env.DRYDOCK_TEST_DATABASE_URL

/** A new database of a PostgreSQL server, and its removal. */
async function newDatabase(server: string) {
  const name = fresh('drydock').replace('-', '_')
  const run = async (text: string) => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(text).finally(() => client.end())
  }
  await run(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(`drop database ${name} with (force)`) }
}

describe('SIGTERM', () => {
  const backends = ['PGlite', ...(serverUrl ? ['PostgreSQL'] : [])]
  if (!serverUrl)
    process.stdout.write('SIGTERM on PostgreSQL is skipped, because DRYDOCK_TEST_DATABASE_URL is not set\n')

  test.each(backends)(
    'in a plan and in a sync, on %s: it ends well, and each has its result once',
    async (backend) => {
      const own = await openHarbour({ started: false })
      const database = backend === 'PostgreSQL' ? await newDatabase(serverUrl ?? '') : undefined
      const children: ReturnType<typeof launch>[] = []
      const launch = () => {
        const env = {
          ...own.environment,
          LOG_LEVEL: 'info' as const,
          ...(database ? { DATABASE_URL: database.url } : {}),
        }
        return spawn(process.execPath, ['src/main.ts', 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
      }
      const start = async () => {
        const child = launch()
        children.push(child)
        await new Promise<void>((listening, failed) => {
          child.once('exit', () => failed(new Error('Drydock ended')))
          createInterface({ input: child.stdout }).on('line', (line) => {
            const said = JSON.parse(line) as { msg: string; port?: number }
            if (said.msg !== 'Drydock listens') return
            own.emulator.setWebhookUrl(`http://127.0.0.1:${said.port}/api/github/webhooks`)
            listening()
          })
        })
        return child
      }
      const end = async (child: ReturnType<typeof launch>) => {
        child.kill('SIGTERM')
        const [code] = await once(child, 'exit')
        expect(code).toBe(0)
      }
      try {
        const first = await start()
        const { repository, app } = await newRepository({ from: own })
        own.emulator.faults.request({ kind: 'delay', path: /git-upload-pack/, ms: 2_000 })
        const number = await open(repository, maps('app', app, { one: 'first' }))
        const head = repository.pullRequest(number).headSha
        await own.emulator.waitFor(() => checks(repository, head).length > 0, { what: 'the check in progress' })
        await end(first)
        const second = await start()
        expect(await own.planned(repository, number)).toBe('success')
        expect(ours(repository, number)).toHaveLength(1)
        expect(repository.checkRuns().map((run) => run.name)).toEqual(['drydock', `drydock / ${app}`])

        own.emulator.faults.request({ kind: 'delay', method: 'POST', path: /\/statuses$/, ms: 2_000 })
        await repository.mergePullRequest(number, { by: 'bob' })
        await own.emulator.waitFor(() => repository.deployments().length > 0, { what: 'the deployment' })
        await end(second)
        await start()
        expect(await own.synced(repository, number)).toMatch(/✅ Synced/)
        await own.emulator.waitFor(() => states(repository).every((state) => state === 'success'))
        expect(repository.deployments()[0]?.statuses.filter((each) => each.state === 'success')).toHaveLength(1)
        expect(repository.deployments()).toHaveLength(1)
        expect(ours(repository, number)).toHaveLength(1)
        expect(own.emulator.violations).toEqual([])
      } finally {
        for (const child of children) child.kill('SIGKILL')
        await own.close()
        await database?.drop()
      }
    },
    120_000,
  )
})
