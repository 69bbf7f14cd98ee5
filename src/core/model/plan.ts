import type { Change, Drift } from './change.ts'
import type { Problem } from './errors.ts'
import type { SourcePosition } from './manifest.ts'
import type { ObjectReference } from './reference.ts'

/** How a check concludes. GitHub counts `neutral` and `skipped` as success, so they don't exist here. */
export type Conclusion = 'success' | 'failure' | 'action_required'

/** What a policy says of a plan. */
export type Verdict = {
  readonly policy: string
  readonly severity: 'deny' | 'warn'
  readonly object?: ObjectReference
  readonly message: string
  readonly source?: SourcePosition
}

/** The plan of one app: what a sync of `head` would do to the cluster. */
export type AppPlan = {
  readonly name: string
  readonly cluster: string
  /** UID of the cluster's `kube-system` namespace; absent when the cluster could not be asked. */
  readonly clusterUID?: string
  readonly changes: readonly Change[]
  /** Number of objects that stay as they are. */
  readonly unchanged: number
  readonly drift: readonly Drift[]
  readonly errors: readonly Problem[]
  readonly policies: readonly Verdict[]
  /** `sha256:…` over the rendered objects; absent when the render failed. */
  readonly digest?: string
  /** Of a rollback: what ran since the older revision and stays done. Nothing is done about these. */
  readonly undone?: readonly Change[]
  /** Of a rollback: the sync that it goes back to. What was accepted on the way there is not accepted on the way back. */
  readonly backTo?: string
  /** Remarks that are neither change nor error: a changed configuration, an app without a sync. */
  readonly notes?: readonly string[]
}

/** The plan document: the same in the CLI, the API and the store. */
export type Plan = {
  readonly apiVersion: 'drydock.dev/v1'
  readonly kind: 'Plan'
  readonly head: string
  readonly base?: string
  /** `sha256:…` over the digests of the apps. */
  readonly digest: string
  readonly conclusion: Conclusion
  readonly apps: readonly AppPlan[]
  /** What concerns no single app: the configuration, the merge itself. */
  readonly errors?: readonly Problem[]
  /** Remarks that concern no single planned app: settings without effect, an app that was removed. */
  readonly notes?: readonly string[]
}
