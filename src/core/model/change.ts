import type { Phase } from './directives.ts'
import type { SourcePosition } from './manifest.ts'
import type { Json } from './object.ts'
import type { ObjectReference } from './reference.ts'

/** What a sync would do to one object. */
export type Action = 'create' | 'update' | 'replace' | 'delete' | 'adopt'

/** One field that differs. `path` is a JSON pointer whose keyed list items read `containers[name=web]`. */
export type FieldChange = {
  readonly path: string
  /** Absent: the field isn't there. Secret values are masked, `(sensitive 1)`. */
  readonly before?: Json
  readonly after?: Json
  /** The field manager, other than ours, that holds the field until now. */
  readonly takenFrom?: string
  /** When that manager wrote last, ISO 8601; the server may not know. */
  readonly takenAt?: string
}

/** A change that loses something or replaces something. */
export type Risk =
  | 'immutable'
  | 'data-loss'
  | 'namespace-deletion'
  | 'crd-deletion'
  | 'mass-prune'
  | 'move'
  | 'unconfirmed'
  | 'migration'

/** A risk that somebody with the right to do so accepted. */
export type AcceptedRisk = { readonly risk: Risk; readonly by: string }

/** Who says what the object will look like: the API server's dry run, or only the manifest itself. */
export type Preview = 'server' | 'client'

/** One object that a plan changes. */
export type Change = ObjectReference & {
  readonly action: Action
  /** Where the manifest stands; for a deletion where it stood. Absent when nobody knows. */
  readonly source?: SourcePosition
  /** The change in words, most important first. */
  readonly summary: readonly string[]
  readonly fields: readonly FieldChange[]
  readonly preview: Preview
  /** Why the server could not be asked; goes with `preview: client`. */
  readonly previewReason?: string
  readonly risks: readonly Risk[]
  /** Which of the risks somebody accepted by `/approve`. */
  readonly accepted?: readonly AcceptedRisk[]
  /** It is made anew for this sync and belongs to no inventory; where in the sync it runs. */
  readonly hook?: { readonly phases: readonly Phase[] }
  /** Wave of the sync, where it isn't 0. */
  readonly wave?: number
  /** A deletion that comes before anything is applied. */
  readonly first?: boolean
  /** The app of the same repository that had it until now: it is handed over, not deleted and created. */
  readonly from?: string
  /** What the server said beside its answer (`Warning:` headers). */
  readonly warnings?: readonly string[]
  /** Where the field of each warning stands, in the order of `warnings`; a warning that names none has the change's source. */
  readonly warningSources?: readonly SourcePosition[]
  /** What goes with a deletion or replacement, in words: `the volume pv-1 (10Gi): its reclaim policy is Delete`. */
  readonly consequences?: readonly string[]
  /** Unified hunks of YAML with three lines of context, masked, without file header. */
  readonly hunks?: string
}

/** A difference between live and the target branch that this commit did not ask for. */
export type Drift = ObjectReference & {
  readonly fields: readonly FieldChange[]
  /** Managers that hold the drifted fields now. */
  readonly managers: readonly string[]
  readonly onSync: 'restored' | 'kept'
  readonly source?: SourcePosition
  /** `true`: the object is gone from the cluster. */
  readonly missing?: boolean
}

/** What a risk means, in words. */
export const riskWords: Readonly<Record<Risk, string>> = {
  immutable: 'a field changes that the API server keeps as it is, so the object is deleted and created again',
  'data-loss': 'its data is lost',
  'namespace-deletion': 'everything in the namespace is deleted with it',
  'crd-deletion': 'every object of this kind on the cluster is deleted with it',
  'mass-prune': 'this app deletes more objects at once than its `maxPrune` allows',
  move: 'the server can hold what it needs only once, so the old object is deleted before the new one is there',
  unconfirmed: 'its deletion is to be confirmed first',
  migration: 'it ran since then and what it did stays done: the older revision may not go with it',
}
