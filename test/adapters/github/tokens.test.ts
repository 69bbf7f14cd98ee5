import { describe, expect, it, vi } from 'vitest'
import { createTokens } from '../../../src/adapters/github/tokens.ts'
import { github, refusal, repository, sha, token } from './support.ts'

const branch = 'GET /repos/acme/shop/git/ref/heads%2Fmain'
const found = { ref: 'refs/heads/main', object: { sha } }

describe('tokens', () => {
  it('are for one repository and no more than a forge needs', async () => {
    const { on, tokens, seen, open } = github()
    tokens()
    on(branch, 200, found)
    await (await open()).branchHead('main')
    expect(seen[0]?.body).toEqual({
      repositories: ['shop'],
      permissions: {
        metadata: 'read',
        contents: 'read',
        checks: 'write',
        deployments: 'write',
        issues: 'write',
        pull_requests: 'write',
      },
    })
    expect(seen[0]?.headers.get('authorization')).toMatch(/^bearer eyJ/)
    expect(seen[1]?.headers.get('authorization')).toBe(`token ${token}`)
  })

  it('for git can only read contents of that repository', async () => {
    const { tokens, seen, forges } = github()
    tokens()
    expect(await forges.installationToken(repository, 5)).toBe(token)
    expect(seen[0]?.body).toEqual({ repositories: ['shop'], permissions: { contents: 'read' } })
  })

  it('are asked for at the GitHub Enterprise Server, not at github.com', async () => {
    const { on, tokens, requests, open } = github('https://ghe.acme.com/api/v3')
    tokens()
    on(branch, 200, found)
    expect(await (await open()).branchHead('main')).toBe(sha)
    expect(requests()[0]).toBe('POST /api/v3/app/installations/5/access_tokens')
  })

  it('are asked for once by many at the same time', async () => {
    const { tokens, requests, forges } = github()
    tokens()
    await Promise.all([1, 2, 3].map(() => forges.installationToken(repository, 5)))
    expect(requests()).toHaveLength(1)
  })

  it('that GitHub refuses are replaced, and the request is sent again', async () => {
    const { on, tokens, seen, open } = github()
    tokens(2)
    on(branch, 401, { message: 'Bad credentials' })
    on(branch, 200, found)
    expect(await (await open()).branchHead('main')).toBe(sha)
    expect(seen.at(-1)?.headers.get('authorization')).toBe(`token ${token}1`)
  })

  it('that could not be had are asked for again the next time', async () => {
    const { on, tokens, forges } = github()
    on('POST /app/installations/5/access_tokens', 401, { message: 'A JSON web token could not be decoded' })
    const { code, hint } = await refusal(forges.installationToken(repository, 5))
    expect([code, hint]).toEqual(['github-failed', expect.stringContaining('PRIVATE_KEY')])
    tokens()
    expect(await forges.installationToken(repository, 5)).toBe(token)
  })

  it('name the permissions that the installation was not granted', async () => {
    const { on, open } = github()
    on('POST /app/installations/5/access_tokens', 422, { message: 'The permissions requested are not granted' })
    on('GET /app/installations/5', 200, {
      permissions: { metadata: 'read', contents: 'write', checks: 'read', issues: 'write', pull_requests: 'write' },
    })
    const { message, hint } = await refusal((await open()).branchHead('main'))
    expect(message).toBe("The App's installation lacks permissions: checks: write, deployments: write.")
    expect(hint).toContain('accept them')
  })

  it('name the repository that the installation does not reach', async () => {
    const { on, forges } = github()
    on('POST /app/installations/5/access_tokens', 422, { message: 'There is at least one repository that …' })
    on('GET /app/installations/5', 200, { permissions: { contents: 'read' } })
    const { message } = await refusal(forges.installationToken(repository, 5))
    expect(message).toContain('does not reach acme/shop')
  })

  it('are used until five minutes before they expire', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z')
    const createToken = vi.fn(async () => ({
      token: `t${createToken.mock.calls.length}`,
      expires_at: '2026-01-01T01:00:00Z',
    }))
    const tokens = createTokens({ createToken, granted: async () => ({}) }, () => now)
    const scope = { installationId: 5, repository, permissions: { contents: 'read' } } as const
    expect(await tokens.get(scope)).toBe('t1')
    now += 55 * 60_000 - 1
    expect(await tokens.get(scope)).toBe('t1')
    now += 1
    expect(await tokens.get(scope)).toBe('t2')
  })

  it('of one repository, installation or set of permissions are not given to another', async () => {
    const createToken = vi.fn(async () => ({
      token: `t${createToken.mock.calls.length}`,
      expires_at: '2999-01-01T00:00:00Z',
    }))
    const tokens = createTokens({ createToken, granted: async () => ({}) })
    const scope = { installationId: 5, repository, permissions: { contents: 'read' } } as const
    const others = [
      { ...scope, installationId: 6 },
      { ...scope, repository: { owner: 'acme', name: 'other' } },
      { ...scope, repository: { owner: 'other', name: 'shop' } },
      { ...scope, permissions: { contents: 'write' } as const },
      { installationId: 5, permissions: scope.permissions },
    ]
    const all = await Promise.all([scope, ...others].map((each) => tokens.get(each)))
    expect(new Set(all).size).toBe(all.length)
  })
})
