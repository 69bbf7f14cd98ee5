import type { ObjectOutcome, SyncPhase } from '../core/model/outcome.ts'
import type { ObjectReference } from '../core/model/reference.ts'
import type { PlannedApp } from './plan-app.ts'
import type { ClusterWriter } from './ports.ts'

/** A sync in progress: what is known so far. */
export type SyncRun = {
  readonly planned: PlannedApp
  readonly writer: ClusterWriter
  readonly signal: AbortSignal
  readonly objects: Map<string, ObjectOutcome>
  readonly uids: Map<string, string>
  readonly step: (phase: SyncPhase, waiting?: readonly string[]) => void
}

/** Requests that write to one API server at a time. */
export const parallelWrites = 8

/** Only what names an object, of a change or an entry that says more. */
export function bareReference(reference: ObjectReference): ObjectReference {
  const { apiVersion, kind, name, namespace } = reference
  return { apiVersion, kind, name, ...(namespace ? { namespace } : {}) }
}
