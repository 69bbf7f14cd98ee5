import { createHash } from 'node:crypto'
import type { KubeObject } from './object.ts'
import type { ObjectReference } from './reference.ts'

/** Label by which members of an ApplySet name their parent (KEP-3659). */
export const partOfLabel = 'applyset.kubernetes.io/part-of'

/** Field manager of everything that Drydock writes. */
export const fieldManager = 'drydock'

/** Namespace of the parent objects. */
export const homeNamespace = 'drydock'

/** An object that an app owns. The UID guards against deleting a namesake. */
export type InventoryEntry = ObjectReference & { readonly uid?: string }

/** Who waits for the lock of an app that somebody else holds. */
export type Waiting = {
  readonly by: string
  /** The pull request where they asked for it, and where they are told that their turn came. */
  readonly number: number
  /** Since when, ISO 8601. */
  readonly at: string
  readonly reason?: string
  /** `true`: the lock, and the waiting for it, outlives the pull request. */
  readonly keep?: boolean
}

/** Who holds an app, and why. */
export type Lock = {
  readonly by: string
  readonly reason?: string
  readonly at: string
  readonly number?: number
  readonly keep?: boolean
  /** Those who get it next, the first one first; never empty. */
  readonly waiting?: readonly Waiting[]
  /** Whose lock it was before, until the one who has it now was told so. */
  readonly passedFrom?: string
  /** The command by which it came to be as it is, where it was `/unlock`: done again after a crash, that does nothing more. */
  readonly doneBy?: string
}

/** An app that is held at a revision until the way back is in Git. */
export type Pin = {
  readonly revision: string
  readonly by: string
  readonly at: string
  readonly reason: string
  /** The pull request that was taken back, or is previewed. */
  readonly number?: number
  /** `true`: it is the head of that pull request, which is still open. */
  readonly preview?: boolean
  /** The one that takes it back in Git too. */
  readonly revert?: number
}

/** A stop for a repository, or (`*`) for all of them. */
export type Freeze = { readonly scope: string; readonly by: string; readonly at: string; readonly reason: string }

/** What holds an app: written to the parent object too, so that a lost database loses none of it. */
export type Marks = { readonly lock?: Lock; readonly pin?: Pin; readonly freeze?: Freeze }

/** An app's parent object on the cluster: its inventory (KEP-3659) and what a lost database must not lose. */
export type Inventory = {
  /** Value of `applyset.kubernetes.io/part-of`. */
  readonly id: string
  /** Revision that was synced last, in full; absent until a sync succeeded. */
  readonly revision?: string
  readonly digest?: string
  /** `owner/name`, or `local/<folder>-<hash>`. */
  readonly repository: string
  readonly app: string
  /** The app's path at the last sync. */
  readonly path?: string
  readonly objects: readonly InventoryEntry[]
  /**
   * What was sent or pruned since the last sync that succeeded. A revision that failed and was taken back in Git differs
   * from nothing that was synced, so that only this tells that live must be set right.
   */
  readonly unfinished?: readonly ObjectReference[]
  readonly marks?: Marks
  /** Names that the app had before, whose inventory it adopted. */
  readonly formerly?: readonly string[]
  /** Of the parent object; absent while there is none. */
  readonly resourceVersion?: string
}

/** Name of an app's parent object: readable, and unlike that of another repository's app of the same name. */
export function parentName(repository: string, app: string): string {
  const hash = createHash('sha256').update(`${repository.toLowerCase()}\n${app}`).digest('hex').slice(0, 8)
  return `${app.slice(0, 54)}-${hash}`
}

/** The ApplySet id of a parent ConfigMap: V1 of KEP-3659, base64url of the hash of `<name>.<namespace>.<kind>.<group>`. */
export function applySetId(repository: string, app: string): string {
  const text = `${parentName(repository, app)}.${homeNamespace}.ConfigMap.`
  return `applyset-${createHash('sha256').update(text).digest('base64url')}-v1`
}

/** Does a live object carry the label of this inventory? */
export function isMember(live: KubeObject, inventoryId: string): boolean {
  return live.metadata.labels?.[partOfLabel] === inventoryId
}
