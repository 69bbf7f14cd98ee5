/**
 * What the flows need of the world: types only. Each group is implemented by one folder of `adapters/`.
 */

import type { AuditHead, AuditRow } from '../core/audit/event.ts'
import type { HelmSettings, RenderKind } from '../core/model/app.ts'
import type { Inventory, Marks } from '../core/model/inventory.ts'
import type { Kinds } from '../core/model/kinds.ts'
import type { KubeObject, LiveObject, ManagedFields } from '../core/model/object.ts'
import type { SyncState } from '../core/model/outcome.ts'
import type { Conclusion } from '../core/model/plan.ts'
import type { ObjectReference } from '../core/model/reference.ts'
import type { AuthorisedPlan } from '../core/policy/authorise.ts'
import type { CheckReport } from '../core/report/check.ts'
import type {
  AuditEvent,
  Delivery,
  Job,
  PlanRecord,
  PullRequestState,
  RepositoryAddress,
  SyncRecord,
} from './records.ts'
import type { StateStore } from './state-ports.ts'

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
   * Mode (`100644`, `100755`, `120000`, `160000`) and object id of each of these files that is there; of symbolic links
   * and submodules too, of folders not. Paths are literal, as git has them.
   */
  readonly blobs: (
    treeish: string,
    paths: readonly string[],
  ) => Promise<ReadonlyMap<string, { readonly mode: string; readonly id: string }>>
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
    options?: {
      readonly namespace?: string
      readonly labelSelector?: string
      readonly fieldSelector?: string
      /** `true`: their metadata only. */
      readonly metadata?: boolean
    },
  ) => Promise<readonly LiveObject[]>
  /** Server-side apply with `dryRun=All`: the object as it would be stored. Throws `cluster-refused`. */
  readonly previewApply: (object: KubeObject, options?: { readonly validate?: boolean }) => Promise<ApplyAnswer>
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
  /**
   * Watches the objects of a kind that a selector fits, in one namespace or in all: calls `seen` with each state of each,
   * starting with the present ones. Ends by the signal; throws when the watch can't be kept up.
   */
  readonly watch: (
    apiVersion: string,
    kind: string,
    seen: (object: LiveObject, gone: boolean) => void,
    options: {
      readonly signal: AbortSignal
      readonly namespace?: string
      readonly labelSelector?: string
      readonly fieldSelector?: string
    },
  ) => Promise<void>
  /**
   * Changes what holds an app on its parent object, and nothing else; makes the parent where there is none. `change` gets
   * what is there now, and is called again when somebody else wrote meanwhile. Throws `store-failed` where that can't be read.
   */
  readonly saveMarks: (repository: string, app: string, change: (marks: Marks) => Marks) => Promise<void>
  /** The only way to write objects: takes what the policy step authorised. */
  readonly writer: (authorised: AuthorisedPlan) => ClusterWriter
  /** Requests sent so far, by verb; dry runs and watches apart. */
  readonly requests: () => Readonly<Record<string, number>>
  readonly close: () => Promise<void>
}

/** Writes to a cluster what an {@link AuthorisedPlan} allows; refuses everything else with `forbidden-target`. */
export type ClusterWriter = {
  /** Server-side apply: field manager `drydock`, `force=true`, `fieldValidation=Strict` unless told otherwise. */
  readonly apply: (object: KubeObject, options?: { readonly validate?: boolean }) => Promise<ApplyAnswer>
  /** Writes who owns which field, and nothing else, guarded by the resourceVersion that the object carries. */
  readonly fold: (live: LiveObject, managedFields: readonly ManagedFields[]) => Promise<void>
  /** Deletes with a precondition on the UID; a missing object is a success. */
  readonly delete: (
    reference: ObjectReference,
    uid: string,
    options?: { readonly propagation?: 'Background' | 'Foreground' | 'Orphan' },
  ) => Promise<void>
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
  /** `true`: it came by e-mail, to an address that speaks in the name of its owner and goes along with a forwarded mail. */
  readonly emailed: boolean
  /** By GitHub's clock, ISO 8601. */
  readonly createdAt: string
  readonly updatedAt: string
}

/** One file as an earlier commit had it; without `id` it did not exist there and is deleted. */
export type RestoredFile = {
  readonly path: string
  /** As git writes it: `100644`, `100755`, `120000` or `160000`. */
  readonly mode?: string
  /** Of its blob, or of the commit of a submodule. */
  readonly id?: string
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
  /** `none` also where the login belongs to another id by now: accounts are renamed, and logins taken by others. */
  readonly permission: (user: { readonly login: string; readonly id: number }) => Promise<Permission>
  /** Is the user in this team, or in one below it? Throws `github-failed` where the App may not know. */
  readonly isMember: (team: { readonly org: string; readonly slug: string }, user: string) => Promise<boolean>
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

  /**
   * Opens the pull request that takes a merged one back, or finds the one that this opened before and nobody refused.
   * `undefined`: GitHub can't take it back by itself (a later commit changed the same lines).
   */
  readonly openRevert: (revert: {
    readonly number: number
    readonly title: string
    /** Markdown; a hidden marker is added. */
    readonly body: string
  }) => Promise<{ readonly number: number } | undefined>

  /**
   * Opens a pull request of one commit on `parent` that makes these files what they were, or finds the one that this
   * opened before (same `key`) and nobody refused. Blobs are named by their ids: the repository has them. Throws
   * `github-failed`, also where a file that is to be deleted is not in `parent`.
   */
  readonly openRestore: (restore: {
    /** The pull request that is taken back. */
    readonly number: number
    /** `[a-z0-9-]`: tells two restores of one pull request apart. */
    readonly key: string
    /** The target branch. */
    readonly branch: string
    /** Its head commit. */
    readonly parent: string
    readonly files: readonly RestoredFile[]
    readonly title: string
    /** Markdown; a hidden marker is added. */
    readonly body: string
  }) => Promise<{ readonly number: number }>

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

/** Durable state. Each call is one transaction; jobs given with a write are queued by that same transaction. */
export type Store = StateStore & {
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
  /** Remembers that the answer of a command tells of this state, unless it is in another one by now. */
  readonly noteTold: (syncId: string, told: SyncState) => Promise<void>
  readonly syncsOf: (repository: RepositoryName, number: number) => Promise<readonly SyncRecord[]>
  /** Syncs that somebody asked for on this pull request, whatever pull request they are of; oldest first. */
  readonly askedOn: (repository: RepositoryName, number: number) => Promise<readonly SyncRecord[]>
  /** Is there a newer sync of this app than that one? */
  readonly newerSync: (record: SyncRecord) => Promise<SyncRecord | undefined>
  readonly latestSync: (repository: RepositoryName, app: string) => Promise<SyncRecord | undefined>
  /** Adds an event to the end of the audit log, and to its chain of hashes, whoever else does so at once. */
  readonly audit: (event: AuditEvent) => Promise<void>
  /** The first events after the one with this number (without one: of all), in order. */
  readonly auditRows: (after: number | undefined, limit: number) => Promise<readonly AuditRow[]>
  /** The newest event, as it was noted when it was written; `undefined` only when somebody took the note away. */
  readonly auditHead: () => Promise<AuditHead | undefined>
  readonly enqueue: (jobs: readonly Job[]) => Promise<void>
}

/** Runs jobs until it is stopped. */
export type JobRunner = {
  /** `handle` may be called again with the same job after a crash: it must be safe to do twice. */
  readonly start: (handle: (job: Job, signal: AbortSignal) => Promise<void>) => Promise<void>
  /** Takes no new job, lets running ones end for `graceMs`, then aborts and hands them back. */
  readonly stop: (graceMs: number) => Promise<void>
}
