import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Emulator } from '../../../../src/entry/demo/github/emulator.ts'
import type { RepositoryStory } from '../../../../src/entry/demo/github/story-types.ts'
import { begin, credentials, octokit, type Received, receive } from './support.ts'

let github: Emulator
let repository: RepositoryStory
let number: number
let hook: Awaited<ReturnType<typeof receive>>
let stop: () => Promise<void>

beforeEach(async () => {
  ;({ github, stop } = await begin())
  repository = await github.createRepository({ owner: 'acme', name: 'gitops' })
  number = await repository.openPullRequest({ head: 'topic', title: 'Add', author: 'ann', files: { a: 'a' } })
  hook = await receive()
  github.setWebhookUrl(hook.url)
})

afterEach(async () => {
  await stop()
  await hook.stop()
})

function comment(body = 'Plan') {
  const api = octokit(github, repository.installationId)
  return api.rest.issues.createComment({ owner: 'acme', repo: 'gitops', issue_number: number, body })
}

const guids = () => hook.got.map((each) => each.headers['x-github-delivery'])
const bodies = () => hook.got.map((each) => JSON.parse(each.text).comment?.body)

test.each([
  ['rate-limit', 403, 'x-ratelimit-remaining', '0'],
  ['secondary-rate-limit', 403, 'retry-after', '7'],
  ['too-many-requests', 429, 'retry-after', '7'],
] as const)('%s is answered once, with what a client needs to wait', async (kind, status, header, value) => {
  github.faults.request({ kind, method: 'POST', path: '/comments', retryAfter: 7 })
  await expect(comment()).rejects.toMatchObject({ status, response: { headers: { [header]: value } } })
  expect(repository.comments(number)).toEqual([])
  expect((await comment()).status).toBe(201)
})

test('a server error does nothing; a lost reply does it and says nothing', async () => {
  github.faults.request({ kind: 'server-error', path: '/repos/{owner}/{repo}/issues/{issue_number}/comments' })
  await expect(comment()).rejects.toMatchObject({ status: 502 })
  expect(repository.comments(number)).toEqual([])
  github.faults.request({ kind: 'lost-reply', path: /comments$/ })
  await expect(comment()).rejects.toThrow()
  expect(repository.comments(number).map((each) => each.body)).toEqual(['Plan'])
  expect(github.requests.at(-1)).toMatchObject({ method: 'POST', status: 0, fault: 'lost-reply' })
})

test('webhooks are signed over the bytes that are sent', async () => {
  await repository.comment(number, 'bob', '/plan ✓')
  await github.idle()
  const { headers, text } = hook.got[0] as Received
  const expected = createHmac('sha256', credentials.webhookSecret).update(text).digest('hex')
  expect(headers['x-hub-signature-256']).toBe(`sha256=${expected}`)
  expect(headers).toMatchObject({ 'x-github-event': 'issue_comment', 'content-type': 'application/json' })
  expect(JSON.parse(text)).toMatchObject({ action: 'created', installation: { id: repository.installationId } })
})

test('a dropped webhook is listed as failed and comes with its GUID when redelivered', async () => {
  github.faults.webhook({ kind: 'drop', event: 'issue_comment' })
  await repository.comment(number, 'bob', '/plan')
  await github.idle()
  expect(hook.got).toEqual([])
  const { rest } = octokit(github)
  const failed = (await rest.apps.listWebhookDeliveries()).data.find((each) => each.status_code === 502)
  await rest.apps.redeliverWebhookDelivery({ delivery_id: failed?.id ?? 0 })
  await github.idle()
  expect(guids()).toEqual([failed?.guid])
  const newest = (await rest.apps.listWebhookDeliveries()).data[0]
  expect(newest).toMatchObject({ guid: failed?.guid, redelivery: true, status_code: 200 })
  expect(github.violations).toEqual([])
})

test('a duplicate has the same GUID, or another one as from a second hook', async () => {
  github.faults.webhook({ kind: 'duplicate' })
  await repository.comment(number, 'bob', 'one')
  await github.idle()
  expect(new Set(guids()).size).toBe(1)
  expect(hook.got).toHaveLength(2)
  github.faults.webhook({ kind: 'duplicate-other-guid' })
  await repository.comment(number, 'bob', 'two')
  await github.idle()
  expect(new Set(guids()).size).toBe(3)
  expect(bodies()).toEqual(['one', 'one', 'two', 'two'])
})

test('reordered and delayed webhooks are overtaken', async () => {
  github.faults.webhook({ kind: 'reorder' })
  await repository.comment(number, 'bob', 'one')
  await repository.comment(number, 'bob', 'two')
  await github.idle()
  expect(bodies()).toEqual(['two', 'one'])
  github.faults.webhook({ kind: 'delay', ms: 50 })
  await repository.comment(number, 'bob', 'three')
  await repository.comment(number, 'bob', 'four')
  await github.idle()
  expect(bodies()).toEqual(['two', 'one', 'four', 'three'])
})

test('an App that is down misses a webhook, which is listed as failed', async () => {
  await hook.stop()
  await repository.comment(number, 'bob', '/plan')
  await github.idle()
  expect(github.deliveries.at(-1)).toMatchObject({ statusCode: 502, event: 'issue_comment' })
  hook = await receive()
})
