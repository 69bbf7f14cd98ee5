import { declares, type FieldPath, pathKey, pointsAt, valueAtPath, without } from '../diff/field-set.ts'
import { type FoldRules, foldable, goneAfter, otherVersions } from '../diff/fold.ts'
import { isOurs } from '../diff/predict.ts'
import type { App } from '../model/app.ts'
import { partOfLabel } from '../model/inventory.ts'
import { at, isArray, isObject, type Json, type JsonObject, type KubeObject, type LiveObject } from '../model/object.ts'
import { ignoredPaths } from './desired.ts'
import type { ObjectFacts } from './facts.ts'

/** Whose fields are given up for one object. */
export function foldRules(app: App, manifest: KubeObject, live: LiveObject, inventoryId: string): FoldRules {
  const ignored = ignoredPaths(manifest, app.ignore)
  return {
    managers: app.managers,
    isIgnored: (path) => ignored.some((pointer) => pointsAt(pointer, path, manifest)),
    adopting: live.metadata.labels?.[partOfLabel] !== inventoryId,
  }
}

/** Is anybody written down as the manager of a field? */
export function hasManagers(live: LiveObject): boolean {
  return (live.metadata.managedFields ?? []).length > 0
}

/**
 * The fields that a sync makes ours before it applies this object: all of them when it is adopted or healed, else only
 * what the commit takes out of the manifest and somebody else holds too. None where the plan doesn't know what goes by it.
 */
export function toFold(
  facts: ObjectFacts,
  live: LiveObject,
  rules: FoldRules,
  selfHeal: boolean,
): readonly FieldPath[] {
  if (!facts.foldKnown) return []
  const { base, desired } = facts
  // What was added since the plan was made, nobody has seen go.
  const seen = facts.live && hasManagers(facts.live) ? new Set(foldable(facts.live, rules).map(pathKey)) : undefined
  const paths = foldable(live, rules).filter((path) => seen?.has(pathKey(path)) ?? true)
  if (rules.adopting || facts.mustFold) return paths
  // With nothing that would go, the fields may stay with who holds them too.
  if (selfHeal) return facts.folded ? paths : []
  return base ? paths.filter((path) => isReleased(path, base, desired)) : []
}

/** What the commit takes out of the manifest, with all that defaulting had put below it. */
function isReleased(path: FieldPath, base: KubeObject, desired: KubeObject): boolean {
  const length = path.findIndex((_, index) => !declares(desired, path.slice(0, index + 1))) + 1
  return length > 0 && declares(base, path.slice(0, length))
}

/** Can its entry of ours take more fields in? Nobody may be written down yet, or we by another version of the kind. */
export function isReady(live: LiveObject): boolean {
  const ours = live.metadata.managedFields?.find(isOurs)
  return hasManagers(live) && (ours === undefined || ours.apiVersion === live.apiVersion)
}

/** The answer of an apply without what others added to the object: what to ask about, nothing, or why it is unknown. */
export function withoutAdded(
  applied: LiveObject,
  desired: KubeObject,
  rules: FoldRules,
): { readonly wanted?: LiveObject; readonly unknown?: string } {
  const others = otherVersions(applied, rules)
  if (others.length > 0)
    return { unknown: `fields of ${others.join(', ')} are written down by another version of the kind` }
  // An apply that gives up an empty list leaves it there.
  const gone = goneAfter(applied, rules).filter((path) => !isEmptyList(valueAtPath(applied, path)))
  if (gone.length === 0) return {}
  const wanted = (without(applied, gone) ?? {}) as LiveObject
  if (lacksEmpty(desired, wanted) && !lacksEmpty(desired, applied)) {
    return { unknown: 'the manifest empties a list or map that others filled, which takes the API server two steps' }
  }
  return { wanted }
}

/** A copy in which the empty lists and maps of the manifest stand, where the object has nothing at all. */
export function withEmpty(object: Json | undefined, desired: Json | undefined): Json | undefined {
  if (object === undefined || object === null) return onlyEmpty(desired) ? desired : object
  if (isArray(desired) && isArray(object)) {
    const items = object.map((item, index) => withEmpty(item, named(desired, item, index)) ?? item)
    return items.some((item, index) => item !== object[index]) ? items : object
  }
  if (!isObject(desired) || !isObject(object)) return object
  const filled = Object.entries(desired).flatMap(([key, value]) => {
    const next = withEmpty(at(object, key), value)
    return next === undefined || next === at(object, key) ? [] : [[key, next] as const]
  })
  return filled.length > 0 ? { ...object, ...Object.fromEntries(filled) } : object
}

function isEmptyList(value: Json | undefined): boolean {
  return isArray(value) && value.length === 0
}

function onlyEmpty(value: Json | undefined): boolean {
  if (isArray(value)) return value.length === 0
  return isObject(value) && Object.values(value).every(onlyEmpty)
}

/** Does the manifest say an empty list or map somewhere, where the object has nothing at all? */
export function lacksEmpty(desired: JsonObject, object: JsonObject): boolean {
  const { metadata: _, ...said } = desired
  return withEmpty(object, said) !== object
}

function named(list: readonly Json[], item: Json, index: number): Json | undefined {
  const name = at(item, 'name')
  return name === undefined ? list[index] : list.find((each) => at(each, 'name') === name)
}
