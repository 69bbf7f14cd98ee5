import { declares, type FieldPath, pathKey, pointsAt, without } from '../diff/field-set.ts'
import { type FoldRules, foldable, goneAfter, otherVersions } from '../diff/fold.ts'
import { isOurs } from '../diff/predict.ts'
import type { App } from '../model/app.ts'
import { isMember } from '../model/inventory.ts'
import type { KubeObject, LiveObject } from '../model/object.ts'
import { isCustom } from '../model/reference.ts'
import type { FieldFault } from '../model/refusal.ts'
import { ignoredPaths } from './desired.ts'
import { withEmpty } from './emptied.ts'
import type { ObjectFacts } from './facts.ts'

/** Whose fields are given up for one object. */
export function foldRules(
  app: App,
  { manifest: { object: manifest }, directives, from }: Pick<ObjectFacts, 'manifest' | 'directives' | 'from'>,
  live: LiveObject,
  inventoryId: string,
): FoldRules {
  const ignored = ignoredPaths(manifest, app.ignore)
  return {
    managers: directives.apply === 'replace' ? [...app.managers, ...peopleOf(live)] : app.managers,
    isIgnored: (path) => ignored.some((pointer) => pointsAt(pointer, path, manifest)),
    adopting: from === undefined && !isMember(live, inventoryId),
  }
}

/** Every manager but Kubernetes' own programs, which would only set their fields again. */
function peopleOf(live: LiveObject): readonly string[] {
  const managers = (live.metadata.managedFields ?? []).flatMap((entry) => entry.manager ?? [])
  return managers.filter((manager) => !/^kube-|^kubelet$|[*?[{!]/.test(manager))
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
  if (!facts.foldKnown || facts.directives.apply === 'merge') return []
  const { base, desired, excluded = [] } = facts
  // What was added since the plan was made, nobody has seen go.
  const seen = facts.live && hasManagers(facts.live) ? new Set(foldable(facts.live, rules).map(pathKey)) : undefined
  const paths = foldable(live, rules).filter((path) => seen?.has(pathKey(path)) ?? true)
  if (rules.adopting || facts.mustFold) return [...paths, ...excluded]
  // With nothing that would go, the fields may stay with who holds them too.
  if (selfHeal) return facts.folded ? paths : []
  return base ? paths.filter((path) => isReleased(path, base, desired)) : []
}

/** What the commit takes out of the manifest, with all that defaulting had put below it; items that others added stay. */
function isReleased(path: FieldPath, base: KubeObject, desired: KubeObject): boolean {
  const length = path.findIndex((_, index) => !declares(desired, path.slice(0, index + 1))) + 1
  if (length === 0 || !declares(base, path.slice(0, length))) return false
  return path.every((element, index) => !/^[kv]:/.test(element) || declares(base, path.slice(0, index + 1)))
}

/**
 * Fields of a live object that the server forbids beside the manifest, which doesn't say them: defaults of a union's other
 * member. Only those that no list stands above.
 */
export function excludedBy(faults: readonly FieldFault[], live: LiveObject, desired: KubeObject): readonly FieldPath[] {
  return faults
    .filter(
      ({ path, message }) => /^Forbidden|: Forbidden/.test(message) && path.every((part) => typeof part === 'string'),
    )
    .map(({ path }) => path.map((part) => `f:${part}`))
    .filter((path) => path.length > 1 && declares(live, path) && !declares(desired, path))
}

/** Can its entry of ours take more fields in? Nobody may be written down yet, or we by another version of the kind. */
export function isReady(live: LiveObject): boolean {
  const ours = live.metadata.managedFields?.find(isOurs)
  return hasManagers(live) && (ours === undefined || ours.apiVersion === live.apiVersion)
}

/** An object to ask the server about; why its answer would mean nothing; or neither: nothing goes. */
type Question = { readonly wanted?: LiveObject; readonly unknown?: string }

/** The answer of an apply without what others added to the object. */
export function withoutAdded(applied: LiveObject, desired: KubeObject, rules: FoldRules): Question {
  return withoutGone(applied, desired, rules, foldable(applied, rules))
}

/** The answer of an apply without what the commit takes out of its manifest and others hold too. */
export function withoutReleased(
  applied: LiveObject,
  { base, desired }: Pick<ObjectFacts, 'base' | 'desired'>,
  rules: FoldRules,
): Question {
  if (!base) return {}
  const released = foldable(applied, rules).filter((path) => isReleased(path, base, desired))
  return released.length > 0 ? withoutGone(applied, desired, rules, released) : {}
}

function withoutGone(
  applied: LiveObject,
  desired: KubeObject,
  rules: FoldRules,
  folded: readonly FieldPath[],
): Question {
  const others = otherVersions(applied, rules)
  if (others.length > 0) {
    return { unknown: `fields of ${others.join(', ')} are written down by another version of the kind` }
  }
  const gone = goneAfter(applied, rules, folded)
  if (gone.length === 0) return {}
  const wanted = (without(applied, gone) ?? {}) as LiveObject
  // As the second apply of the sync leaves it.
  const final = withEmpty(wanted, desired)
  if (final !== wanted && isCustom(desired.apiVersion)) {
    return { unknown: 'the manifest empties a list or map that others filled, which takes the API server two steps' }
  }
  return { wanted: final }
}
