import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Emulator } from '../../../../src/entry/demo/github/emulator.ts'
import type { RepositoryStory } from '../../../../src/entry/demo/github/story-types.ts'
import { openValidator } from '../../../../src/entry/demo/github/validation.ts'
import { begin, octokit } from './support.ts'

const at = { owner: 'acme', repo: 'gitops' }
let github: Emulator
let repository: RepositoryStory
let seen: number
let stop: () => Promise<void>

beforeAll(async () => {
  ;({ github, stop } = await begin())
  repository = await github.createRepository({ owner: 'acme', name: 'gitops' })
})

beforeEach(() => {
  seen = github.violations.length
})

afterAll(async () => {
  await stop()
})

const fresh = () => github.violations.slice(seen)

function request(route: string, parameters: Record<string, unknown> = {}) {
  return octokit(github, repository.installationId).request(route, { ...at, ...parameters })
}

test.each([
  ['POST /repos/{owner}/{repo}/check-runs', { name: 'drydock' }, 'head_sha'],
  ['POST /repos/{owner}/{repo}/issues/1/comments', { body: 'x', boddy: 'y' }, 'boddy is not a property'],
  ['GET /repos/{owner}/{repo}/pulls', { state: 'merged' }, 'query/state must be equal to one of'],
  ['GET /repos/{owner}/{repo}/pulls', { stat: 'open' }, 'must NOT have additional properties (stat)'],
  ['GET /repos/{owner}/{repo}/pulls/first', {}, 'path/pull_number must be integer'],
])('%s with %j is refused with 422 and recorded', async (route, parameters, message) => {
  await expect(request(route, parameters)).rejects.toMatchObject({ status: 422 })
  expect(fresh()).toEqual([expect.objectContaining({ where: 'request', message: expect.stringContaining(message) })])
})

test('51 annotations in one request are one too many', async () => {
  const annotation = { path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm' }
  const output = { title: 't', summary: 's', annotations: Array.from({ length: 51 }, () => annotation) }
  const head_sha = (await repository.head('main')) ?? ''
  const create = 'POST /repos/{owner}/{repo}/check-runs'
  await expect(request(create, { name: 'drydock', head_sha, output })).rejects.toMatchObject({ status: 422 })
  const fifty = { ...output, annotations: output.annotations.slice(1) }
  expect((await request(create, { name: 'drydock', head_sha, output: fifty })).status).toBe(201)
})

test('a path that GitHub does not have is 404 and recorded', async () => {
  await expect(request('GET /repos/{owner}/{repo}/deploys')).rejects.toMatchObject({ status: 404 })
  expect(fresh()).toMatchObject([{ where: 'request', operation: 'GET /repos/acme/gitops/deploys' }])
})

test('an answer or a webhook that GitHub would not send is found', async () => {
  const validator = await openValidator()
  if (!validator) throw new Error('The schemas are not installed.')
  const route = '/repos/{owner}/{repo}/issues/{issue_number}/comments'
  expect(validator.response('POST', route, 201, { id: 'one' }).join('\n')).toMatch(/node_id|must be integer/)
  expect(validator.response('POST', route, 204, undefined)).toEqual(['status 204 is not an answer of this operation'])
  expect(validator.webhook('push', null, { ref: 'refs/heads/main' })).not.toEqual([])
  expect(validator.webhook('pull_request', 'exploded', {})).toEqual(['GitHub has no such webhook'])
})

test('switched off, it lets pass what it would refuse', async () => {
  const { github: lenient, stop: end } = await begin({ validate: false })
  const { installationId } = await lenient.createRepository({ owner: 'acme', name: 'gitops' })
  const api = octokit(lenient, installationId)
  expect((await api.request('GET /repos/{owner}/{repo}/pulls', { ...at, stat: 'open' })).status).toBe(200)
  expect(lenient.violations).toEqual([])
  await end()
})
