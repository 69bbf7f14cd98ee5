import { describe, expect, it } from 'vitest'
import { github, lastBody, refusal } from './support.ts'

const listed = 'GET /repos/acme/shop/pulls?state=all&sort=created&direction=desc&per_page=100'
const marker = '<!-- drydock:revert:7 -->'
const ours = { number: 9, user: { login: 'drydock[bot]' }, body: `Why.\n\n${marker}`, state: 'open', merged_at: null }
const asked = { number: 7, title: 'Revert #7', body: 'Why.' }

function start(pulls: readonly object[]) {
  const all = github()
  all.tokens()
  all.on('GET /app', 200, { slug: 'drydock' })
  all.on(listed, 200, pulls as object)
  return all
}

/** The answers to reading the pull request and to the mutation. */
function answering(all: ReturnType<typeof github>, ...answers: readonly (readonly [number, object])[]) {
  all.on('GET /repos/acme/shop/pulls/7', 200, { node_id: 'PR_7' })
  for (const [status, answer] of answers) all.on('POST /graphql', status, answer)
}

const made = { data: { revertPullRequest: { revertPullRequest: { number: 9 } } } }

describe('the pull request that takes a merged one back', () => {
  it('is opened by GitHub, with a token that may write for this alone', async () => {
    const all = start([])
    answering(all, [200, made])
    expect(await (await all.open()).openRevert(asked)).toEqual({ number: 9 })
    const token = all.seen.find(({ path }) => path.endsWith('access_tokens'))
    expect(token?.body).toMatchObject({ permissions: { contents: 'write', pull_requests: 'write' } })
    const { query, variables } = lastBody<{ query: string; variables: object }>(all.seen)
    expect(query).toContain('revertPullRequest(input: { pullRequestId: $pull')
    expect(variables).toEqual({ pull: 'PR_7', title: 'Revert #7', body: `Why.\n\n${marker}` })
  })

  it('is not opened twice', async () => {
    const all = start([ours])
    expect(await (await all.open()).openRevert(asked)).toEqual({ number: 9 })
    expect(all.requests().filter((each) => each.includes('graphql'))).toEqual([])
  })

  it.each([
    ['of somebody else with our marker', { ...ours, user: { login: 'mallory' } }],
    ['that was refused', { ...ours, state: 'closed' }],
    ['of another pull request', { ...ours, body: '<!-- drydock:revert:77 -->' }],
  ])('is not the one %s', async (_name, other) => {
    const all = start([other])
    answering(all, [200, { data: { revertPullRequest: { revertPullRequest: { number: 12 } } } }])
    expect(await (await all.open()).openRevert(asked)).toEqual({ number: 12 })
  })

  it('is looked for after a lost answer, before it is opened again', async () => {
    const all = start([])
    answering(all, [0, {}])
    all.on(listed, 200, [ours])
    expect(await (await all.open()).openRevert(asked)).toEqual({ number: 9 })
  })

  it('is none where GitHub finds a conflict', async () => {
    const all = start([])
    answering(all, [200, { data: null, errors: [{ type: 'UNPROCESSABLE', message: 'could not be reverted' }] }])
    expect(await (await all.open()).openRevert(asked)).toBeUndefined()
  })

  it('needs a permission that is named', async () => {
    const all = start([])
    answering(all, [200, { errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }] }])
    const { code, hint } = await refusal((await all.open()).openRevert(asked))
    expect(code).toBe('github-failed')
    expect(hint).toContain('contents: write')
  })
})
