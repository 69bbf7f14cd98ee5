import { parseJson } from '../model/json.ts'
import { isObject, type Json, type JsonObject, type LiveObject, type ManagedFields } from '../model/object.ts'
import { isOurs } from './predict.ts'

/** A step into an object: a field, or an item of a keyed list by its key. */
export type Step = string | { readonly key: string; readonly value: string; readonly item: Json }

/** A field manager, and when it wrote last (ISO 8601), as far as the server knows. */
export type Owner = { readonly manager: string; readonly at?: string }

/** Managers other than `ours` that hold the field at this path now, who wrote last first. */
export function ownersOf(live: LiveObject, path: readonly Step[], ours: string): readonly Owner[] {
  const owners = new Map<string, Owner>()
  for (const entry of live.metadata.managedFields ?? []) {
    if (entry.manager === ours || !owns(entry, path)) continue
    const { manager = 'unknown', time } = entry
    const known = owners.get(manager)
    if (known?.at !== undefined && known.at >= (time ?? '')) continue
    owners.set(manager, { manager, ...(time ? { at: time } : {}) })
  }
  return [...owners.values()].sort((one, other) => (other.at ?? '').localeCompare(one.at ?? ''))
}

/** The format of fieldsV1 (KEP-555): `f:name`, `k:{"key":…}`, `v:value`; an empty set owns all that is below it. */
function owns(entry: ManagedFields, path: readonly Step[]): boolean {
  let set: JsonObject | undefined = entry.fieldsV1
  for (const step of path) {
    if (set === undefined) return false
    if (Object.keys(set).length === 0) return true
    const next = below(set, step)
    if (next === undefined) return false
    set = isObject(next) ? next : undefined
  }
  return set !== undefined
}

/** The part of a set that is below one step. */
function below(set: JsonObject, step: Step): Json | undefined {
  return typeof step === 'string' ? set[`f:${step}`] : itemSet(set, step.item)
}

/** Our part of the set for one item of a keyed list (`k:{…}`). */
function itemSet(set: JsonObject, item: Json): Json | undefined {
  for (const [key, value] of Object.entries(set)) {
    if (!key.startsWith('k:') || !isObject(item)) continue
    const wanted = parseJson(key.slice(2))
    if (isObject(wanted) && Object.entries(wanted).every(([name, each]) => item[name] === each)) return value
  }
  return undefined
}

/** Is the field a part of a list or map that somebody holds as a whole, so that sending any of it replaces all of it? */
export function isHeldWhole(live: LiveObject, path: readonly Step[]): boolean {
  return (live.metadata.managedFields ?? []).some((entry) => {
    let set: JsonObject | undefined = entry.fieldsV1
    for (const step of path.slice(0, -1)) {
      const next = set && below(set, step)
      if (!isObject(next)) return false
      if (Object.keys(next).length === 0) return true
      set = next
    }
    return false
  })
}

/** Do we hold this field, or a part of it? */
export function isHeldByUs(live: LiveObject, path: readonly Step[]): boolean {
  return (live.metadata.managedFields ?? []).some((entry) => isOurs(entry) && owns(entry, path))
}
