import type { App } from '../model/app.ts'
import type { Problem } from '../model/errors.ts'
import type { Inventory } from '../model/inventory.ts'
import type { Manifest } from '../model/manifest.ts'
import type { KubeObject, LiveObject } from '../model/object.ts'
import type { ObjectReference } from '../model/reference.ts'

/** What the API server said of one manifest. */
export type Answer =
  | { readonly by: 'server'; readonly predicted: LiveObject; readonly warnings: readonly string[] }
  /** It could not be asked. */
  | { readonly by: 'client'; readonly reason: string }
  | { readonly by: 'refusal'; readonly problem: Problem; readonly immutable: boolean }

/** Everything that is known of one rendered object. */
export type ObjectFacts = {
  readonly manifest: Manifest
  /** As it is sent. */
  readonly desired: KubeObject
  /** The commit changes this manifest, or nothing was ever synced. */
  readonly touched: boolean
  readonly live?: LiveObject
  readonly answer: Answer
  /** What the server would store of the base's manifest: differences that it shares are drift. */
  readonly basePredicted?: LiveObject
}

/** Everything that is known of one object that the app owns and the render lacks. */
export type LeftoverFacts = {
  readonly reference: ObjectReference
  readonly uid?: string
  readonly live?: LiveObject
  /** The base's manifest, when the base still has it. */
  readonly base?: Manifest
  readonly refusal?: Problem
}

/** What the plan of one app is made of. */
export type AppFacts = {
  readonly app: App
  readonly clusterUID: string
  readonly inventory: Inventory
  readonly digest: string
  readonly objects: readonly ObjectFacts[]
  readonly leftovers: readonly LeftoverFacts[]
  /** `note`: objects that the base lacks too are nobody's change (a pull request's plan). */
  readonly oldLeftovers: 'change' | 'note'
  readonly notes: readonly string[]
}
