import { at, isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import type { Step } from './ownership.ts'

/** One place where two JSON values differ; an absent side is left out. */
export type Difference = {
  /** JSON pointer; items of keyed lists by their key: `/spec/containers[name=web]/image`. */
  readonly path: string
  readonly steps: readonly Step[]
  readonly before?: Json
  readonly after?: Json
  /** The items of a keyed list stand in another order; the sides hold the values of this key. */
  readonly order?: string
}

/** Keys by which Kubernetes lists are merged, in the order of trying (the `listMapKey`s of the built-in types). */
const mergeKeys = [
  'name',
  'mountPath',
  'containerPort',
  'port',
  'devicePath',
  'topologyKey',
  'type',
  'ip',
  'key',
  'uid',
]

/** All differences between two values, in the order of the fields' names. */
export function differences(before: Json | undefined, after: Json | undefined): readonly Difference[] {
  const found: Difference[] = []
  walk(before, after, '', [], found)
  return found
}

/** Deep equality of JSON values, whatever the order of their keys. */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  return differences(one, other).length === 0
}

function walk(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  steps: readonly Step[],
  found: Difference[],
): void {
  if (before === after) return
  if (isObject(before) && isObject(after)) {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
      walk(at(before, key), at(after, key), `${path}/${escapePointer(key)}`, [...steps, key], found)
    }
    return
  }
  if (isArray(before) && isArray(after)) {
    walkLists(before, after, path, steps, found)
    return
  }
  found.push({ path, steps, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) })
}

function walkLists(
  before: readonly Json[],
  after: readonly Json[],
  path: string,
  steps: readonly Step[],
  found: Difference[],
): void {
  const key = mergeKeyOf(before, after)
  if (key === undefined) {
    if (before.length === after.length && before.every((item, index) => sameJson(item, after[index]))) return
    found.push({ path, steps, before, after })
    return
  }
  const index = (list: readonly Json[]) => new Map(list.map((item) => [String((item as JsonObject)[key]), item]))
  const [old, now] = [index(before), index(after)]
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [one, other] = [old.get(name), now.get(name)]
    const step: Step = { key, value: name, item: one ?? other ?? null }
    walk(one, other, `${path}[${key}=${escapePointer(name)}]`, [...steps, step], found)
  }
  // What was added or removed says so itself; here only the order of what is on both sides counts.
  const [was, is] = [[...old.keys()].filter((name) => now.has(name)), [...now.keys()].filter((name) => old.has(name))]
  if (was.some((name, index) => name !== is[index])) found.push({ path, steps, before: was, after: is, order: key })
}

/** The key by which the items of both lists can be told apart; `undefined`: the lists are compared as a whole. */
export function mergeKeyOf(one: readonly Json[], other: readonly Json[]): string | undefined {
  return mergeKeys.find((each) => keyed(one, each) && keyed(other, each))
}

function keyed(list: readonly Json[], key: string): boolean {
  const values = list.map((item) => at(item, key))
  return (
    values.every((value) => typeof value === 'string' || typeof value === 'number') &&
    new Set(values.map(String)).size === list.length
  )
}

/** RFC 6901. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
