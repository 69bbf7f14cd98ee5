/**
 * What is written down: jobs, plans, syncs, audit events. Types only.
 */

import type { AuditFields } from '../core/audit/event.ts'
import type { SyncOutcome, SyncState } from '../core/model/outcome.ts'
import type { Plan } from '../core/model/plan.ts'
import type { LiveState } from '../core/plan/staleness.ts'
import type { TakenAlong } from '../core/sync/going-back.ts'
import type { RepositoryName } from './ports.ts'

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
        /** `true`: its reply tells how the plan ended. */
        readonly answers?: boolean
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
  /** Tells the one who waited for the lock of an app that it is theirs now; key: repository, cluster and app. */
  | {
      readonly kind: 'lock-passed'
      readonly repository: RepositoryAddress
      readonly cluster: string
      readonly app: string
    }
  /** Reads a new comment again and obeys it; key: repository and number. */
  | {
      readonly kind: 'command'
      readonly repository: RepositoryAddress
      readonly number: number
      readonly commentId: number
    }
  /** A pull request was closed, merged or not; key: repository and number. */
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

/** What a rollback was asked for with, and what became of it on GitHub. */
export type RollbackOrder = {
  /** Id of the sync whose objects are applied again. */
  readonly to: string
  /** `true`: somebody named the revision; else it is the newest good one from before the pull request. */
  readonly named: boolean
  /** The comment that asked for it, whose answer tells how it ended. */
  readonly commentId: number
  readonly reason?: string
  /** The rule by which it was allowed, for the audit. */
  readonly allowedBy: string
  /** Whose changes of this app go back along with those of the pull request. */
  readonly also: TakenAlong
  /** The state that the answer tells of already. */
  readonly told?: SyncState
}

/** What a preview was asked for with. */
export type PreviewOrder = {
  /** The comment that asked for it, whose answer tells how it ended. */
  readonly commentId: number
  /** The rule by which it was allowed, for the audit. */
  readonly allowedBy: string
  /** `true`: the pull request is closed, and the app goes back to the target branch. */
  readonly ends?: boolean
  /** The state that the answer tells of already. */
  readonly told?: SyncState
}

/** Who waits for the end of a sync. */
export type AskedSync = {
  /** The pull request, and the comment on it, whose answer tells how it ended. */
  readonly number: number
  readonly commentId: number
  /** What was said at once of other apps, as Markdown. */
  readonly beside?: readonly string[]
  /** The state that the answer tells of already. */
  readonly told?: SyncState
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
  /** Who wrote the commit, where that is somebody else. */
  readonly author?: string
  /** `sha256:…` over the rendered objects. */
  readonly digest?: string
  readonly deploymentId?: number
  /** It takes the app back to what an earlier sync applied: `/rollback`. */
  readonly rollback?: RollbackOrder
  /** It applies the head of an open pull request, or ends that: `/sync` before the merge. */
  readonly preview?: PreviewOrder
  /** Somebody asked for it by `/sync`, after the merge. */
  readonly asked?: AskedSync
  readonly outcome: SyncOutcome
  readonly createdAt: string
  /** ISO 8601; set in every final state. */
  readonly finishedAt?: string
}

/** Who did what to which app. */
export type AuditEvent = AuditFields & {
  readonly action: 'sync' | 'prune' | 'hold' | 'rollback' | 'approve' | 'lock' | 'unlock' | 'freeze' | 'unfreeze'
}
