import { expect, it } from 'vitest'
import { github, refusal } from './support.ts'

const route = 'GET /orgs/acme/teams/platform/memberships/ann'
const team = { org: 'acme', slug: 'platform' }

it.each([
  ['in the team', 200, { state: 'active', role: 'member' }, true],
  ['invited, and not in it yet', 200, { state: 'pending', role: 'member' }, false],
  ['not in it', 404, { message: 'Not Found' }, false],
])('somebody is %s', async (_name, status, answer, expected) => {
  const { on, tokens, open, seen } = github()
  tokens()
  on(route, status, answer)
  expect(await (await open()).isMember(team, 'ann')).toBe(expected)
  expect(seen[0]?.body).toMatchObject({ permissions: { members: 'read' }, repositories: ['shop'] })
})

it('an App that may not ask is told which permission it lacks', async () => {
  const { on, tokens, open } = github()
  tokens()
  on(route, 403, { message: 'Resource not accessible by integration' })
  const { code, hint } = await refusal((await open()).isMember(team, 'ann'))
  expect(code).toBe('github-failed')
  expect(hint).toContain('members: read')
})

it('an installation that was never granted it is told the same', async () => {
  const { on, open } = github()
  on('POST /app/installations/5/access_tokens', 422, { message: 'The permissions requested are not granted' })
  on('GET /app/installations/5', 200, { permissions: { metadata: 'read' } })
  const { message } = await refusal((await open()).isMember(team, 'ann'))
  expect(message).toContain('lacks permissions: members: read')
})
