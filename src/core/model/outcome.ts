import type { Problem } from './errors.ts'
import type { ObjectReference } from './reference.ts'

/** What a sync did to one object. */
export type ObjectOutcome = ObjectReference & {
  readonly result: 'created' | 'configured' | 'unchanged' | 'replaced' | 'deleted' | 'kept' | 'failed'
  /** Why it failed or was kept. */
  readonly message?: string
  /** In ms. */
  readonly durationMs?: number
}

/** State of a sync. `held`: not started, because something needs a person first. */
export type SyncState = 'queued' | 'running' | 'succeeded' | 'failed' | 'held' | 'superseded'

/** How far a running sync is. */
export type SyncPhase = 'planning' | 'applying' | 'waiting' | 'pruning'

/** The result of syncing one app to one commit. */
export type SyncOutcome = {
  readonly app: string
  readonly cluster: string
  readonly revision: string
  readonly state: SyncState
  readonly phase?: SyncPhase
  readonly objects: readonly ObjectOutcome[]
  readonly problems: readonly Problem[]
  /** What is being waited for, while `phase` is `waiting`: `Deployment shop/web: 2 of 3 ready`. */
  readonly waiting?: readonly string[]
  /** In ms. */
  readonly durationMs?: number
}
