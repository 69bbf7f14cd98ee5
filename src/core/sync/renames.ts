import type { App } from '../model/app.ts'
import { applySetId, type Inventory } from '../model/inventory.ts'

/** One app by two names. */
export type Rename = { readonly from: string; readonly to: string; readonly cluster: string }

/**
 * The apps that go on under another name: the old name is gone, and exactly one new name has the same path, cluster and
 * namespace. An app that moves to another path too is another app: its name and path change in two commits, or its objects
 * are handed over one by one. Where several apps share a path, none of them is sure.
 */
export function renamesBetween(before: readonly App[], after: readonly App[]): readonly Rename[] {
  const gone = before.filter((app) => !after.some((each) => each.name === app.name))
  const made = after.filter((app) => !before.some((each) => each.name === app.name))
  return gone.flatMap((app) => {
    const heirs = made.filter((each) => placeOf(each) === placeOf(app))
    const rivals = gone.filter((each) => placeOf(each) === placeOf(app))
    const [heir] = heirs
    if (heirs.length !== 1 || rivals.length !== 1 || !heir) return []
    return [{ from: app.name, to: heir.name, cluster: app.cluster }]
  })
}

function placeOf({ cluster, path, namespace = '' }: App): string {
  return JSON.stringify([cluster, path, namespace])
}

/**
 * The inventory of an app that takes over that of the name it had: what it owns, what it was synced to, what is
 * unfinished and what holds it. `formerly` tells whose label its objects may still carry.
 */
export function adoptInventory(own: Inventory, old: Inventory): Inventory {
  const { id: _id, app, repository: _repository, resourceVersion: _version, formerly = [], ...rest } = old
  const marks = { ...old.marks, ...own.marks }
  return {
    ...own,
    ...rest,
    ...(Object.keys(marks).length > 0 ? { marks } : {}),
    formerly: [...new Set([app, ...formerly])].filter((name) => name !== own.app),
  }
}

/** Was nothing ever recorded under this name, or was it given away? Only then is there room for another's inventory. */
export function isVacant(inventory: Inventory): boolean {
  const { revision, objects, unfinished = [] } = inventory
  return revision === undefined && objects.length === 0 && unfinished.length === 0
}

/** What is left of an inventory that another app adopted: its name, and its path as the sign that it was given away. */
export function vacated({ id, repository, app, path, resourceVersion }: Inventory): Inventory {
  return {
    id,
    repository,
    app,
    objects: [],
    ...(path ? { path } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  }
}

/** Was this inventory adopted by another app? One that is gone, or made anew to hold marks, has no path. */
export function isGivenAway(inventory: Inventory): boolean {
  return isVacant(inventory) && inventory.path !== undefined
}

/** Names that the app had, whose inventories it adopted. */
export function formerNames(inventory: Inventory): readonly string[] {
  return inventory.formerly ?? []
}

/** The ids by which objects of this inventory may be labelled: its own, and those of the names that the app had. */
export function ownIds(inventory: Inventory): readonly string[] {
  return [inventory.id, ...formerNames(inventory).map((name) => applySetId(inventory.repository, name))]
}
