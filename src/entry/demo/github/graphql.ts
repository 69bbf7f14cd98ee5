import { revertPull } from './acts/revert.ts'
import { may } from './auth.ts'
import { nodeId } from './build/common.ts'
import { GitHubError } from './github-error.ts'
import type { Json, Pull, Repository } from './model.ts'
import type { Auth } from './router.ts'
import type { World } from './world.ts'
import { exclusively } from './world.ts'

/** Where GitHub Enterprise has its GraphQL API, and GitHub itself. */
export const isGraphqlPath = (path: string): boolean => path === '/api/graphql' || path === '/graphql'

const fault = (type: string, message: string) => ({ data: null, errors: [{ type, path: [], message }] })

/**
 * Answers the one mutation that is known here, `revertPullRequest`, whose input is read from the variables `pull`, `title`
 * and `body`. As GitHub does, faults are in an answer of status 200. `undefined`: another query.
 */
export async function answerGraphql(world: World, auth: Auth, body: Json): Promise<Json | undefined> {
  if (!/\brevertPullRequest\(input:/.test(String(body.query))) return undefined
  const variables = (body.variables ?? {}) as Json
  const found = pullOf(world, String(variables.pull))
  if (!found) return fault('NOT_FOUND', `Could not resolve to a node with the global id of '${variables.pull}'.`)
  const { repository, pull } = found
  if (!may(auth, repository, 'contents', 'write') || !may(auth, repository, 'pull_requests', 'write')) {
    return fault('FORBIDDEN', 'Resource not accessible by integration')
  }
  try {
    const by = world.app.bot
    const wish = { by, title: String(variables.title), body: String(variables.body) }
    const { number } = await exclusively(repository, () => revertPull(world, repository, pull, wish))
    return { data: { revertPullRequest: { revertPullRequest: { number } } } }
  } catch (error) {
    if (error instanceof GitHubError) return fault('UNPROCESSABLE', error.message)
    throw error
  }
}

function pullOf(world: World, id: string): { readonly repository: Repository; readonly pull: Pull } | undefined {
  for (const repository of world.repositories.values()) {
    for (const pull of repository.pulls.values()) if (nodeId('PullRequest', pull.id) === id) return { repository, pull }
  }
  return undefined
}
