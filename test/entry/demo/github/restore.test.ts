import { execFileSync } from 'node:child_process'
import { Probot } from 'probot'
import { expect, onTestFinished, test } from 'vitest'
import { createForges } from '../../../../src/adapters/github/forges.ts'
import type { Forge, RestoredFile } from '../../../../src/flows/ports.ts'
import { begin, credentials, octokit, receive } from './support.ts'

const silent = () => {}
const quiet = { debug: silent, info: silent, warn: silent, error: silent }
const probotLog = { ...quiet, fatal: silent, trace: silent, child: () => probotLog } as unknown as Probot['log']

const odd = 'dir/ü "[x]*\n\t\\.yaml'
const wanted = 'drydock/rollback-1-shop'
const at = { owner: 'acme', repo: 'gitops' }

/** A repository whose files were changed in every way, and what makes each of them what it was. */
async function changed() {
  const { github, stop } = await begin()
  onTestFinished(stop)
  const repo = await github.createRepository({
    owner: 'acme',
    name: 'gitops',
    files: {
      'a.yaml': 'a: 1\n',
      'run.sh': { executable: '#!/bin/sh\n' },
      link: { symlink: 'a.yaml' },
      lib: { submodule: '1'.repeat(40) },
      [odd]: 'odd\n',
      swap: 'a file\n',
      'turn/inner.yaml': 'in a folder\n',
      'kept.yaml': 'kept\n',
    },
  })
  const before = (await repo.head('main')) ?? ''
  const listed = execFileSync('git', ['ls-tree', '-r', '-z', before], { cwd: repo.folder, encoding: 'utf8' })
  const files: RestoredFile[] = listed.split('\0').flatMap((line) => {
    const [, mode = '', id = '', path = ''] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(line) ?? []
    return path === '' || path === 'kept.yaml' || path === 'README.md' ? [] : [{ path, mode, id }]
  })
  const away = Object.fromEntries(files.map(({ path }) => [path, null]))
  const parent = await repo.commit(
    'main',
    { ...away, 'a.yaml': 'a: 2\n', 'new.yaml': 'new\n', 'swap/inner.yaml': 'x\n', turn: 'a file\n' },
    'Change everything',
    'ann',
  )
  for (const path of ['new.yaml', 'swap/inner.yaml', 'turn']) files.push({ path })
  const { appId, privateKeyPem: privateKey } = credentials
  const probot = new Probot({ appId, privateKey, secret: 'x', baseUrl: github.apiUrl, log: probotLog })
  const forges = createForges({ probot, appId, log: quiet, pace: false, secondMs: 1 })
  const forge = await forges.open({ owner: 'acme', name: 'gitops' }, repo.installationId)
  const wish = { number: 1, key: 'shop', branch: 'main', parent, files, title: 'Take back #1', body: 'Why.' }
  const restore = (more: Partial<Parameters<Forge['openRestore']>[0]> = {}) => forge.openRestore({ ...wish, ...more })
  const treeOf = (commit: string) =>
    execFileSync('git', ['rev-parse', `${commit}^{tree}`], { cwd: repo.folder, encoding: 'utf8' }).trim()
  const posted = (route: string) => github.requests.filter((each) => each.method === 'POST' && each.route === route)
  return { github, repo, before, parent, restore, treeOf, posted }
}

test('files of every kind and name are what they were, by one commit that people can merge', async () => {
  const { github, repo, before, parent, restore, treeOf } = await changed()
  const hook = await receive()
  onTestFinished(hook.stop)
  github.setWebhookUrl(hook.url)
  const { number } = await restore()
  const pull = repo.pullRequest(number)
  expect(pull).toMatchObject({ headRef: wanted, title: 'Take back #1', state: 'open', stats: { commits: 1 } })
  expect(pull.body).toContain('Why.')
  expect(pull.author.login).toBe('drydock[bot]')
  expect(treeOf(wanted)).toBe(treeOf(before))
  await github.idle()
  const told = github.deliveries.map((each) => [each.event, each.action].filter(Boolean).join('.'))
  expect(told).toEqual(expect.arrayContaining(['push', 'pull_request.opened']))
  const push = github.deliveries.find((each) => each.event === 'push')
  expect(push?.payload).toMatchObject({ ref: `refs/heads/${wanted}`, created: true, forced: false })
  const merged = await repo.mergePullRequest(number, { by: 'ann' })
  expect(treeOf(merged)).toBe(treeOf(before))
  expect(await repo.head('main')).not.toBe(parent)
  expect(github.violations).toEqual([])
})

test('it is found again, until somebody refuses it; another key opens another one', async () => {
  const { github, repo, restore } = await changed()
  const first = await restore()
  expect(await restore()).toEqual(first)
  expect(await restore({ key: 'web' })).not.toEqual(first)
  await repo.closePullRequest(first.number, 'ann')
  const again = await restore()
  expect(again).not.toEqual(first)
  expect(repo.pullRequest(again.number).headRef).toBe(wanted)
  expect(github.violations).toEqual([])
})

test.each(['/pulls', '/git/refs', '/git/trees'])(
  'a lost answer of POST %s leaves one pull request and one branch',
  async (path) => {
    const { github, repo, restore, posted } = await changed()
    const route = `/repos/{owner}/{repo}${path}`
    github.faults.request({ kind: 'lost-reply', method: 'POST', path: route })
    const { number } = await restore()
    expect(posted(route)).toHaveLength(path === '/pulls' ? 1 : 2)
    expect(repo.pullRequests().map((each) => each.number)).toEqual([number])
    expect(repo.pullRequest(number).headRef).toBe(wanted)
  },
)

test('a branch that was left over is used, and one that somebody else made is left alone', async () => {
  const { github, repo, parent, restore } = await changed()
  github.faults.request({ kind: 'server-error', method: 'POST', path: '/repos/{owner}/{repo}/pulls', times: 3 })
  await expect(restore()).rejects.toMatchObject({ code: 'github-failed' })
  expect(await repo.head(wanted)).toBeDefined()
  expect(repo.pullRequest((await restore()).number).headRef).toBe(wanted)

  const theirs = await repo.commit('drydock/rollback-1-web', { 'evil.yaml': 'x\n' }, 'Theirs', 'eve', { from: parent })
  expect(repo.pullRequest((await restore({ key: 'web' })).number).headRef).toBe('drydock/rollback-1-web-2')
  expect(await repo.head('drydock/rollback-1-web')).toBe(theirs)
  expect(github.violations).toEqual([])
})

test('workflows take a permission that Drydock does not ask for, and says so', async () => {
  const { github, repo, restore } = await changed()
  const parent = await repo.commit('main', { '.github/workflows/ci.yaml': 'on: push\n' }, 'Add CI', 'ann')
  const refused = restore({ parent, files: [{ path: '.github/workflows/ci.yaml' }] })
  await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('workflows: write') })
  expect(github.violations).toEqual([])
})

test('GitHub makes no tree or commit of what is not there', async () => {
  const { github, repo, parent } = await changed()
  const { rest } = octokit(github, repo.installationId)
  const entry = { path: 'x', mode: '100644' as const, type: 'blob' as const }
  const tree = (base_tree: string, more: object) =>
    rest.git.createTree({ ...at, base_tree, tree: [{ ...entry, sha: '1'.repeat(40), ...more }] })
  await expect(tree(parent, {})).rejects.toMatchObject({ status: 422 })
  await expect(tree(parent, { sha: null })).rejects.toThrow('BadObjectState')
  await expect(tree(parent, { path: 'a/../b', sha: null })).rejects.toThrow('malformed path')
  await expect(tree('1'.repeat(40), {})).rejects.toMatchObject({ status: 404 })
  const commit = { ...at, message: 'x', tree: '1'.repeat(40), parents: [parent] }
  await expect(rest.git.createCommit(commit)).rejects.toThrow('Tree SHA does not exist')
  const head = await rest.git.getCommit({ ...at, commit_sha: parent })
  const orphan = { ...commit, tree: head.data.tree.sha, parents: ['1'.repeat(40)] }
  await expect(rest.git.createCommit(orphan)).rejects.toThrow('Parent SHA does not exist')
  expect(github.violations).toEqual([])
})
