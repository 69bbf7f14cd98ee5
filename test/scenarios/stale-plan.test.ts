import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { appFiles, configuration } from '../support/app-files.ts'
import { fresh, type Harbour, openHarbour, writesSince } from '../support/harbour.ts'
import { type Live, openLive } from '../support/live.ts'

// Each test tells a whole story, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 })

let harbour: Harbour
let live: Live
let repository: RepositoryStory
let app = ''
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
/** A repository with one app in `app/`, synced. */
beforeEach(async () => {
  app = fresh('stale')
  namespaces.push(app)
  repository = await harbour.emulator.createRepository({
    owner: 'acme',
    name: app,
    files: {
      'README.md': 'x\n',
      '.github/drydock.yaml': configuration({ [app]: { path: 'app', namespace: app } }),
    },
  })
  repository.setPermission('alice', 'write')
  await repository.commit(
    'main',
    { ...appFiles('app', app), 'app/other.yaml': mapOf('other', 'hello') },
    'Begin',
    'bob',
  )
  await harbour.emulator.waitFor(() => repository.deployments()[0]?.statuses.at(-1)?.state === 'success', {
    what: 'the first sync',
    timeoutMs: 60_000,
  })
})
afterEach(() => {
  harbour.emulator.faults.clear()
  expect(harbour.emulator.violations).toEqual([])
})

const settings = (text: string) => ({ 'app/settings.yaml': mapOf('settings', text) })
const mapOf = (name: string, text: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  text: ${text}\n`
const web = (image: string) => ({ 'app/web.yaml': appFiles('app', app, { image })['app/web.yaml'] ?? '' })

async function open(files: Readonly<Record<string, string | null>>): Promise<number> {
  const number = await repository.openPullRequest({ head: fresh('branch'), title: 'A change', author: 'alice', files })
  await harbour.planned(repository, number)
  return number
}
const comment = (number: number) =>
  repository
    .comments(number)
    .filter((each) => each.viaApp)
    .at(-1)?.body ?? ''
const runs = (number: number) => repository.checkRuns(repository.pullRequest(number).headSha)
const checks = (number: number) => runs(number).filter((run) => run.name === 'drydock')

/** What the check says while the plan is made for the nth time, and that it ends. */
async function plannedAgain(number: number, count: number): Promise<string> {
  const waiting = { what: `plan ${count} of #${number}`, timeoutMs: 60_000 }
  const title = await harbour.emulator.waitFor(() => checks(number)[count - 1]?.title, waiting)
  await harbour.planned(repository, number)
  expect(checks(number)).toHaveLength(count)
  return title ?? ''
}

const edit = (patch: Parameters<Live['edit']>[1], name = 'settings') =>
  live.edit(`/api/v1/namespaces/${app}/configmaps/${name}`, patch)

describe('the target branch', () => {
  test('moves in what the app reads: planned again, the comment is new, and the check says so meanwhile', async () => {
    const number = await open(settings('from the branch'))
    const before = comment(number)
    expect(before).toContain('1 to update')
    const again = plannedAgain(number, 2)
    await repository.commit('main', { 'app/more.yaml': mapOf('more', 'main') }, 'More', 'bob')
    expect(await again).toBe('Planning again: the target branch changed')
    expect(comment(number)).not.toBe(before)
    expect(repository.comments(number)).toHaveLength(1)
    // Each plan that says something else makes new check runs.
    expect(runs(number).filter((run) => run.name !== 'drydock')).toHaveLength(2)
    expect(checks(number).map((run) => run.conclusion)).toEqual(['success', 'success'])
  })

  test('moves elsewhere: nothing is written; two pushes in a row, the second of which matters, make one plan', async () => {
    const number = await open(settings('from the branch'))
    const start = harbour.emulator.requests.length
    const looks = () =>
      harbour.emulator.requests
        .slice(start)
        .filter((each) => each.method === 'GET' && each.path.includes(`/${app}/git/ref/`))
    await repository.commit('main', { 'README.md': 'y\n' }, 'Words', 'bob')
    // One for what is to be synced, one for the pull requests.
    await harbour.emulator.waitFor(() => looks().length >= 2, { what: 'two looks at the branch' })
    await harbour.emulator.idle()
    await repository.commit('main', { 'docs/more.md': 'z\n' }, 'More words', 'bob')
    await repository.commit('main', settings('from the branch'), 'The same change', 'bob')
    await harbour.emulator.waitFor(() => !comment(number).includes('1 to update'), {
      what: 'the plan of the third push',
    })
    await plannedAgain(number, 2)
    expect(writesSince(harbour.emulator, start).filter((each) => each.includes('comments'))).toHaveLength(1)
  })

  test('moves in what the app reads, to the same end: one check, and nothing else is written', async () => {
    const number = await open(settings('from the branch'))
    const [before] = repository.comments(number)
    await repository.commit('main', { 'app/namespace.yaml': `${namespaceText()}# Words\n` }, 'Words', 'bob')
    expect(await plannedAgain(number, 2)).toContain('the target branch changed')
    expect(repository.comments(number)).toEqual([before])
    expect(runs(number).filter((run) => run.name !== 'drydock')).toHaveLength(1)
    expect(checks(number).at(-1)?.title).toBe(checks(number)[0]?.title)
  })

  test('moves under pull requests from forks: only the one that was planned is planned again', async () => {
    const fork = await repository.fork('stranger')
    const theirs = (head: string) =>
      repository.openPullRequest({ head, title: 'Mine', author: 'stranger', fork, files: settings(head) })
    const [unread, read] = [await theirs('unread'), await theirs('read')]
    for (const number of [unread, read]) await harbour.planned(repository, number)
    await repository.comment(read, 'alice', '/plan')
    await harbour.emulator.waitFor(() => comment(read).includes('1 to update'), { what: 'the plan of the fork' })
    await plannedAgain(read, 2)
    await repository.commit('main', { 'app/more.yaml': mapOf('more', 'main') }, 'More', 'bob')
    await plannedAgain(read, 3)
    expect(comment(read)).toContain('1 to update')
    expect(checks(unread)).toHaveLength(1)
    expect(comment(unread)).toContain('comes from a fork')
  })

  test('comes into conflict with a pull request, and out of it', async () => {
    const number = await open(settings('from the branch'))
    const main = settings('from main')
    await repository.commit('main', main, 'Conflict', 'bob')
    await plannedAgain(number, 2)
    expect(comment(number)).toContain("can't be merged")
    await repository.commit('main', settings('hello'), 'Back', 'bob')
    await plannedAgain(number, 3)
    expect(comment(number)).toContain('1 to update')
  })
})

const namespaceText = () => appFiles('app', app)['app/namespace.yaml'] ?? ''

describe('live objects', () => {
  test('an owned field of a touched one is edited: planned again, and the check says so meanwhile', async () => {
    const number = await open(settings('from the branch'))
    expect(comment(number)).not.toContain('by hand')
    const again = plannedAgain(number, 2)
    await edit({ data: { text: 'by hand' } })
    expect(await again).toBe('Planning again: live objects changed')
    expect(comment(number)).toContain('by hand')
    expect(repository.comments(number)).toHaveLength(1)
  })

  test('their status and what others own of them change: nothing is done', async () => {
    const quiet = await open({ ...settings('from the branch'), ...web('registry.example/web:2.0.0') })
    const other = await open({ 'app/other.yaml': mapOf('other', 'from the branch') })
    await edit({ data: { theirs: 'x' }, metadata: { annotations: { note: 'x' } } })
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: app, name: 'web' }
    const before = (await live.get(deployment))?.metadata.generation
    // The controller answers a new generation with a new status.
    await live.edit(`/apis/apps/v1/namespaces/${app}/deployments/web`, { spec: { minReadySeconds: 1 } })
    expect((await live.get(deployment))?.metadata.generation).not.toBe(before)
    // What is seen later is planned later: once this plan is there, the others would be.
    await edit({ data: { text: 'by hand' } }, 'other')
    await plannedAgain(other, 2)
    expect(checks(quiet)).toHaveLength(1)
  })

  test('one is deleted: planned again', async () => {
    const number = await open(settings('from the branch'))
    await live.remove(`/api/v1/namespaces/${app}/configmaps/settings`)
    await plannedAgain(number, 2)
    expect(comment(number)).toContain('1 to create')
  })

  test('our own sync of another pull request: planned again after it', async () => {
    const late = await open(settings('late'))
    const first = await open({ 'app/more.yaml': mapOf('more', 'first') })
    await repository.mergePullRequest(first, { by: 'bob' })
    await harbour.synced(repository, first)
    await harbour.emulator.waitFor(
      () =>
        checks(late).length > 1 &&
        checks(late).every((run) => run.status === 'completed') &&
        !/more/.test(comment(late)),
      { what: 'a plan without what was not synced yet', timeoutMs: 60_000 },
    )
    expect(comment(late)).toContain('1 to update')
  })

  test('an owned field is edited while Drydock is down: planned again at its start', async () => {
    const number = await open(settings('from the branch'))
    const other = await open(web('registry.example/web:2.0.0'))
    await harbour.stop()
    await edit({ data: { text: 'at night' } })
    await harbour.start()
    expect(await plannedAgain(number, 2)).toContain('live objects changed')
    expect(comment(number)).toContain('at night')
    expect(checks(other)).toHaveLength(1)
  })
})
