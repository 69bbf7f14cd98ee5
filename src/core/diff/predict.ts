import { fieldManager } from '../model/inventory.ts'
import { parseJson, stringifyJson } from '../model/json.ts'
import { at, isArray, isObject, type Json, type JsonObject, type KubeObject, type LiveObject } from '../model/object.ts'
import { declares, keyValue, pathKey, pathsOf, without, withParents } from './field-set.ts'
import { mergeKeyOf } from './fields.ts'

/**
 * What `desired` applied to `live` comes to, as far as it can be told without the server (KEP-555): maps and keyed lists
 * are merged, other lists replaced, and what we alone hold but no longer say goes away.
 */
export function predict(live: LiveObject, desired: KubeObject): KubeObject {
  const entries = live.metadata.managedFields ?? []
  const ours = entries.find((entry) => isOurs(entry))
  const sets = entries.flatMap((entry): readonly JsonObject[] =>
    entry.fieldsV1 && Object.keys(entry.fieldsV1).length > 0 ? [entry.fieldsV1] : [],
  )
  const held = withParents(entries.filter((entry) => entry !== ours).flatMap((entry) => pathsOf(entry.fieldsV1)))
  const gone = pathsOf(ours?.fieldsV1).filter((path) => !declares(desired, path) && !held.has(pathKey(path)))
  return merge(without(live, gone), desired, sets) as KubeObject
}

/** Is this the entry of our own applies? */
export function isOurs(entry: {
  readonly manager?: string
  readonly operation?: string
  readonly subresource?: string
}): boolean {
  return entry.manager === fieldManager && entry.operation === 'Apply' && !entry.subresource
}

/** `sets`: everybody's sets of fields at this place; they know how lists are merged. */
function merge(live: Json | undefined, desired: Json | undefined, sets: readonly JsonObject[]): Json | undefined {
  if (desired === undefined) return live
  // What is held as a whole is replaced as a whole.
  if (sets.length > 0 && sets.every((set) => Object.keys(set).length === 0)) return desired
  if (isObject(live) && isObject(desired)) {
    const fields = Object.entries(desired).map(([key, value]) => [
      key,
      merge(at(live, key), value, below(sets, `f:${key}`)),
    ])
    return { ...live, ...Object.fromEntries(fields) }
  }
  if (isArray(live) && isArray(desired)) return mergeLists(live, desired, sets)
  return desired
}

/** Items stay where they are live; new ones stand where the manifest has them. */
function mergeLists(live: readonly Json[], desired: readonly Json[], sets: readonly JsonObject[]): Json {
  const elements = [...new Set(sets.flatMap((set) => Object.keys(set)))]
  const identify = identityIn(elements, sets.length > 0 ? [] : keysOf(live, desired))
  if (!identify) return desired
  const byIdentity = new Map(elements.map((element) => [identityOfElement(element, identify), element]))
  const old = new Map(live.map((item) => [identify(item), item]))
  const positions = new Map(desired.map((item, index) => [identify(item), index]))
  const merged = desired.map((item) => {
    const identity = identify(item)
    const element = byIdentity.get(identity)
    return merge(old.get(identity), item, element === undefined ? [] : below(sets, element)) ?? item
  })
  const result: Json[] = []
  let next = 0
  for (const item of live) {
    const position = positions.get(identify(item))
    if (position === undefined) result.push(item)
    while (position !== undefined && next <= position) result.push(merged[next++] ?? null)
  }
  return [...result, ...merged.slice(next)]
}

/** By what the items of a list are told apart: its keys, or for a set the value itself; `undefined`: not at all. */
function identityIn(elements: readonly string[], guessed: readonly string[]): ((item: Json) => string) | undefined {
  const named = elements.find((element) => element.startsWith('k:'))
  if (named === undefined && elements.some((element) => element.startsWith('v:'))) return stringifyJson
  const keys = named ? Object.keys((parseJson(named.slice(2)) as JsonObject | null) ?? {}) : guessed
  if (keys.length === 0) return undefined
  return (item) => stringifyJson(keys.map((key) => keyValue(item, key) ?? null))
}

function identityOfElement(element: string, identify: (item: Json) => string): string {
  return element.startsWith('k:') || element.startsWith('v:') ? identify(parseJson(element.slice(2))) : ''
}

/** Without anybody's set, as for objects whose managers were stripped: a guess by the usual keys. */
function keysOf(live: readonly Json[], desired: readonly Json[]): readonly string[] {
  const key = mergeKeyOf(live, desired)
  return key === undefined || desired.length + live.length === 0 ? [] : [key]
}

function below(sets: readonly JsonObject[], element: string): readonly JsonObject[] {
  return sets.flatMap((set) => {
    const next = at(set, element)
    return isObject(next) ? [next] : []
  })
}
