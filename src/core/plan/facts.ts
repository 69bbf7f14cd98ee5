import type { FieldPath } from '../diff/field-set.ts'
import type { App } from '../model/app.ts'
import type { Directives } from '../model/directives.ts'
import type { Problem } from '../model/errors.ts'
import type { Inventory } from '../model/inventory.ts'
import type { Manifest } from '../model/manifest.ts'
import type { KubeObject, LiveObject } from '../model/object.ts'
import type { ObjectReference } from '../model/reference.ts'

/** What the API server said of one manifest. */
export type Answer =
  | { readonly by: 'server'; readonly predicted: LiveObject; readonly warnings: readonly string[] }
  /** It could not be asked: why, and what the object is as far as it can be told (with its schema's defaults). */
  | { readonly by: 'client'; readonly reason: string; readonly object?: KubeObject }
  | {
      readonly by: 'refusal'
      readonly problems: readonly Problem[]
      readonly immutable: boolean
      /** What the server would store, were the object created again. */
      readonly recreated?: KubeObject
    }

/** Everything that is known of one rendered object. */
export type ObjectFacts = {
  readonly manifest: Manifest
  readonly directives: Directives
  /** As it is sent. */
  readonly desired: KubeObject
  /** The commit changes this manifest, or nothing was ever synced. */
  readonly touched: boolean
  /** A sync that did not end may have written it: whatever differs is to be set right, not drift. */
  readonly unfinished?: boolean
  readonly live?: LiveObject
  readonly answer: Answer
  /** The base's manifest as it would be sent. */
  readonly base?: KubeObject
  /** What the server would store of the base's manifest: differences that it shares are drift. */
  readonly basePredicted?: LiveObject
  /** What the object is once the fields that others added are taken away too (see diff/fold.ts). */
  readonly folded?: KubeObject
  /** What the object is once only what the commit takes out of its manifest is taken away from others. */
  readonly released?: KubeObject
  /** The app of the same repository that has it until now and no longer renders it: this one takes it over. */
  readonly from?: string
  /** What goes by folding is known: it is `folded`, or without it nothing. Only then a sync folds. */
  readonly foldKnown?: boolean
  /** The server refuses the manifest beside what others added: a sync takes all of it away first. */
  readonly mustFold?: boolean
  /** Defaulted fields, nobody's, that the manifest excludes (`rollingUpdate` beside `type: Recreate`): taken away first. */
  readonly excluded?: readonly FieldPath[]
  /** Why it is not known what others added. */
  readonly unknown?: string
  /** What the API server says of the pods of its template. */
  readonly warnings?: readonly string[]
  /** What goes with it when it is deleted to be created again. */
  readonly consequences?: readonly string[]
}

/** Everything that is known of one object that the app owns and the render lacks. */
export type LeftoverFacts = {
  readonly reference: ObjectReference
  readonly uid?: string
  readonly live?: LiveObject
  /** The base's manifest, when the base still has it. */
  readonly base?: Manifest
  readonly refusal?: Problem
  /** What the annotations of the live object ask for. */
  readonly directives?: Directives
  /** The app of the same repository whose render has it now: it is handed over. */
  readonly claimedBy?: string
  /** Why it may not go although nobody is known to have it: nobody can tell, or others have objects in it. */
  readonly undecided?: string
  /** What goes with it. */
  readonly consequences?: readonly string[]
}

/** What the plan of one app is made of. */
export type AppFacts = {
  readonly app: App
  readonly clusterUID: string
  readonly inventory: Inventory
  readonly digest: string
  readonly objects: readonly ObjectFacts[]
  /** What is made anew if there is something to do. */
  readonly hooks?: readonly ObjectFacts[]
  /** Manifests that are never applied, with the reason; they are not pruned either. */
  readonly skipped?: readonly { readonly reference: ObjectReference; readonly why: string }[]
  readonly leftovers: readonly LeftoverFacts[]
  /** Claims that no manifest of the app makes, as `namespace/name`. */
  readonly claims?: ReadonlyMap<string, KubeObject>
  /** `note`: objects that the base lacks too are nobody's change (a pull request's plan). */
  readonly oldLeftovers: 'change' | 'note'
  readonly notes: readonly string[]
  /** What is wrong with the objects together: quota. */
  readonly problems?: readonly Problem[]
}
