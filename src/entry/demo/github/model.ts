/** A JSON object on its way to or from the wire. */
export type Json = Record<string, unknown>

/** A role of a user on a repository, highest first. */
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

/** A commit as Git has it. */
export type CommitInfo = {
  readonly sha: string
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Signature
  readonly committer: Signature
  readonly message: string
}

/** Who and when (ISO 8601, UTC). */
export type Signature = { readonly name: string; readonly email: string; readonly date: string }

/** A user, an organization or the App's bot. */
export type Account = {
  readonly id: number
  readonly login: string
  readonly type: 'User' | 'Organization' | 'Bot'
  readonly name: string
  readonly email: string
}

/** What GitHub computes about an open pull request after each push to either side. */
export type PullStats = {
  readonly mergeable: boolean
  readonly testMerge: string | undefined
  readonly mergeBase: string
  readonly commits: number
  readonly additions: number
  readonly deletions: number
  readonly changedFiles: number
}

/** A pull request. Its comments and reviews are kept by the repository, under its number. */
export type Pull = {
  readonly id: number
  readonly number: number
  title: string
  body: string | null
  readonly author: Account
  /** The repository of the head: another one for a fork. */
  readonly headRepository: Repository
  readonly headRef: string
  headSha: string
  baseRef: string
  /** As on GitHub: the base when the head was pushed last, not the base of now. */
  baseSha: string
  draft: boolean
  state: 'open' | 'closed'
  merged: { readonly by: Account; readonly at: string; readonly sha: string } | undefined
  stats: PullStats
  readonly createdAt: string
  updatedAt: string
  closedAt: string | null
}

/** An issue without code; shares its numbers with the pull requests. */
export type Issue = {
  readonly id: number
  readonly number: number
  title: string
  body: string | null
  readonly author: Account
  state: 'open' | 'closed'
  readonly createdAt: string
  updatedAt: string
  closedAt: string | null
}

/** A comment of the conversation of a pull request or issue. */
export type Comment = {
  readonly id: number
  readonly issue: number
  body: string
  readonly author: Account
  readonly viaApp: boolean
  /** It came as a reply to a notification by e-mail. */
  readonly emailed: boolean
  readonly createdAt: string
  updatedAt: string
  readonly reactions: Reaction[]
}

/** An emoji of somebody on a comment. */
export type Reaction = {
  readonly id: number
  readonly content: string
  readonly user: Account
  readonly createdAt: string
}

/** A review of a pull request. */
export type Review = {
  readonly id: number
  readonly pull: number
  readonly author: Account
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED'
  readonly body: string
  readonly commit: string
  readonly submittedAt: string
}

/** A check run of the App. */
export type CheckRun = {
  readonly id: number
  readonly suite: CheckSuite
  name: string
  readonly headSha: string
  externalId: string
  detailsUrl: string | null
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: string | null
  startedAt: string | null
  completedAt: string | null
  title: string | null
  summary: string | null
  text: string | null
  readonly annotations: Json[]
  actions: Json[]
}

/** The check runs of the App on one commit. */
export type CheckSuite = {
  readonly id: number
  readonly headSha: string
  readonly headBranch: string | null
  readonly before: string | null
  readonly createdAt: string
  updatedAt: string
}

/** A commit status. */
export type Status = {
  readonly id: number
  readonly sha: string
  readonly state: string
  readonly context: string
  readonly description: string | null
  readonly targetUrl: string | null
  readonly creator: Account
  readonly createdAt: string
}

/** A deployment with its statuses, oldest first. */
export type Deployment = {
  readonly id: number
  readonly sha: string
  readonly ref: string
  readonly task: string
  readonly environment: string
  readonly description: string | null
  readonly payload: unknown
  readonly transient: boolean
  readonly production: boolean
  readonly creator: Account
  readonly createdAt: string
  updatedAt: string
  readonly statuses: DeploymentStatus[]
}

/** One step of a deployment. */
export type DeploymentStatus = {
  readonly id: number
  readonly state: string
  readonly description: string
  readonly environment: string
  readonly logUrl: string
  readonly environmentUrl: string
  readonly creator: Account
  readonly createdAt: string
}

/** A merge group that waits for its required check. */
export type MergeGroup = {
  readonly number: number
  readonly ref: string
  readonly headSha: string
  readonly baseRef: string
  readonly baseSha: string
  readonly by: Account
}

/** A repository with everything in it except what Git keeps. */
export type Repository = {
  readonly id: number
  readonly owner: Account
  readonly name: string
  /** The bare repository. */
  readonly folder: string
  readonly defaultBranch: string
  readonly private: boolean
  readonly parent: Repository | undefined
  readonly createdAt: string
  pushedAt: string
  readonly roles: Map<string, Role>
  /** Names of the required checks by branch. */
  readonly requiredChecks: Map<string, Set<string>>
  readonly pulls: Map<number, Pull>
  readonly issues: Map<number, Issue>
  readonly comments: Map<number, Comment>
  readonly reviews: Review[]
  readonly suites: CheckSuite[]
  readonly checkRuns: CheckRun[]
  readonly statuses: Status[]
  readonly deployments: Deployment[]
  readonly mergeGroups: MergeGroup[]
  /** Commits read so far, by id: they never change. */
  readonly commits: Map<string, CommitInfo>
  nextNumber: number
  /** The end of the queue of writers to the Git repository. */
  lock: Promise<unknown>
}

/** The App on one account. */
export type Installation = {
  readonly id: number
  readonly account: Account
  readonly repositories: Repository[]
  readonly createdAt: string
}

/** An installation token that was given out. */
export type Token = {
  readonly installation: Installation
  /** Absent: all repositories of the installation. */
  readonly repositories: readonly Repository[] | undefined
  readonly permissions: Readonly<Record<string, string>>
  /** Epoch, ms. */
  readonly expiresAt: number
}

/** One attempt to deliver a webhook. */
export type HookDelivery = {
  readonly id: number
  /** `X-GitHub-Delivery`; the same in a redelivery. */
  readonly guid: string
  readonly event: string
  readonly action: string | null
  readonly at: string
  readonly redelivery: boolean
  readonly installationId: number | null
  readonly repositoryId: number | null
  readonly payload: Json
  /** 0 until an answer or failure is known; 502 when nothing could be reached, 504 after 10 s. */
  statusCode: number
  /** `OK`, or why it failed. */
  status: string
  /** Seconds. */
  duration: number
  requestHeaders: Record<string, string>
  responseBody: string
}

/** A request that was answered. */
export type RecordedRequest = {
  /** `git` for clone, fetch and push. */
  readonly kind: 'rest' | 'git'
  readonly method: string
  /** The path's template in GitHub's OpenAPI; the path itself when there is none. */
  readonly route: string
  readonly path: string
  readonly query: string
  readonly body: unknown
  readonly status: number
  readonly ms: number
  /** The fault that answered instead, or spoiled the answer. */
  readonly fault: string | undefined
}

/** Something that GitHub's published schemas don't allow. */
export type Violation = {
  readonly where: 'request' | 'response' | 'webhook'
  /** `POST /repos/{owner}/{repo}/check-runs`, or `pull_request.opened`. */
  readonly operation: string
  readonly message: string
}
