/**
 * What the flows need of the world: types only. Each group is implemented by one folder of `adapters/`.
 */

import type { HelmSettings, RenderKind } from '../core/model/app.ts'
import type { Inventory } from '../core/model/inventory.ts'
import type { Kinds } from '../core/model/kinds.ts'
import type { KubeObject, LiveObject, ManagedFields } from '../core/model/object.ts'
import type { SyncOutcome } from '../core/model/outcome.ts'
import type { Conclusion, Plan } from '../core/model/plan.ts'
import type { ObjectReference } from '../core/model/reference.ts'
import type { LiveState } from '../core/plan/staleness.ts'
import type { AuthorisedPlan } from '../core/policy/authorise.ts'
import type { CheckReport } from '../core/report/check.ts'

/** Time, injected so that decisions can be tested. */
export type Clock = { readonly now: () => Date }

/** Structured log: a fixed message and fields. Never a secret, never a whole payload. */
export type Log = {
  readonly debug: (message: string, fields?: Record<string, unknown>) => void
  readonly info: (message: string, fields?: Record<string, unknown>) => void
  readonly warn: (message: string, fields?: Record<string, unknown>) => void
  readonly error: (message: string, fields?: Record<string, unknown>) => void
}

// ---------------------------------------------------------------------------------------------------------- git

/** One file or folder of a tree. */
export type TreeEntry = {
  readonly path: string
  readonly type: 'file' | 'executable' | 'symlink' | 'submodule'
}

/** One repository's objects, local to this machine. A treeish is a commit or a tree id. */
export type GitRepository = {
  /** Makes these commits available. Fetches only what is missing. Throws `git-failed`. */
  readonly fetch: (commits: readonly string[]) => Promise<void>
  /** The commit id of a ref, or `undefined`. */
  readonly resolve: (ref: string) => Promise<string | undefined>
  readonly mergeBase: (one: string, other: string) => Promise<string | undefined>
  /** The tree of the merge of two commits (`git merge-tree`), or the paths in conflict. */
  readonly mergeTree: (
    base: string,
    head: string,
  ) => Promise<{ readonly tree: string } | { readonly conflicts: readonly string[] }>
  /** Paths that differ between two trees, both sides of renames. */
  readonly changedPaths: (from: string, to: string) => Promise<readonly string[]>
  /** Text of one regular file, or `undefined` where there is none. Throws `path-refused` for a symbolic link. */
  readonly read: (treeish: string, path: string) => Promise<string | undefined>
  /** All files below a folder (default: all), recursive, in order. */
  readonly list: (treeish: string, folder?: string) => Promise<readonly TreeEntry[]>
  /**
   * Writes the files of these folders or files into an empty folder, each at its path from the root.
   * Throws `path-refused` at a symbolic link or submodule, `path-missing` where a path is not in the tree.
   */
  readonly export: (treeish: string, paths: readonly string[], destination: string) => Promise<void>
  /** A hash of the names, modes and contents of these folders or files. */
  readonly fingerprint: (treeish: string, paths: readonly string[]) => Promise<string>
  /** First-parent commits from `from` (exclusive) to `to` (inclusive), oldest first; at most `limit`. */
  readonly firstParents: (from: string, to: string, limit: number) => Promise<readonly string[]>
  readonly isAncestor: (ancestor: string, descendant: string) => Promise<boolean>
  /** Subject and author of a commit. */
  readonly describe: (
    commit: string,
  ) => Promise<{ readonly subject: string; readonly author: string; readonly date: string }>
}

/** Opens the bare mirror of a repository on GitHub. */
export type Git = {
  readonly open: (repository: RepositoryName, installationId: number) => Promise<GitRepository>
}

// ------------------------------------------------------------------------------------------------------- render

/** One text that a renderer produced. */
export type RenderedText = {
  /** File of the repository that it comes from, as far as the renderer says. */
  readonly path: string
  /** One or more YAML (or JSON) documents. */
  readonly text: string
  /** `true`: lines of `text` are lines of the file; else the object is looked for in `original`. */
  readonly exact: boolean
  /** Text of the file at `path`, to find an object's line in. */
  readonly original?: string
}

/** What to render, in a folder that holds nothing else. */
export type RenderRequest = {
  /** Folder that holds the exported files, as the repository has them. */
  readonly root: string
  /** The app's path from `root`. */
  readonly path: string
  readonly kind: RenderKind
  /** Release name of Helm when the settings name none. */
  readonly name: string
  readonly helm?: HelmSettings
  readonly namespace?: string
  /** Version of the target cluster, `v1.35.4`. */
  readonly kubeVersion?: string
  /** `apps/v1`, `apps/v1/Deployment`, …: what the target cluster serves. */
  readonly apiVersions?: readonly string[]
  readonly signal?: AbortSignal
}

/** Turns a folder into texts. Throws `render-failed`, `render-timeout`, `render-too-large`, `renderer-missing`. */
export type Renderer = (request: RenderRequest) => Promise<readonly RenderedText[]>

/** A folder that is removed after use, also when `use` throws. */
export type Scratch = <T>(use: (folder: string) => Promise<T>) => Promise<T>

// ------------------------------------------------------------------------------------------------------ cluster

/** What the API server answered to an apply. */
export type ApplyAnswer = {
  readonly object: LiveObject
  /** `true`: there was no such object before. */
  readonly created: boolean
  /** Texts of `Warning:` headers. */
  readonly warnings: readonly string[]
}

/** Reads a cluster and asks it what would happen. Nothing here changes it. */
export type Cluster = {
  readonly name: string
  /** May Drydock change this object here? The server's configuration says for which namespaces it may. */
  readonly allows: (reference: ObjectReference) => boolean
  /** UID of `kube-system`, and the server's version (`v1.35.4`). Throws `cluster-unreachable`. */
  readonly identify: () => Promise<{ readonly uid: string; readonly version: string }>
  /** What the cluster serves now; `fresh` asks again (after a CRD was applied). */
  readonly kinds: (options?: { readonly fresh?: boolean }) => Promise<Kinds>
  /** The live object, or `undefined` when there is none. */
  readonly get: (reference: ObjectReference) => Promise<LiveObject | undefined>
  readonly list: (
    apiVersion: string,
    kind: string,
    options?: { readonly namespace?: string; readonly labelSelector?: string },
  ) => Promise<readonly LiveObject[]>
  /** Server-side apply with `dryRun=All`: the object as it would be stored. Throws `cluster-refused`. */
  readonly previewApply: (object: KubeObject) => Promise<ApplyAnswer>
  /**
   * Replaces a live object with `dryRun=All`, by the resourceVersion that it carries: the object as it would be stored.
   * Throws `cluster-refused`.
   */
  readonly previewUpdate: (object: LiveObject) => Promise<LiveObject>
  /** How many objects of a kind there are; reads one of them. */
  readonly count: (apiVersion: string, kind: string, namespace?: string) => Promise<number>
  /** `DELETE` with `dryRun=All`. Throws `cluster-refused`. */
  readonly previewDelete: (reference: ObjectReference) => Promise<void>
  /** The inventory of an app; empty when the app was never synced here. */
  readonly inventory: (repository: string, app: string) => Promise<Inventory>
  /**
   * Watches these objects: calls `seen` with each state of each (`undefined`: gone), starting with the present one.
   * Ends by the signal; throws when the watch can't be kept up.
   */
  readonly observe: (
    references: readonly ObjectReference[],
    seen: (reference: ObjectReference, object: LiveObject | undefined) => void,
    options: { readonly signal: AbortSignal; readonly labelSelector?: string },
  ) => Promise<void>
  /** The only way to write: takes what the policy step authorised. */
  readonly writer: (authorised: AuthorisedPlan) => ClusterWriter
  /** Requests sent so far, by verb; dry runs and watches apart. */
  readonly requests: () => Readonly<Record<string, number>>
  readonly close: () => Promise<void>
}

/** Writes to a cluster what an {@link AuthorisedPlan} allows; refuses everything else with `forbidden-target`. */
export type ClusterWriter = {
  /** Server-side apply: field manager `drydock`, `force=true`, `fieldValidation=Strict`. */
  readonly apply: (object: KubeObject) => Promise<ApplyAnswer>
  /** Writes who owns which field, and nothing else, guarded by the resourceVersion that the object carries. */
  readonly fold: (live: LiveObject, managedFields: readonly ManagedFields[]) => Promise<void>
  /** Deletes with a precondition on the UID; a missing object is a success. */
  readonly delete: (reference: ObjectReference, uid: string) => Promise<void>
  /** Writes the app's parent object, guarded by the resourceVersion that was read. */
  readonly saveInventory: (inventory: Inventory) => Promise<Inventory>
}

/** The clusters of the server's configuration. */
export type Clusters = {
  /** Throws `cluster-unknown`, `forbidden-target` when the repository may not use it, or `cluster-unreachable`. */
  readonly open: (name: string, repository: string) => Promise<Cluster>
}

// ------------------------------------------------------------------------------------------------------- GitHub

/** A repository on GitHub. */
export type RepositoryName = { readonly owner: string; readonly name: string }

/** A pull request as GitHub has it now. */
export type PullRequest = {
  readonly number: number
  readonly title: string
  readonly author: string
  readonly state: 'open' | 'closed'
  readonly merged: boolean
  readonly mergeCommit?: string
  /** Who merged it; known only when the pull request itself was read, not from a list. */
  readonly mergedBy?: string
  readonly head: string
  readonly base: string
  readonly baseRef: string
  /** `true`: the head is in another repository. */
  readonly fork: boolean
  readonly draft: boolean
}

/** What an issue comment says now, read again before it is obeyed. */
export type IssueComment = {
  readonly id: number
  readonly body: string
  readonly author: string
  readonly authorId: number
  readonly bot: boolean
  readonly edited: boolean
}

/** Permission of a user on a repository, highest first. */
export type Permission = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

/** One repository of one installation. */
export type Forge = {
  readonly pullRequest: (number: number) => Promise<PullRequest>
  readonly openPullRequests: () => Promise<readonly PullRequest[]>
  /** Merged pull requests that a commit of the target branch came from. */
  readonly pullRequestsOf: (commit: string) => Promise<readonly PullRequest[]>
  readonly defaultBranch: () => Promise<string>
  /** Head commit of a branch, or `undefined`. */
  readonly branchHead: (branch: string) => Promise<string | undefined>
  readonly permission: (user: string) => Promise<Permission>
  readonly comment: (id: number) => Promise<IssueComment | undefined>

  /** Makes a check run in progress, or complete when `done` is given. Returns its id. */
  readonly createCheck: (check: {
    readonly name: string
    readonly commit: string
    readonly externalId: string
    /** What it says while it is in progress. */
    readonly running?: { readonly title: string; readonly summary: string }
    readonly done?: { readonly conclusion: Conclusion; readonly report: CheckReport }
  }) => Promise<number>
  readonly completeCheck: (
    id: number,
    done: { readonly conclusion: Conclusion; readonly report: CheckReport },
  ) => Promise<void>
  /** Our check run with this name and external id on a commit: a lost answer is found again by it. */
  readonly findCheck: (commit: string, name: string, externalId: string) => Promise<number | undefined>

  readonly createComment: (issue: number, body: string) => Promise<number>
  /** Returns false when the comment is gone. */
  readonly updateComment: (id: number, body: string) => Promise<boolean>
  /** Our own comment that holds this marker, looked for by our App's id. */
  readonly findComment: (issue: number, marker: string) => Promise<number | undefined>
  readonly react: (comment: number, reaction: 'eyes' | 'rocket' | 'confused' | '-1') => Promise<void>

  readonly createDeployment: (deployment: {
    readonly commit: string
    readonly environment: string
    readonly description: string
    readonly payload: Record<string, string | number>
  }) => Promise<number>
  readonly deploymentStatus: (
    id: number,
    status: {
      readonly state: 'queued' | 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'
      readonly description: string
      readonly logUrl?: string
    },
  ) => Promise<void>
}

/** Opens repositories on GitHub. */
export type Forges = {
  readonly open: (repository: RepositoryName, installationId: number) => Promise<Forge>
  /** Every repository where the App is installed. */
  readonly installed: () => Promise<readonly { readonly repository: RepositoryName; readonly installationId: number }[]>
}

// -------------------------------------------------------------------------------------------------- state, jobs

/** Where a job's work lies. */
export type RepositoryAddress = RepositoryName & { readonly installationId: number }

/** The jobs of Drydock. `key` (derived by the queue) makes jobs of one key run strictly in order, one at a time. */
export type Job =
  /** Plans a pull request; key: repository and number. */
  | {
      readonly kind: 'plan'
      readonly repository: RepositoryAddress
      readonly number: number
      /** Why: a webhook's event, a command (with its comment), a re-run of the check. */
      readonly reason: 'opened' | 'pushed' | 'command' | 'rerequested' | 'base-changed' | 'live-changed' | 'recovered'
      /** With `live-changed`: id of the plan that no longer holds. With a newer one there is nothing to do. */
      readonly outdated?: string
      readonly command?: {
        readonly commentId: number
        readonly user: string
        readonly apps: readonly string[]
        /** The commit that was shown when it was given. */
        readonly head?: string
      }
    }
  /** Judges a merge group's commit; key: repository and commit. */
  | {
      readonly kind: 'merge-group'
      readonly repository: RepositoryAddress
      readonly head: string
      readonly base: string
      readonly baseRef: string
    }
  /** Reads a branch again and queues a sync for each affected app; key: repository and branch. */
  | {
      readonly kind: 'push'
      readonly repository: RepositoryAddress
      readonly branch: string
      readonly before?: string
      readonly pusher?: string
    }
  /** Finds the pull requests into a branch whose plan no longer holds since it moved; key: repository and branch. */
  | { readonly kind: 'base-moved'; readonly repository: RepositoryAddress; readonly branch: string }
  /** Syncs one app to the branch's newest commit; key: cluster and app. */
  | {
      readonly kind: 'sync'
      readonly repository: RepositoryAddress
      readonly syncId: string
      readonly cluster: string
      readonly app: string
    }
  /** Writes the state of a pull request's syncs into its comment; key: repository and number. */
  | { readonly kind: 'report'; readonly repository: RepositoryAddress; readonly number: number }
  /** Reads a new comment again and obeys it; key: repository and number. */
  | {
      readonly kind: 'command'
      readonly repository: RepositoryAddress
      readonly number: number
      readonly commentId: number
    }
  /** A pull request was closed without a merge; key: repository and number. */
  | { readonly kind: 'closed'; readonly repository: RepositoryAddress; readonly number: number }

/** A webhook delivery that was verified. */
export type Delivery = {
  /** `X-GitHub-Delivery`; the same on a redelivery. */
  readonly id: string
  readonly event: string
  /** Says what happened, without the delivery: two hooks that tell of the same thing have one meaning. */
  readonly meaning: string
}

/** The sticky comment and check state of a pull request. */
export type PullRequestState = {
  readonly repository: RepositoryName
  readonly number: number
  readonly open: boolean
  readonly head?: string
  readonly baseRef?: string
  /** By which it was reached last. */
  readonly installationId?: number
  readonly commentId?: number
  /** Hash of the last body written, to leave out a write that changes nothing. */
  readonly commentHash?: string
  /** The plan shown now, and how the check concluded. */
  readonly planId?: string
}

/** One plan of a pull request or merge group. */
export type PlanRecord = {
  readonly id: string
  readonly repository: RepositoryName
  /** Absent for a merge group. */
  readonly number?: number
  readonly head: string
  readonly base: string
  readonly state: 'running' | 'done' | 'superseded'
  readonly checkId?: number
  readonly plan?: Plan
  /** Digest of what GitHub was shown: a plan made again that says the same isn't written again. */
  readonly shown?: string
  /** The live objects that it was made from, as far as it touches them: when one changes, it no longer holds. */
  readonly live?: readonly LiveState[]
  /** ISO 8601. */
  readonly createdAt: string
}

/** One sync of one app. */
export type SyncRecord = {
  readonly id: string
  readonly repository: RepositoryName
  readonly app: string
  readonly cluster: string
  readonly branch: string
  readonly revision: string
  /** The revision that the branch came from: what the app was at before. */
  readonly previous?: string
  /** Absent for a direct push. */
  readonly number?: number
  readonly actor: string
  readonly deploymentId?: number
  readonly outcome: SyncOutcome
  readonly createdAt: string
  /** ISO 8601; set in every final state. */
  readonly finishedAt?: string
}

/** Who did what to which app. */
export type AuditEvent = {
  readonly at: string
  readonly actor: string
  readonly action: 'sync' | 'prune' | 'hold'
  readonly repository: string
  readonly app: string
  readonly cluster: string
  readonly revision: string
  readonly digest?: string
  readonly number?: number
  readonly result: string
  /** Why it was allowed. */
  readonly allowedBy: string
}

/** Durable state. Each call is one transaction; jobs given with a write are queued by that same transaction. */
export type Store = {
  /** Writes delivery and jobs together. `false`: known already, nothing was written (a failed job is queued again). */
  readonly accept: (delivery: Delivery, jobs: readonly Job[]) => Promise<boolean>
  readonly pullRequest: (repository: RepositoryName, number: number) => Promise<PullRequestState | undefined>
  readonly savePullRequest: (state: PullRequestState) => Promise<void>
  readonly plan: (id: string) => Promise<PlanRecord | undefined>
  readonly savePlan: (record: PlanRecord) => Promise<void>
  /** Newest finished plan of each other open pull request with this head. */
  readonly plansAtHead: (repository: RepositoryName, head: string) => Promise<readonly PlanRecord[]>
  /** The plan that was shown for a pull request last. */
  readonly latestPlan: (repository: RepositoryName, number: number) => Promise<PlanRecord | undefined>
  /** Numbers of the open pull requests into a branch, as far as they were planned. */
  readonly openInto: (repository: RepositoryName, branch: string) => Promise<readonly number[]>
  /** The newest finished plan at the head of each open pull request. */
  readonly openPlans: () => Promise<
    readonly { readonly repository: RepositoryAddress; readonly number: number; readonly planId: string }[]
  >
  /** Unfinished plans of a pull request: its jobs run one at a time, so that to a new job they are left over. */
  readonly runningPlans: (repository: RepositoryName, number: number) => Promise<readonly PlanRecord[]>
  /** The commit of a branch up to which pushes were turned into syncs. */
  readonly cursor: (repository: RepositoryName, branch: string) => Promise<string | undefined>
  /** Moves the cursor and queues the syncs of that step together. */
  readonly advance: (
    repository: RepositoryAddress,
    branch: string,
    commit: string,
    syncs: readonly SyncRecord[],
  ) => Promise<void>
  readonly sync: (id: string) => Promise<SyncRecord | undefined>
  /** Saves a sync; `report`: also queue the report of its pull request. */
  readonly saveSync: (record: SyncRecord, report?: RepositoryAddress) => Promise<void>
  readonly syncsOf: (repository: RepositoryName, number: number) => Promise<readonly SyncRecord[]>
  /** Is there a newer sync of this app than that one? */
  readonly newerSync: (record: SyncRecord) => Promise<SyncRecord | undefined>
  readonly latestSync: (repository: RepositoryName, app: string) => Promise<SyncRecord | undefined>
  readonly audit: (event: AuditEvent) => Promise<void>
  readonly enqueue: (jobs: readonly Job[]) => Promise<void>
}

/** Runs jobs until it is stopped. */
export type JobRunner = {
  /** `handle` may be called again with the same job after a crash: it must be safe to do twice. */
  readonly start: (handle: (job: Job, signal: AbortSignal) => Promise<void>) => Promise<void>
  /** Takes no new job, lets running ones end for `graceMs`, then aborts and hands them back. */
  readonly stop: (graceMs: number) => Promise<void>
}
