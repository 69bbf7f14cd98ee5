import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Emulator } from '../../../../src/entry/demo/github/emulator.ts'
import type { RepositoryStory } from '../../../../src/entry/demo/github/story-types.ts'
import { begin, gitWith, octokit, receive } from './support.ts'

const at = { owner: 'acme', repo: 'gitops' }
let github: Emulator
let folder: string
let repository: RepositoryStory
let stop: () => Promise<void>

beforeEach(async () => {
  ;({ github, folder, stop } = await begin())
  repository = await github.createRepository({ owner: 'acme', name: 'gitops', files: { 'app/web.yaml': 'image: 1\n' } })
  repository.setPermission('ann', 'write')
})

afterEach(async () => {
  await stop()
})

function open(head = 'topic', more: { readonly fork?: RepositoryStory } = {}): Promise<number> {
  return repository.openPullRequest({
    head,
    title: 'Use image 2',
    author: 'ann',
    files: { 'app/web.yaml': `image: ${head}\n` },
    ...more,
  })
}

test('a pull request goes from opened to checked to merged, by the API and by webhooks', async () => {
  const hook = await receive()
  github.setWebhookUrl(hook.url)
  repository.requireCheck('main', 'drydock')
  const number = await open()
  const api = octokit(github, repository.installationId)
  const { data: pull } = await api.rest.pulls.get({ ...at, pull_number: number })
  expect(pull).toMatchObject({ state: 'open', mergeable: true, mergeable_state: 'blocked', changed_files: 1 })
  await expect(repository.mergePullRequest(number, { by: 'ann' })).rejects.toThrow(/"drydock" is expected/)

  const { data: run } = await api.rest.checks.create({ ...at, name: 'drydock', head_sha: pull.head.sha })
  await expect(api.rest.pulls.merge({ ...at, pull_number: number })).rejects.toMatchObject({ status: 405 })
  await api.rest.checks.update({ ...at, check_run_id: run.id, conclusion: 'success' })
  const stale = api.rest.pulls.merge({ ...at, pull_number: number, sha: pull.base.sha })
  await expect(stale).rejects.toMatchObject({ status: 409 })
  const { data: merged } = await api.rest.pulls.merge({ ...at, pull_number: number, sha: pull.head.sha })

  expect(await repository.head('main')).toBe(merged.sha)
  expect(await repository.file('main', 'app/web.yaml')).toBe('image: topic\n')
  const { data: origin } = await api.rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha: merged.sha })
  expect(origin.map((each) => each.number)).toEqual([number])
  await github.idle()
  const told = github.deliveries.map((each) => [each.event, each.action].filter(Boolean).join('.'))
  expect(told).toEqual(expect.arrayContaining(['pull_request.opened', 'check_run.completed', 'pull_request.closed']))
  expect(told.filter((each) => each === 'push')).toHaveLength(2)
  expect(github.violations).toEqual([])
  await hook.stop()
})

test.each(['merge', 'squash', 'rebase'] as const)('%s puts the change on the base', async (method) => {
  const number = await open()
  await repository.commit('topic', { 'app/second.yaml': 'b\n' }, 'Second', 'ann')
  await repository.commit('main', { 'other.yaml': 'c\n' }, 'Meanwhile', 'ann')
  const sha = await repository.mergePullRequest(number, { by: 'ann', method })
  const api = octokit(github, repository.installationId)
  const { data: commit } = await api.rest.repos.getCommit({ ...at, ref: 'main' })
  expect(commit.sha).toBe(sha)
  expect(commit.parents).toHaveLength(method === 'merge' ? 2 : 1)
  expect(await repository.file('main', 'app/web.yaml')).toBe('image: topic\n')
  expect(await repository.file('main', 'app/second.yaml')).toBe('b\n')
  expect(await repository.file('main', 'other.yaml')).toBe('c\n')
})

test('a conflict with the base makes a pull request unmergeable', async () => {
  const number = await open()
  await repository.commit('main', { 'app/web.yaml': 'image: other\n' }, 'Meanwhile', 'ann')
  expect(repository.pullRequest(number).mergeableState).toBe('dirty')
  await expect(repository.mergePullRequest(number, { by: 'ann' })).rejects.toThrow('not mergeable')
})

test('a push moves the head, and its webhook says from where to where', async () => {
  const hook = await receive()
  const number = await open()
  github.setWebhookUrl(hook.url)
  const before = await repository.head('topic')
  const after = await repository.commit('topic', { 'app/web.yaml': null }, 'Remove', 'ann')
  await github.idle()
  const delivery = github.deliveries.find((each) => each.action === 'synchronize')
  expect(delivery?.payload).toMatchObject({ number, before, after })
  const push = github.deliveries.find((each) => each.event === 'push')
  expect(push?.payload).toMatchObject({ before, after, commits: [{ removed: ['app/web.yaml'] }] })
  await hook.stop()
})

test('a merge group is judged on its own commit, then becomes the base', async () => {
  repository.requireCheck('main', 'drydock')
  const [good, bad] = [await open('good'), await open('bad')]
  const api = octokit(github, repository.installationId)
  const group = await repository.enqueueMergeGroup(good, 'ann')
  await api.rest.checks.create({ ...at, name: 'drydock', head_sha: group.headSha, conclusion: 'success' })
  expect(await repository.head('main')).toBe(group.headSha)
  expect(repository.pullRequest(good).merged).toBeDefined()

  await repository.commit('bad', { 'app/web.yaml': 'image: good\n', 'x.yaml': 'x\n' }, 'Solve', 'ann')
  const second = await repository.enqueueMergeGroup(bad, 'ann')
  await api.rest.checks.create({ ...at, name: 'drydock', head_sha: second.headSha, conclusion: 'failure' })
  expect(await repository.head('main')).toBe(group.headSha)
  expect(repository.pullRequest(bad).state).toBe('open')
  expect(repository.mergeGroups()).toEqual([])
})

test("git fetches any commit with an installation's token, and nothing without", async () => {
  const fork = await repository.fork('eve')
  const number = await open('evil', { fork })
  const head = repository.pullRequest(number).headSha
  const app = octokit(github)
  const { data } = await app.rest.apps.createInstallationAccessToken({ installation_id: repository.installationId })
  const mirror = join(folder, 'mirror')
  await gitWith(undefined, 'init', '--quiet', '--bare', mirror)
  const fetch = ['-C', mirror, 'fetch', '--quiet', repository.cloneUrl]
  await gitWith(data.token, ...fetch, head)
  expect(await gitWith(undefined, '-C', mirror, 'show', `${head}:app/web.yaml`)).toBe('image: evil\n')
  await gitWith(data.token, ...fetch, `refs/pull/${number}/merge:refs/test`)
  expect(await gitWith(undefined, '-C', mirror, 'rev-parse', 'refs/test^2')).toBe(`${head}\n`)
  const gone = await repository.commit('main', { 'gone.yaml': 'x\n' }, 'Gone soon', 'ann')
  await repository.forcePush('main', `${gone}^`, 'ann')
  await gitWith(data.token, '-c', 'protocol.version=0', ...fetch, gone)
  await expect(gitWith(undefined, ...fetch, head)).rejects.toThrow()
  await expect(gitWith('ghs_guessed', ...fetch, head)).rejects.toThrow()
  expect(github.requests.filter((each) => each.kind === 'git').map((each) => each.status)).toContain(401)
})

test('a comment by e-mail is told by its HTML, which is given to those who ask for it', async () => {
  const number = await open()
  const api = octokit(github, repository.installationId)
  const read = async (comment_id: number) => {
    const headers = { accept: 'application/vnd.github.full+json' }
    return (await api.rest.issues.getComment({ ...at, comment_id, headers })).data
  }
  const page = await read(await repository.comment(number, 'bob', '<div class="email-fragment">/plan'))
  expect(page).toMatchObject({ body_html: '<p dir="auto">&lt;div class="email-fragment"&gt;/plan</p>' })
  const mailed = await repository.comment(number, 'bob', '/plan', 'mail')
  expect(await read(mailed)).toMatchObject({ body: '/plan', body_html: '<div class="email-fragment">/plan</div>' })
  const { data, headers } = await api.rest.issues.getComment({ ...at, comment_id: mailed })
  expect([data.body_html, headers['x-github-media-type']]).toEqual([undefined, 'github.v3; format=json'])
  expect(github.violations).toEqual([])
})

test("the App's comments carry its mark, people's don't; an unchanged list is 304", async () => {
  const number = await open()
  await repository.comment(number, 'bob', '/plan')
  const api = octokit(github, repository.installationId)
  await api.rest.issues.createComment({ ...at, issue_number: number, body: 'The plan' })
  const { data, headers } = await api.rest.issues.listComments({ ...at, issue_number: number })
  expect(data.map((each) => each.performed_via_github_app?.slug)).toEqual([undefined, 'drydock'])
  const again = api.rest.issues.listComments({
    ...at,
    issue_number: number,
    headers: { 'if-none-match': headers.etag },
  })
  await expect(again).rejects.toMatchObject({ status: 304 })
  const tooLong = api.rest.issues.createComment({ ...at, issue_number: number, body: 'x'.repeat(65_537) })
  await expect(tooLong).rejects.toMatchObject({ status: 422 })
})

test('a list longer than a page is walked by its links', async () => {
  const number = await open()
  for (let count = 0; count < 5; count += 1) await repository.comment(number, 'bob', `Comment ${count}`)
  const api = octokit(github, repository.installationId)
  const all = await api.paginate(api.rest.issues.listComments, { ...at, issue_number: number, per_page: 2 })
  expect(all.map((each) => each.body)).toEqual([0, 1, 2, 3, 4].map((count) => `Comment ${count}`))
  expect(github.requests.filter((each) => each.route.endsWith('/comments'))).toHaveLength(3)
})

test("waiting ends with the App's write, without asking again and again", async () => {
  const number = await open()
  const seen = github.waitFor(() => repository.comments(number)[0]?.body, { what: 'a comment' })
  const api = octokit(github, repository.installationId)
  await api.rest.issues.createComment({ ...at, issue_number: number, body: 'Here' })
  expect(await seen).toBe('Here')
  const never = github.waitFor(() => undefined, { timeoutMs: 1, what: 'a miracle' })
  await expect(never).rejects.toThrow('Waited 1 ms in vain for a miracle.')
})
