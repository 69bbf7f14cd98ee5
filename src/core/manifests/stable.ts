import { escapePointer } from '../diff/fields.ts'
import { type Problem, problem } from '../model/errors.ts'
import type { Manifest } from '../model/manifest.ts'
import { isArray, isObject, type Json } from '../model/object.ts'
import { describeReference, identityOf, referenceOf } from '../model/reference.ts'
import { canonicalJson } from './canonical.ts'
import type { ValuePath } from './positions.ts'

/** Objects that are named, and fields of each. */
const MAX_NAMED = 10
const MAX_FIELDS = 3

const HINT =
  'Give the value in values.yaml, or take it from an existing Secret. ' +
  'What a template makes anew each time (randAlphaNum, genCA, now, …) is not what the next sync would apply.'

/**
 * The objects that two renders of the same input don't agree on, each at the line of its first differing field. Fields
 * are named, values are not: most of them are secrets. Empty when both are the same.
 */
export function unstableProblems(first: readonly Manifest[], second: readonly Manifest[]): readonly Problem[] {
  const others = byIdentity(second)
  const found: Problem[] = []
  const alone: Manifest[] = []
  for (const [identity, manifest] of byIdentity(first)) {
    const other = others.get(identity)
    others.delete(identity)
    if (!other) alone.push(manifest)
    else {
      const fields = differences(manifest.object, other.object)
      if (fields.length > 0) found.push(unstable(manifest, fields))
    }
  }
  // An object under a new name is in both renders: once is enough to name it.
  const named = new Set(alone.map(placeOf))
  for (const manifest of others.values()) if (!named.has(placeOf(manifest))) alone.push(manifest)
  found.push(...alone.map(appearsOnce))
  if (found.length <= MAX_NAMED) return found
  const rest = found.length - MAX_NAMED
  const message = `${rest} more ${rest === 1 ? 'object is' : 'objects are'} rendered differently each time.`
  return [...found.slice(0, MAX_NAMED), problem('render-unstable', message, { hint: HINT })]
}

/** One identity may be there twice, which is another mistake. */
function byIdentity(manifests: readonly Manifest[]): Map<string, Manifest> {
  const all = new Map<string, Manifest>()
  const seen = new Map<string, number>()
  for (const manifest of manifests) {
    const identity = identityOf(referenceOf(manifest.object))
    const count = seen.get(identity) ?? 0
    seen.set(identity, count + 1)
    all.set(`${identity}\n${count}`, manifest)
  }
  return all
}

function placeOf({ object, source }: Manifest): string {
  return `${object.apiVersion} ${object.kind} ${source.path}:${source.line}`
}

function unstable(manifest: Manifest, fields: readonly ValuePath[]): Problem {
  const pointers = fields.slice(0, MAX_FIELDS).map((path) => `/${path.map(String).map(escapePointer).join('/')}`)
  const more = fields.length > MAX_FIELDS ? ' and more' : ''
  const named = `${fields.length === 1 ? 'field' : 'fields'} ${pointers.join(', ')}${more}`
  const message = `${describeReference(referenceOf(manifest.object))} is rendered differently each time (${named}).`
  const source = manifest.locate?.(fields[0] ?? []) ?? manifest.source
  return problem('render-unstable', message, { source, hint: HINT })
}

function appearsOnce({ object, source }: Manifest): Problem {
  const what = describeReference(referenceOf(object))
  const message = `${what} is in only one of two renders of the same files: its name, or whether it is there, changes.`
  return problem('render-unstable', message, { source, hint: HINT })
}

/** The first fields that differ; one more than is shown tells that there are more. */
function differences(one: Json, other: Json): readonly ValuePath[] {
  const found: ValuePath[] = []
  const compare = (before: Json | undefined, after: Json | undefined, path: ValuePath): void => {
    if (found.length > MAX_FIELDS) return
    if (isObject(before) && isObject(after)) {
      const keys = new Set([...Object.keys(before), ...Object.keys(after)])
      for (const key of keys) compare(before[key], after[key], [...path, key])
    } else if (isArray(before) && isArray(after) && before.length === after.length) {
      for (const [index, item] of before.entries()) compare(item, after[index], [...path, index])
    } else if (!same(before, after)) found.push(path)
  }
  compare(one, other, [])
  return found
}

function same(one: Json | undefined, other: Json | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one === other || canonicalJson(one) === canonicalJson(other)
}
