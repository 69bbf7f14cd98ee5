import { GitHubError, notFound } from '../github-error.ts'
import { ok, operation, type Route } from '../router.ts'

/** Teams of organizations. */
export const teamRoutes: readonly Route[] = [
  operation('GET', '/orgs/{org}/teams/{team_slug}/memberships/{username}', 'installation', (call) => {
    const { world, auth, params } = call
    const { org = '', team_slug: slug = '', username = '' } = params
    const ours = auth.kind === 'installation' && auth.installation.account.login.toLowerCase() === org.toLowerCase()
    if (!ours || !auth.token.permissions.members) throw new GitHubError(403, 'Resource not accessible by integration')
    const members = world.teams.get(`${org}/${slug}`.toLowerCase())
    if (!members?.has(username.toLowerCase())) throw notFound()
    const url = `${world.url}/api/v3/organizations/${auth.installation.account.id}/team/1/memberships/${username}`
    return ok({ url, role: 'member', state: 'active' })
  }),
]
