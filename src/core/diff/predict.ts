import { fieldManager } from '../model/inventory.ts'
import { at, isArray, isObject, type Json, type JsonObject, type KubeObject, type LiveObject } from '../model/object.ts'
import { mergeKeyOf } from './fields.ts'
import { itemSet } from './ownership.ts'

/**
 * What `desired` applied to `live` comes to, as far as it can be told without the server: maps and keyed lists are
 * merged, other lists replaced, and what we hold but no longer say goes away. What others hold stays as it is.
 */
export function predict(live: LiveObject, desired: KubeObject): KubeObject {
  const ours = live.metadata.managedFields?.find(
    (entry) => entry.manager === fieldManager && entry.operation === 'Apply' && !entry.subresource,
  )
  return merge(live, desired, ours?.fieldsV1) as KubeObject
}

/** `owned`: our set of fields (KEP-555) at this place; empty: all that is below it. */
function merge(live: Json | undefined, desired: Json | undefined, owned: JsonObject | undefined): Json | undefined {
  if (desired === undefined && (owned === undefined || live === undefined)) return live
  if (isObject(live) && (isObject(desired) || (desired === undefined && !isLeaf(owned)))) {
    const keys = new Set([...Object.keys(live), ...Object.keys(desired ?? {})])
    const fields = [...keys].flatMap((key) => {
      const value = merge(at(live, key), at(desired, key), objectAt(owned, `f:${key}`))
      return value === undefined ? [] : [[key, value] as const]
    })
    return desired === undefined && fields.length === 0 ? undefined : Object.fromEntries(fields)
  }
  if (isArray(live) && isArray(desired)) return mergeLists(live, desired, owned)
  if (isArray(live) && desired === undefined && !isLeaf(owned)) return mergeLists(live, [], owned)
  return desired
}

function mergeLists(live: readonly Json[], desired: readonly Json[], owned: JsonObject | undefined): Json | undefined {
  const key = mergeKeyOf(live, desired)
  if (key === undefined) return desired
  const named = (list: readonly Json[], item: Json) => list.find((other) => at(other, key) === at(item, key))
  const merged = desired.map((item) => merge(named(live, item), item, setOf(owned, named(live, item))) ?? item)
  // An item that we made goes away as a whole; one that others made stays.
  const kept = live.filter((item) => named(desired, item) === undefined && setOf(owned, item) === undefined)
  return [...merged, ...kept]
}

function setOf(owned: JsonObject | undefined, item: Json | undefined): JsonObject | undefined {
  const set = owned && item !== undefined ? itemSet(owned, item) : undefined
  return isObject(set) ? set : undefined
}

function objectAt(value: JsonObject | undefined, key: string): JsonObject | undefined {
  const found = at(value, key)
  return isObject(found) ? found : undefined
}

function isLeaf(owned: JsonObject | undefined): boolean {
  return owned !== undefined && Object.keys(owned).every((key) => key === '.')
}
