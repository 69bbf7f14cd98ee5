import { parseJson, stringifyJson } from '../model/json.ts'
import { at, isArray, isObject, type Json, type JsonObject } from '../model/object.ts'

/** A path in the format of fieldsV1 (KEP-555): `f:name`, `k:{"key":…}`, `v:value`, `i:index`. */
export type FieldPath = readonly string[]

/** List keys that a manifest may leave out, with their defaults in the built-in kinds. */
const keyDefaults: Readonly<Record<string, Json>> = { protocol: 'TCP' }

/** The members of a fieldsV1 set. */
export function pathsOf(set: JsonObject | undefined): readonly FieldPath[] {
  const found: FieldPath[] = []
  const walk = (node: JsonObject, path: FieldPath): void => {
    const children = Object.entries(node)
    if (path.length > 0 && (children.length === 0 || '.' in node)) found.push(path)
    for (const [element, child] of children) if (element !== '.' && isObject(child)) walk(child, [...path, element])
  }
  if (set) walk(set, [])
  return found
}

/** The fieldsV1 set with these members. */
export function setOf(paths: readonly FieldPath[]): JsonObject {
  const root: Node = new Map()
  for (const path of paths) {
    let node = root
    for (const element of path) {
      const next: Node = node.get(element) ?? new Map()
      node.set(element, next)
      node = next
    }
    node.set('.', new Map())
  }
  return written(root)
}

type Node = Map<string, Node>

function written(node: Node): JsonObject {
  // A leaf is written as an empty set, a member with members below it carries a dot.
  if (node.size === 1 && node.has('.')) return {}
  return Object.fromEntries([...node].map(([element, child]) => [element, written(child)]))
}

/** One text for each path, to look it up by. */
export function pathKey(path: FieldPath): string {
  return stringifyJson(path)
}

/** The keys of these paths and of the maps and items that they are in. */
export function withParents(paths: readonly FieldPath[]): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const path of paths) {
    for (let length = path.length; length > 0; length--) {
      const key = pathKey(path.slice(0, length))
      if (keys.has(key)) break
      keys.add(key)
    }
  }
  return keys
}

/**
 * What goes with a field: the maps above it that nobody else holds (`held`, with parents), whatever defaulting had put
 * into them. A map that is named in the schema is a member of the set that holds a field of it (KEP-555).
 */
export function lifted(path: FieldPath, held: ReadonlySet<string>): FieldPath {
  const above = path.slice(0, -1)
  if (above.length === 0 || !above.at(-1)?.startsWith('f:') || held.has(pathKey(above))) return path
  return lifted(above, held)
}

/** The value that a path points at; `undefined` where the value has nothing there. */
export function valueAtPath(root: Json | undefined, path: FieldPath): Json | undefined {
  return path.reduce<Json | undefined>((value, element) => childOf(value, element), root)
}

/** Does an object say something at this path? */
export function declares(root: Json, path: FieldPath): boolean {
  return valueAtPath(root, path) !== undefined
}

function childOf(value: Json | undefined, element: string): Json | undefined {
  if (element.startsWith('f:')) return isObject(value) ? at(value, element.slice(2)) : undefined
  if (!isArray(value)) return undefined
  const index = indexOf(value, element)
  return index < 0 ? undefined : value[index]
}

/** Where in a list the item of an element stands; -1: nowhere. */
function indexOf(list: readonly Json[], element: string): number {
  if (element.startsWith('i:')) return Number(element.slice(2)) < list.length ? Number(element.slice(2)) : -1
  const wanted = parseJson(element.slice(2))
  if (element.startsWith('v:')) return list.findIndex((item) => stringifyJson(item) === stringifyJson(wanted))
  return isObject(wanted) ? list.findIndex((item) => hasKeys(item, wanted)) : -1
}

/** Is this the item that these keys name? A key that the item leaves out has its default. */
function hasKeys(item: Json, keys: JsonObject): boolean {
  return Object.entries(keys).every(([name, each]) => keyValue(item, name) === each)
}

/** The value of a list key of an item. */
export function keyValue(item: Json, name: string): Json | undefined {
  return at(item, name) ?? keyDefaults[name]
}

/** A copy without what is at these paths, and without the maps and lists that are empty for it. */
export function without(root: Json, paths: readonly FieldPath[]): Json | undefined {
  const gone = paths.filter((path) => !isItemKey(path))
  return gone.length === 0 ? root : prune(root, setOf(gone))
}

function prune(value: Json, set: JsonObject): Json | undefined {
  const elements = Object.entries(set)
  if (elements.length === 0 || '.' in set) return undefined
  if (isArray(value)) {
    const parts = new Map<number, JsonObject>()
    for (const [element, child] of elements) {
      const index = indexOf(value, element)
      if (index >= 0 && isObject(child)) parts.set(index, child)
    }
    const left = value.flatMap((item, index) => {
      const part = parts.get(index)
      return part ? (prune(item, part) ?? []) : [item]
    })
    return left.length > 0 || value.length === 0 ? left : undefined
  }
  if (!isObject(value)) return value
  const left = Object.entries(value).flatMap(([name, each]) => {
    const part = at(set, `f:${name}`)
    const kept = isObject(part) && each !== undefined ? prune(each, part) : each
    return kept === undefined ? [] : [[name, kept] as const]
  })
  return left.length > 0 || Object.keys(value).length === 0 ? Object.fromEntries(left) : undefined
}

/** The key of an item stays for as long as the item does, and goes with it. */
function isItemKey(path: FieldPath): boolean {
  const [item, field] = path.slice(-2)
  if (!item?.startsWith('k:') || !field?.startsWith('f:')) return false
  return at(parseJson(item.slice(2)), field.slice(2)) !== undefined
}

/**
 * Does a JSON pointer (its parts, counting the items of `object`) point at this field, into it, or at what it is in? `*`
 * is any key or item.
 */
export function pointsAt(pointer: readonly string[], path: FieldPath, object: Json): boolean {
  let value: Json | undefined = object
  for (const [index, part] of pointer.entries()) {
    const element = path[index]
    if (element === undefined) return true
    const next: Json | undefined = childOf(value, element)
    const named = element.startsWith('f:')
      ? element === `f:${part}`
      : isArray(value) && indexOf(value, element) === Number(part)
    if (part !== '*' && !named) return false
    value = next
  }
  return true
}
