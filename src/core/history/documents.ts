import type { SyncOutcome } from '../model/outcome.ts'
import type { AppPlan } from '../model/plan.ts'
import type { HistoryDiff } from './compare.ts'

/** A sync as the history shows it: what the store knows of it, for one app of one repository. */
export type PastSync = {
  readonly id: string
  readonly cluster: string
  readonly branch: string
  readonly revision: string
  readonly previous?: string
  /** Of the pull request; absent for a direct push. */
  readonly number?: number
  readonly actor: string
  /** Who wrote the commit, where that is somebody else. */
  readonly author?: string
  readonly digest?: string
  readonly outcome: SyncOutcome
  /** ISO 8601. */
  readonly createdAt: string
  readonly finishedAt?: string
}

/** Says what a document of the history is, and of which app. */
type Head<K extends string> = {
  readonly apiVersion: 'drydock.dev/v1'
  readonly kind: K
  /** `owner/name`. */
  readonly repository: string
  readonly app: string
}

/** What `drydock history <app>` prints as JSON: newest first. */
export type HistoryDocument = Head<'History'> & { readonly syncs: readonly PastSync[] }

/** What is left of the objects of a sync: all, all but sensitive values, or nothing. */
export type KeptState = 'sealed' | 'without-secrets' | 'none'

/** What `drydock history <app> <sync>` prints as JSON. */
export type SyncDocument = Head<'Sync'> & {
  readonly sync: PastSync
  readonly plan?: AppPlan
  readonly objects: KeptState
}

/** What `drydock history diff` prints as JSON. Nothing in it is secret. */
export type HistoryDiffDocument = Head<'HistoryDiff'> & HistoryDiff & { readonly from: PastSync; readonly to: PastSync }
