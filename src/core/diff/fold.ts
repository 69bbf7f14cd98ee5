import { matcher } from '../config/glob.ts'
import { fieldManager } from '../model/inventory.ts'
import { isArray, type Json, type LiveObject, type ManagedFields } from '../model/object.ts'
import { type FieldPath, lifted, pathKey, pathsOf, setOf, valueAtPath, withParents } from './field-set.ts'
import { lastApplied } from './mask.ts'
import { isOurs } from './predict.ts'

/** Which fields of others are made ours. */
export type FoldRules = {
  /** Field managers (globs) beside `kubectl*` and `before-first-apply`. */
  readonly managers: readonly string[]
  /** Does this field stay with its owner? */
  readonly isIgnored: (path: FieldPath) => boolean
  /** The object becomes ours: labels and annotations of its former managers too. */
  readonly adopting: boolean
}

/** Who held the object before server-side apply came (KEP-555): nobody's entry, made by the server. */
const beforeFirstApply = 'before-first-apply'

/** An action that kubectl leaves as a field; to take it back would restart the pods once more. */
const restartedAt = 'f:kubectl.kubernetes.io/restartedAt'

/**
 * The fields of a live object that people and tools hold which are meant to give them up: those of `kubectl*`, of
 * `before-first-apply` and of the configured managers. Status, subresources (`kubectl scale`) and ignored fields stay.
 */
export function foldable(live: LiveObject, rules: FoldRules): readonly FieldPath[] {
  const chosen = chooser(live, rules)
  const found = new Map<string, FieldPath>()
  for (const entry of live.metadata.managedFields ?? []) {
    if (!chosen(entry)) continue
    for (const path of pathsOf(entry.fieldsV1)) {
      // Whether an apply takes away an empty list that it gives up depends on the schema: it stays.
      if (mayFold(path, entry, rules) && !isEmptyList(valueAtPath(live, path))) found.set(pathKey(path), path)
    }
  }
  return [...found.values()]
}

/** A path means what its entry's version says it means: entries of another version than the object's stay. */
function chooser(live: LiveObject, rules: FoldRules): (entry: ManagedFields) => boolean {
  const gives = givers(rules)
  return (entry) => gives(entry) && entry.apiVersion === live.apiVersion
}

function givers(rules: FoldRules): (entry: ManagedFields) => boolean {
  const configured = matcher(rules.managers)
  return ({ manager, subresource }) => {
    // What webhooks add to our own applies is written down as an update of ours: some add it at the creation only.
    if (manager === undefined || manager === fieldManager || subresource) return false
    return manager.startsWith('kubectl') || manager === beforeFirstApply || configured(manager)
  }
}

/** Managers whose fields would be folded, were they not written down by another version of the kind: `kubectl (v1beta1)`. */
export function otherVersions(live: LiveObject, rules: FoldRules): readonly string[] {
  const gives = givers(rules)
  return (live.metadata.managedFields ?? [])
    .filter((entry) => gives(entry) && entry.apiVersion !== live.apiVersion)
    .filter((entry) => pathsOf(entry.fieldsV1).some((path) => mayFold(path, entry, rules)))
    .map((entry) => `${entry.manager} (${entry.apiVersion})`)
}

function mayFold(path: FieldPath, entry: ManagedFields, rules: FoldRules): boolean {
  const [top, second, third] = path
  if (top === 'f:status' || path.includes(restartedAt)) return false
  // Whoever scales or injects a certificate is often not written down, and Git leaves these fields out for them.
  if ((top === 'f:spec' && second === 'f:replicas') || path.at(-1) === 'f:caBundle') return false
  if (top === 'f:metadata') {
    // kubectl's copy of the object goes with its manager: it may hold what has to stay secret.
    if (second === 'f:annotations' && third === `f:${lastApplied}`) return rules.adopting
    const kept = entry.manager === beforeFirstApply || !rules.adopting
    return !kept && (second === 'f:labels' || second === 'f:annotations')
  }
  return !rules.isIgnored(path)
}

function isEmptyList(value: Json | undefined): boolean {
  return isArray(value) && value.length === 0
}

/**
 * What goes once these fields (default: all that may be folded) are ours and the manifest is applied: what neither the
 * manifest nor anybody else says.
 * `applied` is what the server answers to the apply without folding: it knows what the manifest holds, by its keys.
 */
export function goneAfter(
  applied: LiveObject,
  rules: FoldRules,
  folded: readonly FieldPath[] = foldable(applied, rules),
): readonly FieldPath[] {
  const keys = new Set(folded.map(pathKey))
  const chosen = chooser(applied, rules)
  const staying = (applied.metadata.managedFields ?? []).flatMap((entry) => {
    const paths = pathsOf(entry.fieldsV1)
    return chosen(entry) ? paths.filter((path) => !keys.has(pathKey(path))) : paths
  })
  const held = withParents(staying)
  return folded.filter((path) => !held.has(pathKey(path))).map((path) => lifted(path, held))
}

/**
 * The entries of an object after these fields were made ours, as client-go's `csaupgrade` does for kubectl's; an entry
 * that holds nothing any more is left out.
 */
export function foldInto(live: LiveObject, paths: readonly FieldPath[], rules: FoldRules): readonly ManagedFields[] {
  const chosen = chooser(live, rules)
  const taken = new Set(paths.map(pathKey))
  const entries = live.metadata.managedFields ?? []
  const others = entries.flatMap((entry) => {
    if (isOurs(entry)) return []
    if (!chosen(entry)) return [entry]
    const left = pathsOf(entry.fieldsV1).filter((path) => !taken.has(pathKey(path)))
    return left.length > 0 ? [{ ...entry, fieldsV1: setOf(left) }] : []
  })
  const ours = entries.find(isOurs)
  const held = new Map([...pathsOf(ours?.fieldsV1), ...paths].map((path) => [pathKey(path), path]))
  const entry: ManagedFields = {
    ...(ours ?? { manager: fieldManager, operation: 'Apply', apiVersion: live.apiVersion, fieldsType: 'FieldsV1' }),
    fieldsV1: setOf([...held.values()]),
  }
  return [entry, ...others]
}
