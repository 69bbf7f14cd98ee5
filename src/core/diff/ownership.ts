import { parseJson } from '../model/json.ts'
import { isObject, type Json, type JsonObject, type LiveObject, type ManagedFields } from '../model/object.ts'

/** A step into an object: a field, or an item of a keyed list by its key. */
export type Step = string | { readonly key: string; readonly value: string; readonly item: Json }

/** Managers other than `ours` that hold the field at this path now, in the order of the server's entries. */
export function ownersOf(live: LiveObject, path: readonly Step[], ours: string): readonly string[] {
  const entries = live.metadata.managedFields ?? []
  const owners = entries
    .filter((entry) => entry.manager !== ours && owns(entry, path))
    .map((entry) => entry.manager ?? 'unknown')
  return [...new Set(owners)]
}

/** The format of fieldsV1 (KEP-555): `f:name`, `k:{"key":…}`, `v:value`; an empty set owns all that is below it. */
function owns(entry: ManagedFields, path: readonly Step[]): boolean {
  let set: JsonObject | undefined = entry.fieldsV1
  for (const step of path) {
    if (set === undefined) return false
    if (Object.keys(set).length === 0) return true
    const next: Json | undefined = typeof step === 'string' ? set[`f:${step}`] : itemSet(set, step.item)
    if (next === undefined) return false
    set = isObject(next) ? next : undefined
  }
  return set !== undefined
}

/** Our part of the set for one item of a keyed list (`k:{…}`). */
export function itemSet(set: JsonObject, item: Json): Json | undefined {
  for (const [key, value] of Object.entries(set)) {
    if (!key.startsWith('k:') || !isObject(item)) continue
    const wanted = parseJson(key.slice(2))
    if (isObject(wanted) && Object.entries(wanted).every(([name, each]) => item[name] === each)) return value
  }
  return undefined
}
