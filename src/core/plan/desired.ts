import { mergeKeyOf } from '../diff/fields.ts'
import type { Step } from '../diff/ownership.ts'
import { isHeldByUs, isHeldWhole, ownersOf } from '../diff/ownership.ts'
import { valueAt, withValue } from '../diff/patch.ts'
import { parsePointer, rulesFor } from '../manifests/field-rules.ts'
import type { FieldRule } from '../model/app.ts'
import { fieldManager, partOfLabel } from '../model/inventory.ts'
import { at, isArray, isObject, type Json, type KubeObject, type LiveObject } from '../model/object.ts'
import { groupOf, isCustom } from '../model/reference.ts'

/** Fields of its own object that a manifest leaves to others: JSON pointers, separated by commas or white space. */
const ignoreAnnotation = 'drydock.dev/ignore'

/**
 * What is sent for a manifest: the rendered JSON plus the inventory label and nothing else, except that a Secret's
 * `stringData` is folded into `data`, as the server would do, so that live and planned can be compared, and that an
 * aggregated ClusterRole has no rules.
 */
export function desiredObject(object: KubeObject, inventoryId: string): KubeObject {
  const labels = { ...object.metadata.labels, [partOfLabel]: inventoryId }
  const labelled: KubeObject = { ...withoutNullKeys(object), metadata: { ...object.metadata, labels } }
  if (isAggregated(object)) return withoutRules(labelled)
  return object.kind === 'Secret' ? foldStringData(labelled) : labelled
}

/**
 * The built-in kinds take null for absent, but an apply takes `protocol: null` of a list item for another key than the
 * default, and the item for another one. What custom kinds mean by null is theirs.
 */
function withoutNullKeys(object: KubeObject): KubeObject {
  return isCustom(object.apiVersion) ? object : (cleaned(object, false) as KubeObject)
}

function cleaned(value: Json, inItem: boolean): Json {
  if (isArray(value)) {
    const items = value.map((item) => cleaned(item, isObject(item)))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value)
  const kept = entries.flatMap(([key, each]) =>
    each === undefined || (inItem && each === null) ? [] : [[key, cleaned(each, inItem)] as const],
  )
  const same = kept.length === entries.length && kept.every(([key, each]) => each === value[key])
  return same ? value : Object.fromEntries(kept)
}

/** The rules of an aggregated ClusterRole are its controller's: to send them would empty the role for a moment. */
function isAggregated(object: KubeObject): boolean {
  const isRole = object.kind === 'ClusterRole' && groupOf(object.apiVersion) === 'rbac.authorization.k8s.io'
  return isRole && isObject(object.aggregationRule)
}

function withoutRules(role: KubeObject): KubeObject {
  const { rules: _, ...rest } = role
  return rest as KubeObject
}

function foldStringData(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret
  if (!isObject(stringData)) return secret
  const folded = Object.entries(stringData).map(([key, value]) => [
    key,
    // What isn't text is left for the server to refuse.
    typeof value === 'string' ? Buffer.from(value, 'utf8').toString('base64') : value,
  ])
  // An immutable Secret without data would differ for ever from one with empty data.
  if (folded.length === 0) return rest as KubeObject
  return {
    ...(rest as KubeObject),
    data: { ...(isObject(secret.data) ? secret.data : {}), ...Object.fromEntries(folded) },
  }
}

/**
 * Leaves ignored fields to their owners: with nothing live the manifest's value is sent; afterwards the live value for
 * as long as we are its only owner (leaving it out would reset it) or it is a part of what is sent as a whole, and nothing
 * once somebody else owns it.
 */
export function withIgnored(
  desired: KubeObject,
  live: LiveObject | undefined,
  rules: readonly FieldRule[],
): KubeObject {
  if (!live) return desired
  return keeping(desired, live, rules, (steps) => {
    if (ownersOf(live, steps, fieldManager).length === 0 || isHeldWhole(live, steps)) return true
    // Of a list or map that others hold in part, our part would go.
    const value = valueAt(live, steps)
    return (isObject(value) || isArray(value)) && isHeldByUs(live, steps)
  })
}

/** What is sent to create an object again: nobody owns an ignored field any more, so its live value is. */
export function recreatedObject(desired: KubeObject, live: LiveObject, rules: readonly FieldRule[]): KubeObject {
  return keeping(desired, live, rules, () => true)
}

function keeping(
  desired: KubeObject,
  live: LiveObject,
  rules: readonly FieldRule[],
  send: (steps: readonly Step[]) => boolean,
): KubeObject {
  let result = desired
  for (const pointer of ignoredPaths(desired, rules)) {
    const steps = stepsOf(desired, pointer)
    const item = steps.findLastIndex((step) => typeof step !== 'string')
    // An item that isn't there yet is created, so that the manifest's value is sent.
    if (item >= 0 && valueAt(live, steps.slice(0, item + 1)) === undefined) continue
    const said = valueAt(desired, steps.slice(0, -1)) !== undefined
    const kept = said && send(steps) ? valueAt(live, steps) : undefined
    result = withValue(result, steps, kept) as KubeObject
  }
  return result
}

/** The ignored fields of an object, as parts of JSON pointers: by the configuration's rules and by its own annotation. */
export function ignoredPaths(object: KubeObject, rules: readonly FieldRule[]): readonly (readonly string[])[] {
  const own = (object.metadata.annotations?.[ignoreAnnotation] ?? '').split(/[\s,]+/).filter(mayIgnore)
  return [...rulesFor(object, rules), ...own.map(parsePointer)].filter((parts) => parts.at(-1) !== partOfLabel)
}

/** A manifest may leave its fields to others, not its identity. */
function mayIgnore(pointer: string): boolean {
  return (
    /^\/[^/]/.test(pointer) && !/^\/(apiVersion|kind|metadata(\/(name|namespace|labels|annotations))?)$/.test(pointer)
  )
}

/** A pointer counts list items of the manifest; live ones are found by their key, where they may stand elsewhere. */
function stepsOf(desired: KubeObject, pointer: readonly string[]): readonly Step[] {
  let value: Json | undefined = desired
  return pointer.map((part) => {
    const list = isArray(value) ? value : undefined
    value = at(value, part)
    const key = list && value !== undefined ? mergeKeyOf(list, list) : undefined
    return key === undefined ? part : { key, value: String(at(value, key)), item: value ?? null }
  })
}
