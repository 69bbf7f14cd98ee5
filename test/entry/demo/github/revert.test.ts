import { expect, onTestFinished, test } from 'vitest'
import { begin, octokit } from './support.ts'

const mutation = `mutation ($pull: ID!, $title: String!, $body: String!) {
  revertPullRequest(input: { pullRequestId: $pull, title: $title, body: $body }) { revertPullRequest { number } }
}`

async function merged() {
  const { github, stop } = await begin()
  onTestFinished(stop)
  const repo = await github.createRepository({ owner: 'acme', name: 'gitops', files: { 'a.yaml': 'a: 1\n' } })
  const number = await repo.openPullRequest({
    head: 'topic',
    title: 'Change',
    author: 'ann',
    files: { 'a.yaml': 'a: 2\n', 'b.yaml': 'b: 1\n' },
  })
  await repo.mergePullRequest(number, { by: 'ann' })
  const api = octokit(github, repo.installationId)
  const { data } = await api.rest.pulls.get({ owner: 'acme', repo: 'gitops', pull_number: number })
  const revert = () => api.graphql(mutation, { pull: data.node_id, title: 'Revert #1', body: 'Why.' })
  return { github, repo, revert }
}

test('a merged pull request is taken back by another one, which has its own branch', async () => {
  const { github, repo, revert } = await merged()
  await repo.commit('main', { 'c.yaml': 'c: 1\n' }, 'Something else', 'ann')
  expect(await revert()).toEqual({ revertPullRequest: { revertPullRequest: { number: 2 } } })
  expect(repo.pullRequest(2)).toMatchObject({ headRef: 'revert-1-topic', title: 'Revert #1', state: 'open' })
  await repo.mergePullRequest(2, { by: 'ann' })
  expect(await repo.file('main', 'a.yaml')).toBe('a: 1\n')
  expect(await repo.file('main', 'b.yaml')).toBeUndefined()
  expect(await repo.file('main', 'c.yaml')).toBe('c: 1\n')
  expect(github.violations).toEqual([])
})

test('one whose lines were changed since can not be taken back', async () => {
  const { repo, revert } = await merged()
  await repo.commit('main', { 'a.yaml': 'a: 3\n' }, 'Something else', 'ann')
  await expect(revert()).rejects.toThrow('could not be reverted')
})
