import type { Forge, Permission, PullRequest } from '../../flows/ports.ts'
import type { ForgeParts } from './client.ts'
import { ask, askFor, statusOf } from './refusal.ts'

type Side = { readonly sha: string; readonly ref: string; readonly repo: { readonly id: number } | null }

/** What a single pull request and an entry of a list have in common. */
type PullRequestData = {
  readonly number: number
  readonly title: string
  readonly user: { readonly login: string } | null
  readonly state: string
  readonly merged_at: string | null
  readonly merge_commit_sha: string | null
  /** Not in an entry of a list. */
  readonly merged_by?: { readonly login: string } | null | undefined
  readonly head: Side
  readonly base: Side
  readonly draft?: boolean | undefined
}

const permissions: readonly Permission[] = ['admin', 'maintain', 'write', 'triage', 'read', 'none']

/** Reads of the repository itself: pull requests, branches, permissions. */
export function repositoryMethods({ client, at }: ForgeParts) {
  const methods: Pick<
    Forge,
    'pullRequest' | 'openPullRequests' | 'pullRequestsOf' | 'defaultBranch' | 'branchHead' | 'permission'
  > = {
    pullRequest: async (number) => {
      const { data } = await ask(`show pull request #${number}`, 'pull_requests: read', () =>
        client.rest.pulls.get({ ...at, pull_number: number }),
      )
      return pullRequestOf(data)
    },
    openPullRequests: async () => {
      const list = await ask('list the open pull requests', 'pull_requests: read', () =>
        client.paginate(client.rest.pulls.list, { ...at, state: 'open', per_page: 100 }),
      )
      return list.map(pullRequestOf)
    },
    pullRequestsOf: async (commit) => {
      const list = await ask(`list the pull requests of commit ${commit}`, 'pull_requests: read', () =>
        client.paginate(client.rest.repos.listPullRequestsAssociatedWithCommit, {
          ...at,
          commit_sha: commit,
          per_page: 100,
        }),
      )
      return list.map(pullRequestOf).filter((each) => each.merged)
    },
    defaultBranch: async () => {
      const { data } = await ask('show the repository', 'metadata: read', () => client.rest.repos.get(at))
      return data.default_branch
    },
    branchHead: async (branch) => {
      const found = await askFor(`show branch ${branch}`, 'contents: read', async () => {
        try {
          return await client.rest.git.getRef({ ...at, ref: `heads/${branch}` })
        } catch (error) {
          // 409: the repository is empty.
          if (statusOf(error) === 409) return undefined
          throw error
        }
      })
      return found?.data.object.sha
    },
    permission: async ({ login, id }) => {
      const found = await askFor(`show the permission of ${login}`, 'metadata: read', () =>
        client.rest.repos.getCollaboratorPermissionLevel({ ...at, username: login }),
      )
      // GitHub is asked by login, and says whose it is now.
      return found && found.data.user?.id === id ? permissionOf(found.data) : 'none'
    },
  }
  return methods
}

function pullRequestOf(data: PullRequestData): PullRequest {
  const merged = data.merged_at !== null
  return {
    number: data.number,
    title: data.title,
    author: data.user?.login ?? 'ghost',
    state: data.state === 'open' ? 'open' : 'closed',
    merged,
    // Before the merge this field names GitHub's test merge, which may be out of date.
    ...(merged && data.merge_commit_sha ? { mergeCommit: data.merge_commit_sha } : {}),
    ...(data.merged_by ? { mergedBy: data.merged_by.login } : {}),
    head: data.head.sha,
    base: data.base.sha,
    baseRef: data.base.ref,
    // A fork that was deleted has no repository any more.
    fork: data.head.repo?.id !== data.base.repo?.id,
    draft: data.draft ?? false,
  }
}

/**
 * `permission` knows only admin, write, read and none; `role_name` also maintain and triage, but may be an
 * organisation's own role, whose base role `permission` then gives.
 */
function permissionOf(data: { readonly permission: string; readonly role_name: string }): Permission {
  const known = (name: string) => permissions.find((each) => each === name)
  return known(data.role_name) ?? known(data.permission) ?? 'none'
}
