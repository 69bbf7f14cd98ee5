/** When an object is applied within a sync; `sync-fail` runs only after one of the others failed. */
export type Phase = 'pre-sync' | 'sync' | 'post-sync' | 'sync-fail'

/** When a hook's object is deleted: before it is made again, once it succeeded, once it failed. */
export type HookDeletion = 'before-creation' | 'succeeded' | 'failed'

/** An object that is made anew at each sync that has something to do, and belongs to no inventory. */
export type Hook = {
  /** At least one; an object may run in several. */
  readonly phases: readonly Phase[]
  readonly deletion: readonly HookDeletion[]
  /** Whose annotation says so. */
  readonly family: 'drydock' | 'argocd' | 'helm'
}

/**
 * What the annotations of one manifest ask of a sync: Drydock's own, and those of Argo CD, Flux and Helm that people's
 * manifests carry. Drydock's own win, then Argo CD's, then the others.
 */
export type Directives = {
  /** Lower ones first; the next one only when this one is healthy. A Helm hook's weight is its wave. */
  readonly wave: number
  readonly hook?: Hook
  /** Why it is never applied (`hook: Skip`, a test of Helm): neither compared nor deleted. */
  readonly skipped?: string
  /**
   * `if-absent`: created, and left alone from then on. `never`: left alone. `merge`: applied, without taking away what
   * others added. `replace`: all that others added is taken away.
   */
  readonly apply: 'always' | 'if-absent' | 'never' | 'merge' | 'replace'
  /** It may be deleted and created again without an approval when a field can't be changed. */
  readonly replaceAllowed: boolean
  /** Deletion when the render lacks it: `first`, before anything is applied; `confirm`, once somebody approved. */
  readonly prune: 'yes' | 'no' | 'confirm' | 'first'
  /** The annotation that protects it, for the reader; with `prune` of `no` and `confirm`. */
  readonly protectedBy?: string
  readonly propagation: 'Background' | 'Foreground' | 'Orphan'
  /** `false`: unknown fields are the manifest's own affair (`Validate=false`). */
  readonly validate: boolean
  /** `true`: a sync doesn't wait for its health (`argocd.argoproj.io/ignore-healthcheck`). */
  readonly ignoreHealth: boolean
  /** Texts about annotations of these families that are not known, or not acted on. */
  readonly warnings: readonly string[]
  /** Texts about values that can't be read (`sync-wave: first`): errors of the plan. */
  readonly faults: readonly string[]
}
