import { userJson } from '../build/common.ts'
import { fullRepositoryJson } from '../build/repository.ts'
import { GitHubError, notFound } from '../github-error.ts'
import type { Account, Role } from '../model.ts'
import { type Call, ok, onRepository, operation, type Route } from '../router.ts'
import type { World } from '../world.ts'
import { roleOf } from '../world.ts'

/** The four levels that the API knows for its six roles. */
const LEVELS: Readonly<Record<Role, string>> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: 'none',
}

function userAt(world: World, login: string | undefined): Account {
  const user = world.accounts.get((login ?? '').toLowerCase())
  if (!user) throw notFound()
  return user
}

function permissionsOf(role: Role) {
  const rank = ['none', 'read', 'triage', 'write', 'maintain', 'admin'].indexOf(role)
  return { pull: rank >= 1, triage: rank >= 2, push: rank >= 3, maintain: rank >= 4, admin: rank >= 5 }
}

function rateLimit({ world, auth }: Call) {
  const used = world.requests.filter((each) => each.kind === 'rest').length
  const core = {
    limit: auth.kind === 'anonymous' ? 60 : 5000,
    used,
    remaining: Math.max(0, 5000 - used),
    reset: reset(),
  }
  const search = { limit: 30, used: 0, remaining: 30, reset: reset() }
  return ok({ resources: { core, search, graphql: { ...core, used: 0, remaining: 5000 } }, rate: core })
}

/** When the rate limit of this hour begins anew, epoch seconds. */
export function reset(): number {
  return (Math.floor(Date.now() / 3_600_000) + 1) * 3600
}

/** Repositories, their collaborators, users and the rate limit. */
export const repositoryRoutes: readonly Route[] = [
  onRepository('GET', '', [['metadata', 'read']], ({ world, repository }) => ok(fullRepositoryJson(world, repository))),
  onRepository('GET', '/collaborators/{username}/permission', [['metadata', 'read']], (call) => {
    const { world, repository, params } = call
    const user = userAt(world, params.username)
    const role = roleOf(repository, user)
    const more = { role_name: role, permissions: permissionsOf(role) }
    return ok({ permission: LEVELS[role], role_name: role, user: { ...userJson(world, user), ...more } })
  }),
  onRepository('GET', '/collaborators/{username}', [['metadata', 'read']], ({ world, repository, params }) => {
    const role = repository.roles.get(userAt(world, params.username).login.toLowerCase())
    if (!role || role === 'none') throw notFound()
    return { status: 204 }
  }),
  onRepository('GET', '/branches/{branch}/protection', [['administration', 'read']], ({ repository, params }) => {
    const checks = repository.requiredChecks.get(params.branch ?? '')
    if (!checks) throw new GitHubError(404, 'Branch not protected')
    const contexts = [...checks]
    return ok({ required_status_checks: { contexts, checks: contexts.map((context) => ({ context, app_id: null })) } })
  }),
  onRepository('GET', '/rules/branches/{branch}', [['metadata', 'read']], ({ world, repository, params }) => {
    const checks = [...(repository.requiredChecks.get(params.branch ?? '') ?? [])]
    const rule = {
      type: 'required_status_checks',
      parameters: {
        required_status_checks: checks.map((context) => ({ context, integration_id: world.app.id })),
        strict_required_status_checks_policy: false,
      },
    }
    return ok(checks.length > 0 ? [rule] : [])
  }),
  operation('GET', '/users/{username}', 'any', ({ world, params }) => {
    const user = userAt(world, params.username)
    const about = { name: user.name, company: null, blog: '', location: null, email: null, hireable: null, bio: null }
    const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 }
    const at = world.app.createdAt
    return ok({ ...userJson(world, user), ...about, ...counts, created_at: at, updated_at: at })
  }),
  operation('GET', '/rate_limit', 'any', rateLimit),
]
