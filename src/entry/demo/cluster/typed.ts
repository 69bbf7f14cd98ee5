import { isArray, isObject, type Json, type JsonObject } from '../../../core/model/object.ts'
import { type FieldSet, fieldStep, joint, step } from './field-set.ts'
import { childShape, type Shape } from './schema.ts'

/** Defaults of fields that lists are keyed by (OpenAPI's `default`). */
const keyDefaults: Record<string, string> = { protocol: 'TCP' }

type Node = { readonly step: string; readonly shape: Shape; readonly value: Json }

/** The step to an item of a list that isn't atomic. */
export function itemStep(shape: Shape & { is: 'list' }, item: Json): string {
  if (shape.keys.length === 0) return `v:${JSON.stringify(item)}`
  const fields: JsonObject = isObject(item) ? item : {}
  const keys = [...shape.keys].sort().flatMap((key) => {
    const value = fields[key] ?? keyDefaults[key]
    return value === undefined ? [] : [[key, value] as const]
  })
  return `k:${JSON.stringify(Object.fromEntries(keys))}`
}

function isLeaf(shape: Shape, value: Json | undefined): boolean {
  if (shape.is === 'list') return shape.atomic || !isArray(value)
  if (shape.is === 'map' || shape.is === 'struct') return shape.atomic || !isObject(value)
  return true
}

/** What lies directly below a value, by step; nothing below a leaf. */
function nodes(shape: Shape, value: Json | undefined): Map<string, Node> {
  const found = new Map<string, Node>()
  if (value === undefined || isLeaf(shape, value)) return found
  if (shape.is === 'list' && isArray(value)) {
    for (const item of value) {
      const key = itemStep(shape, item)
      found.set(key, { step: key, shape: shape.item, value: item })
    }
  } else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) {
      if (each === undefined) continue
      found.set(fieldStep(key), { step: fieldStep(key), shape: childShape(shape, key) ?? { is: 'any' }, value: each })
    }
  }
  return found
}

/** The fields that a configuration names: what its applier will own (structured-merge-diff, `ToFieldSet`). */
export function fieldsOf(shape: Shape, value: Json): FieldSet {
  const set = new Set<string>()
  const walk = (at: Shape, current: Json, path: string): void => {
    if (isLeaf(at, current)) {
      if (path !== '') set.add(path)
      return
    }
    for (const node of nodes(at, current).values()) {
      const below = step(path, node.step)
      walk(node.shape, node.value, below)
      const empty = isObject(node.value) && Object.keys(node.value).length === 0
      if (empty || at.is !== 'struct') set.add(below)
    }
  }
  walk(shape, value, '')
  return set
}

/** How two states of an object differ, by field. */
export type Comparison = { readonly changed: Set<string>; readonly removed: Set<string> }

/** Compares two states; `changed` holds what was added or has another value (structured-merge-diff, `Compare`). */
export function compare(shape: Shape, before: Json, after: Json): Comparison {
  const changed = new Set<string>()
  const removed = new Set<string>()
  const walk = (at: Shape, left: Json | undefined, right: Json | undefined, path: string): void => {
    const lefts = nodes(at, left)
    const rights = nodes(at, right)
    if (lefts.size === 0 && rights.size === 0) {
      if (path !== '' && right === undefined) removed.add(path)
      else if (path !== '' && !same(left, right)) changed.add(path)
      return
    }
    for (const key of new Set([...lefts.keys(), ...rights.keys()])) {
      const node = rights.get(key) ?? lefts.get(key)
      if (node) walk(node.shape, lefts.get(key)?.value, rights.get(key)?.value, step(path, key))
    }
    if (path !== '' && left === undefined) changed.add(path)
    if (path !== '' && right === undefined) removed.add(path)
  }
  walk(shape, before, after, '')
  return { changed, removed }
}

/** Merges a configuration into an object field by field: the configuration wins. */
export function merge(shape: Shape, base: Json | undefined, over: Json | undefined): Json | undefined {
  if (over === undefined) return base
  if (base === undefined || isLeaf(shape, base) || isLeaf(shape, over)) return over
  const lefts = nodes(shape, base)
  const rights = nodes(shape, over)
  const merged = (key: string): Json | undefined => {
    const right = rights.get(key)
    return right ? merge(right.shape, lefts.get(key)?.value, right.value) : lefts.get(key)?.value
  }
  if (shape.is !== 'list') {
    const keys = new Set([...lefts.keys(), ...rights.keys()])
    return Object.fromEntries([...keys].map((key) => [key.slice(2), merged(key)]))
  }
  return mergedOrder([...lefts.keys()], [...rights.keys()]).flatMap((key) => merged(key) ?? [])
}

/** The items of both lists in the order of the second; what only the first has keeps its place among its neighbours. */
function mergedOrder(lefts: readonly string[], rights: readonly string[]): readonly string[] {
  const inLeft = new Set(lefts)
  const inRight = new Set(rights)
  const out: string[] = []
  let next = 0
  for (const left of lefts) {
    if (!inRight.has(left)) {
      out.push(left)
      continue
    }
    const shared = rights.findIndex((right, index) => index >= next && inLeft.has(right))
    // A shared item comes only when it's the next one in the order of the second list.
    if (rights[shared] !== left) continue
    out.push(...rights.slice(next, shared + 1))
    next = shared + 1
  }
  return [...out, ...rights.slice(next)]
}

/** Takes fields out of an object; what is emptied by that goes too. */
export function remove(shape: Shape, value: Json, fields: FieldSet): Json | undefined {
  const walk = (at: Shape, current: Json, path: string): Json | undefined => {
    const below = nodes(at, current)
    if (below.size === 0) return current
    const kept = [...below.values()].flatMap((node) => {
      const here = step(path, node.step)
      const left = fields.has(here) ? undefined : walk(node.shape, node.value, here)
      return left === undefined ? [] : [[node.step, left] as const]
    })
    if (kept.length === 0) return undefined
    if (at.is === 'list') return kept.map(([, item]) => item)
    return Object.fromEntries(kept.map(([key, item]) => [key.slice(2), item]))
  }
  return walk(shape, value, '')
}

/** The set with every struct field above its paths (structured-merge-diff, `EnsureNamedFieldsAreMembers`). */
export function withNamedParents(shape: Shape, set: FieldSet): FieldSet {
  const all = new Set(set)
  for (const path of set) {
    let at: Shape | undefined = shape
    let here = ''
    for (const each of path.split(joint)) {
      here = step(here, each)
      if (at?.is === 'struct' && each.startsWith('f:')) all.add(here)
      at = at?.is === 'list' ? at.item : at && childShape(at, each.slice(2))
    }
  }
  return all
}

/** Tells whether two JSON values are equal; the order of an object's keys doesn't count, nor do absent ones. */
export function same(left: Json | undefined, right: Json | undefined): boolean {
  if (isArray(left) && isArray(right)) {
    return left.length === right.length && left.every((item, index) => same(item, right[index]))
  }
  if (isObject(left) && isObject(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)])
    return [...keys].every((key) => same(left[key], right[key]))
  }
  return left === right
}
