import type { Phase } from './directives.ts'
import type { Problem } from './errors.ts'
import type { ObjectReference } from './reference.ts'

/** What a sync did to one object. */
export type ObjectOutcome = ObjectReference & {
  readonly result: 'created' | 'configured' | 'unchanged' | 'replaced' | 'deleted' | 'kept' | 'failed'
  /** It was a hook, of this phase. */
  readonly hook?: Phase
  /** Why it failed or was kept, or what is not known of it. */
  readonly message?: string
  /** In ms. */
  readonly durationMs?: number
}

/** State of a sync. `held`: not started, because something needs a person first. */
export type SyncState = 'queued' | 'running' | 'succeeded' | 'failed' | 'held' | 'superseded'

/** How far a running sync is. */
export type SyncPhase = 'planning' | 'hooks' | 'applying' | 'waiting' | 'pruning'

/** What holds a sync. `until`: ISO 8601, when it is over by itself. */
export type HeldBy = {
  readonly kind: 'risk' | 'manual' | 'window' | 'freeze' | 'lock' | 'pin' | 'dependency' | 'disagreement'
  readonly until?: string
  /**
   * With `dependency`: the app that is waited for. With `freeze`, `lock` and `pin` of a renamed app: the name that it had,
   * whose marks count too.
   */
  readonly app?: string
}

/** The result of syncing one app to one commit. */
export type SyncOutcome = {
  readonly app: string
  readonly cluster: string
  readonly revision: string
  readonly state: SyncState
  /** How far it is; of one that failed, how far it came. */
  readonly phase?: SyncPhase
  readonly objects: readonly ObjectOutcome[]
  readonly problems: readonly Problem[]
  /** With `held`: what by, so that it can be released when that is over. */
  readonly heldBy?: HeldBy
  /** The revision that was applied again after this sync failed (`onFailure: rollback`), and what it can't undo. */
  readonly rolledBack?: {
    readonly to: string
    readonly state: 'succeeded' | 'failed' | 'held'
    readonly notes: readonly string[]
  }
  /** A person took the app back to this revision: `/rollback`. */
  readonly takenBack?: { readonly by: string; readonly reason?: string }
  /** What is being waited for, while `phase` is `waiting`: `Deployment shop/web: 2 of 3 ready`. */
  readonly waiting?: readonly string[]
  /** In ms. */
  readonly durationMs?: number
}
