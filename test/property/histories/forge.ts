import type { Forge, IssueComment, PullRequest } from '../../../src/flows/ports.ts'
import type { MemoryGit } from './git.ts'
import { openedPulls } from './pulls.ts'

/** What GitHub was told. */
type Told = {
  readonly checks: { id: number; name: string; commit: string; externalId: string; conclusion?: string }[]
  readonly comments: Map<number, { readonly issue: number; body: string }>
  /** Statuses of each deployment, by the id of its sync. */
  readonly deployments: Map<number, { readonly sync: string; readonly statuses: string[] }>
}

/** A command, as somebody wrote it. */
export type Asked = { readonly id: number; readonly number: number; readonly author: string; readonly body: string }

/** A GitHub that merges at once and remembers what it was told. */
export function memoryForge(git: MemoryGit) {
  const told: Told = { checks: [], comments: new Map(), deployments: new Map() }
  const asked: Asked[] = []
  let numbers = 0
  const nextNumber = (): number => ++numbers
  const pulls = openedPulls(git, nextNumber)
  const pullOf = (number: number): PullRequest => {
    const commit = git.merges().get(number)
    const open = commit === undefined && pulls.opened.some((each) => each.number === number)
    return {
      number,
      title: `Change ${number}`,
      author: 'alice',
      state: open ? 'open' : 'closed',
      merged: !open,
      ...(commit ? { mergeCommit: commit } : {}),
      mergedBy: 'bob',
      head: commit ?? '',
      base: commit ?? '',
      baseRef: 'main',
      fork: false,
      draft: false,
    }
  }
  const forge: Partial<Forge> = {
    pullRequest: async (number) => pullOf(number),
    openPullRequests: async () => [],
    pullRequestsOf: async (id) => {
      const { number } = git.find(id)
      return number === undefined ? [] : [pullOf(number)]
    },
    defaultBranch: async () => 'main',
    branchHead: async () => git.head().id,
    permission: async () => 'admin',
    createCheck: async (check) => {
      const id = told.checks.length + 1
      const { name, commit, externalId, done } = check
      told.checks.push({ id, name, commit, externalId, ...(done ? { conclusion: done.conclusion } : {}) })
      return id
    },
    completeCheck: async (id, done) => {
      const found = told.checks.find((each) => each.id === id)
      if (found) found.conclusion = done.conclusion
    },
    findCheck: async (commit, name, externalId) =>
      told.checks.find((each) => each.commit === commit && each.name === name && each.externalId === externalId)?.id,
    createComment: async (issue, body) => {
      const id = told.comments.size + 1
      told.comments.set(id, { issue, body })
      return id
    },
    updateComment: async (id, body) => {
      const found = told.comments.get(id)
      if (found) found.body = body
      return found !== undefined
    },
    findComment: async (issue, marker) =>
      [...told.comments].find(([, each]) => each.issue === issue && each.body.includes(marker))?.[0],
    ...pulls.methods,
    comment: async (id) => {
      const found = asked.find((each) => each.id === id)
      const at = '2026-01-01T00:00:00Z'
      const written = { authorId: 1, bot: false, edited: false, emailed: false, createdAt: at, updatedAt: at }
      return found && ({ ...written, ...found } satisfies IssueComment & Asked)
    },
    react: async () => undefined,
    createDeployment: async ({ payload }) => {
      const sync = String(payload.sync)
      const known = [...told.deployments].find(([, each]) => each.sync === sync)
      if (known) return known[0]
      const id = told.deployments.size + 1
      told.deployments.set(id, { sync, statuses: [] })
      return id
    },
    deploymentStatus: async (id, { state }) => void told.deployments.get(id)?.statuses.push(state),
  }
  return { forge: forge as Forge, told, asked, nextNumber, opened: pulls.opened }
}
