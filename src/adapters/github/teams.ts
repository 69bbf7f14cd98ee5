import type { Forge } from '../../flows/ports.ts'
import type { ForgeParts } from './client.ts'
import { askFor } from './refusal.ts'

/** Who is in a team, asked with a token that can do nothing else: an App without `members: read` works for all the rest. */
export function teamMethods({ clientWith }: ForgeParts) {
  const methods: Pick<Forge, 'isMember'> = {
    isMember: async ({ org, slug }, user) => {
      const found = await askFor(`say who is in @${org}/${slug}`, 'members: read', async () => {
        const client = await clientWith({ members: 'read' })
        return client.rest.teams.getMembershipForUserInOrg({ org, team_slug: slug, username: user })
      })
      // An invitation is no membership yet.
      return found?.data.state === 'active'
    },
  }
  return methods
}
