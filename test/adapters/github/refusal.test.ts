import { describe, expect, it } from 'vitest'
import { redact } from '../../../src/adapters/github/redact.ts'
import { github, refusal, sha, token } from './support.ts'

const repository = 'GET /repos/acme/shop'
const limited = { message: 'You have exceeded a secondary rate limit. Please wait.' }

describe('a request that GitHub refuses', () => {
  it('for a missing permission names it as GitHub does', async () => {
    const { on, tokens, open } = github()
    tokens()
    on(
      'POST /repos/acme/shop/check-runs',
      403,
      { message: 'Resource not accessible by integration' },
      {
        'x-accepted-github-permissions': 'checks=write',
      },
    )
    const { code, message, hint } = await refusal(
      (await open()).createCheck({ name: 'drydock', commit: sha, externalId: 'p1' }),
    )
    expect(code).toBe('github-failed')
    expect(message).toBe(
      'GitHub refused to create the check run drydock: Resource not accessible by integration (403).',
    )
    expect(hint).toContain('lacks the permission checks: write.')
  })

  it('for a missing permission names it also where GitHub does not', async () => {
    const { on, tokens, open } = github()
    tokens()
    on('POST /repos/acme/shop/issues/1/comments', 403, { message: 'Resource not accessible by integration' })
    expect((await refusal((await open()).createComment(1, 'x'))).hint).toContain('pull_requests: write')
  })

  it.each<[string, number, object, Record<string, string>]>([
    ['a secondary limit', 403, limited, { 'retry-after': '30' }],
    ['a secondary limit without a time', 403, limited, {}],
    ['429 with a time', 429, { message: 'Too many requests' }, { 'retry-after': '2' }],
    ['429 alone', 429, {}, {}],
    [
      'the hourly limit that ends soon',
      403,
      { message: 'API rate limit exceeded' },
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 5) },
    ],
  ])('for %s is sent again after the time asked for', async (_name, status, answer, headers) => {
    const { on, tokens, open, requests } = github()
    tokens()
    on(repository, status, answer, headers)
    on(repository, 200, { default_branch: 'main' })
    expect(await (await open()).defaultBranch()).toBe('main')
    expect(requests()).toHaveLength(3)
  })

  it('for a limit is sent again also when it creates something: a refusal did nothing', async () => {
    const { on, tokens, open } = github()
    tokens()
    on('POST /repos/acme/shop/check-runs', 429, limited, { 'retry-after': '1' })
    on('POST /repos/acme/shop/check-runs', 201, { id: 3 })
    expect(await (await open()).createCheck({ name: 'drydock', commit: sha, externalId: 'p1' })).toBe(3)
  })

  it('for a limit that lasts longer than a minute is given back at once, with the time', async () => {
    const { on, tokens, open, requests } = github()
    tokens()
    const reset = Math.floor(Date.now() / 1000) + 1800
    on(
      repository,
      403,
      { message: 'API rate limit exceeded' },
      {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(reset),
      },
    )
    const { message, hint } = await refusal((await open()).defaultBranch())
    expect(message).toBe("GitHub's rate limit is used up; it refused to show the repository.")
    expect(hint).toMatch(new RegExp(new Date((reset + 1) * 1000).toISOString().slice(11, 16)))
    expect(requests()).toHaveLength(2)
  })

  it('with 429 for longer than a minute is not sent again behind the back of what GitHub asked', async () => {
    const { on, tokens, open, requests } = github()
    tokens()
    on(repository, 429, limited, { 'retry-after': '61' })
    await refusal((await open()).defaultBranch())
    expect(requests()).toHaveLength(2)
  })

  it('again and again waits no more than a minute in all', async () => {
    const { on, tokens, open, requests } = github()
    tokens()
    for (let i = 0; i < 5; i += 1) on(repository, 403, limited, { 'retry-after': '25' })
    await refusal((await open()).defaultBranch())
    expect(requests()).toHaveLength(1 + 3)
  })

  it('with 5xx is sent again when that is harmless, then given up with the number', async () => {
    const { on, tokens, open } = github()
    tokens()
    on(repository, 502, '<html>bad gateway</html>', { 'content-type': 'text/html' })
    on(repository, 200, { default_branch: 'main' })
    const forge = await open()
    expect(await forge.defaultBranch()).toBe('main')
    for (let i = 0; i < 4; i += 1) on(repository, 503, {})
    expect((await refusal(forge.defaultBranch())).message).toBe(
      'GitHub answered 503 when asked to show the repository.',
    )
  })

  it('and answers that were cut off count as lost, not as empty', async () => {
    const { on, tokens, open } = github()
    tokens()
    const pulls = 'GET /repos/acme/shop/pulls?state=open&per_page=100'
    for (let i = 0; i < 4; i += 1) on(pulls, 200, '[{"number": 1')
    const { message } = await refusal((await open()).openPullRequests())
    expect(message).toBe('GitHub did not answer (the answer was cut off) when asked to list the open pull requests.')
  })

  it('never shows a token, in no part of the error', async () => {
    const { on, tokens, open } = github()
    tokens()
    on(repository, 422, {
      message: `Validation failed for ${token}`,
      errors: [{ message: `https://x:${token}@github.com` }],
    })
    const { message, hint, error } = await refusal((await open()).defaultBranch())
    expect(message).toContain('[redacted]')
    expect([message, hint, error.stack, JSON.stringify(error), String(error.cause)].join()).not.toContain('S3cret')
  })
})

describe('redact', () => {
  it.each([
    'ghs_0123456789abcdefABCDEF0123456789abcd',
    'ghs_123_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjF9.c2ln-_x',
    'github_pat_11ABC_def',
    'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjF9.c2lnbmF0dXJl',
    `v1.${'0a'.repeat(20)}`,
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\nMIIE',
  ])('takes out %j', (secret) => {
    expect(redact(`before ${secret} after`)).not.toContain(secret.slice(8))
    expect(redact(`before ${secret}`)).toMatch(/^before /)
  })

  it('takes credentials out of URLs and headers, and leaves the rest', () => {
    expect(redact('https://x-access-token:abc@github.com/o/r')).toBe('https://[redacted]@github.com/o/r')
    expect(redact('Authorization: bearer abcdefghijklmnopqrst')).toBe('Authorization: bearer [redacted]')
    expect(redact('commit 1a2b3c of acme/shop@main')).toBe('commit 1a2b3c of acme/shop@main')
  })
})
