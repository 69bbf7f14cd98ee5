import type { Inventory } from '../model/inventory.ts'
import { identityOf, type ObjectReference } from '../model/reference.ts'

/**
 * An inventory that also knows which objects were sent or pruned since the last sync that succeeded. A revision that failed and
 * was taken back in Git differs from nothing that was synced, so that only this tells that live must be set right.
 */
export type TrackedInventory = Inventory & { readonly unfinished?: readonly ObjectReference[] }

/** Identities of the objects that a sync which did not succeed may have written or deleted. */
export function unfinishedOf(inventory: TrackedInventory): ReadonlySet<string> {
  return new Set((inventory.unfinished ?? []).map(identityOf))
}
