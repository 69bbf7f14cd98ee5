import { isObject, type Json, type JsonObject } from '../../../core/model/object.ts'

/**
 * A set of fields of an object. Each path is the list of its `fieldsV1` steps (`f:name`, `k:{"name":"web"}`, `v:"x"`),
 * joined by {@link joint}.
 */
export type FieldSet = ReadonlySet<string>

/** Stands between the steps of a path; it can't occur in one. */
export const joint = '\u0000'

/** A path one step longer. */
export function step(path: string, next: string): string {
  return path === '' ? next : `${path}${joint}${next}`
}

/** The step to a field. */
export function fieldStep(name: string): string {
  return `f:${name}`
}

/** The set as `fieldsV1` of a `managedFields` entry (KEP-555). */
export function toFieldsV1(set: FieldSet): JsonObject {
  type Tree = Map<string, Tree>
  const root: Tree = new Map()
  const members = new Set<Tree>()
  for (const path of [...set].sort()) {
    let node = root
    for (const each of path.split(joint)) {
      const next: Tree = node.get(each) ?? new Map()
      node.set(each, next)
      node = next
    }
    members.add(node)
  }
  const write = (node: Tree): JsonObject => {
    const children = [...node].map(([key, child]) => [key, write(child)] as const)
    return Object.fromEntries(members.has(node) && node.size > 0 ? [['.', {}], ...children] : children)
  }
  return write(root)
}

/** The opposite of {@link toFieldsV1}. */
export function fromFieldsV1(fields: Json | undefined): FieldSet {
  const set = new Set<string>()
  const read = (node: Json | undefined, path: string): void => {
    if (!isObject(node)) return
    const keys = Object.keys(node)
    if (path !== '' && (keys.length === 0 || keys.includes('.'))) set.add(path)
    for (const key of keys) if (key !== '.') read(node[key], step(path, key))
  }
  read(fields, '')
  return set
}

/** A path as the API server's messages show it: `.spec.template.spec.containers[name="web"].image`. */
export function readable(path: string): string {
  if (path === '') return ''
  return path
    .split(joint)
    .map((each) => {
      const rest = each.slice(2)
      if (each.startsWith('f:')) return `.${rest}`
      if (each.startsWith('v:')) return `[=${rest}]`
      const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>)
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
    })
    .join('')
}

/** Every set's paths together. */
export function unionOf(sets: Iterable<FieldSet>): FieldSet {
  const all = new Set<string>()
  for (const set of sets) for (const path of set) all.add(path)
  return all
}
