/**
 * What is remembered of apps beside their syncs: types only, implemented by `adapters/postgres`. The `Store` of
 * `ports.ts` has all of it.
 */

import type { ObjectPacking, StoredObjects } from '../core/history/pack.ts'
import type { Freeze, Lock, Pin } from '../core/model/inventory.ts'
import type { AppPlan } from '../core/model/plan.ts'
import type { RepositoryName } from './ports.ts'
import type { SyncRecord } from './records.ts'

export type { StoredObjects } from '../core/history/pack.ts'

/** Names an app on its cluster. */
export type AppAddress = { readonly repository: RepositoryName; readonly app: string; readonly cluster: string }

/** The store's copy of what an app's parent object says: when the two disagree, nothing is synced. */
export type AppState = AppAddress & {
  readonly clusterUID: string
  readonly revision?: string
  readonly digest?: string
  readonly lock?: Lock
  readonly pin?: Pin
}

/** A risk of a pull request's plan that somebody accepted. */
export type Approval = {
  readonly repository: RepositoryName
  readonly number: number
  /** Digest of the finding: the same one of a later plan stays accepted, a new one doesn't. */
  readonly key: string
  readonly by: string
  /** ISO 8601. */
  readonly at: string
}

/** What one sync did, as it is kept. */
export type HistoryEntry = {
  readonly sync: SyncRecord
  readonly plan?: AppPlan
  /** Absent: it never came so far as to plan, or it is older than what is kept. */
  readonly objects?: StoredObjects
}

/** Objects to keep and to read again; the key comes from the environment. */
export type Packing = ObjectPacking

/** Locks, pins and freezes, approvals, and the history of syncs. */
export type StateStore = {
  readonly appState: (address: AppAddress) => Promise<AppState | undefined>
  /**
   * Changes the state of an app as it is now (`undefined`: none) in one step, whoever else does so at once; `undefined`
   * forgets it.
   */
  readonly changeAppState: (
    address: AppAddress,
    change: (state: AppState | undefined) => Omit<AppState, keyof AppAddress> | undefined,
  ) => Promise<void>
  /** Every app of a repository that was synced; without one: of all. */
  readonly appStates: (repository?: RepositoryName) => Promise<readonly AppState[]>
  /** Those of all repositories (`*`) and of this one. */
  readonly freezes: (repository?: RepositoryName) => Promise<readonly Freeze[]>
  readonly saveFreeze: (freeze: Freeze) => Promise<void>
  /** `false`: there was none. */
  readonly removeFreeze: (scope: string) => Promise<boolean>
  /** Held syncs that are the newest of their app, oldest first. */
  readonly heldSyncs: () => Promise<readonly SyncRecord[]>
  /** Puts a held or failed sync back into the queue, unless a newer one of its app came. `false`: it was not held any more. */
  readonly requeueSync: (id: string, changes?: Partial<Pick<SyncRecord, 'actor' | 'asked'>>) => Promise<boolean>
  /**
   * Queues unfinished syncs again whose job is gone because it failed too often. `unreached`: those of repositories of which
   * nothing tells how they are reached.
   */
  readonly requeueLost: () => Promise<{ readonly queued: number; readonly unreached: readonly SyncRecord[] }>
  readonly approvals: (repository: RepositoryName, number: number) => Promise<readonly Approval[]>
  readonly saveApprovals: (approvals: readonly Approval[]) => Promise<void>
  /** Keeps what a sync is about to do; once for each sync. */
  readonly saveHistory: (syncId: string, plan: AppPlan, objects: StoredObjects) => Promise<void>
  /** Newest first, without objects. */
  readonly history: (address: Omit<AppAddress, 'cluster'>, limit: number) => Promise<readonly HistoryEntry[]>
  /** The repositories that ever synced an app of this name, by name. */
  readonly repositoriesOf: (app: string) => Promise<readonly RepositoryName[]>
  /** Syncs of an app whose id or commit begins with this text, newest first; at most 50. */
  readonly findSyncs: (address: Omit<AppAddress, 'cluster'>, beginning: string) => Promise<readonly SyncRecord[]>
  readonly historyOf: (syncId: string) => Promise<HistoryEntry | undefined>
  /** The newest sync of an app that ended healthy; `before`: older than that sync. */
  readonly lastGood: (address: AppAddress, before?: string) => Promise<SyncRecord | undefined>
}
