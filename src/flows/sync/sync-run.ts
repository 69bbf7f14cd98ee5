import type { Change } from '../../core/model/change.ts'
import { problemsOf } from '../../core/model/errors.ts'
import type { ObjectOutcome, SyncPhase } from '../../core/model/outcome.ts'
import type { AppPlan } from '../../core/model/plan.ts'
import type { ObjectReference } from '../../core/model/reference.ts'
import type { PlannedApp } from '../plan/plan-app.ts'
import type { ClusterWriter } from '../ports.ts'
import type { Pace } from './pace.ts'

/** A sync in progress: what is known so far. */
export type SyncRun = {
  readonly planned: PlannedApp
  /** What was authorised of the plan. */
  readonly plan: AppPlan
  /** Deletions that nobody confirmed yet. */
  readonly unconfirmed: readonly Change[]
  readonly writer: ClusterWriter
  readonly signal: AbortSignal
  readonly objects: Map<string, ObjectOutcome>
  readonly uids: Map<string, string>
  readonly pace: Pace
  /** When it began, ISO 8601. */
  readonly since: string
  /** Begins a phase, or tells what it waits for. */
  readonly step: (phase: SyncPhase, waiting?: readonly string[]) => void
  /** Tells what the present phase waits for. */
  readonly tell: (waiting: readonly string[]) => void
}

/** Only what names an object, of a change or an entry that says more. */
export function bareReference(reference: ObjectReference): ObjectReference {
  const { apiVersion, kind, name, namespace } = reference
  return { apiVersion, kind, name, ...(namespace ? { namespace } : {}) }
}

/** How a request of this sync is tried again, and that it is told meanwhile why. */
export function retriesOf({ planned, signal, pace, tell }: SyncRun) {
  const failed = (thrown: unknown) => {
    pace.failed(thrown)
    tell([`${problemsOf(thrown)[0]?.message ?? 'a request failed'} (tried again)`])
  }
  return { ...planned.facts.app.sync.retry, signal, failed, unreachable: true }
}
