import { mergeKeyOf } from '../diff/fields.ts'
import type { Step } from '../diff/ownership.ts'
import { ownersOf } from '../diff/ownership.ts'
import { valueAt, withValue } from '../diff/patch.ts'
import type { IgnoreRule } from '../model/app.ts'
import { fieldManager, partOfLabel } from '../model/inventory.ts'
import { at, isArray, isObject, type Json, type KubeObject, type LiveObject } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'

/**
 * What is sent for a manifest: the rendered JSON plus the inventory label and nothing else, except that a Secret's
 * `stringData` is folded into `data`, as the server would do, so that live and planned can be compared.
 */
export function desiredObject(object: KubeObject, inventoryId: string): KubeObject {
  const labels = { ...object.metadata.labels, [partOfLabel]: inventoryId }
  const labelled: KubeObject = { ...object, metadata: { ...object.metadata, labels } }
  return object.kind === 'Secret' ? foldStringData(labelled) : labelled
}

function foldStringData(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret
  if (!isObject(stringData)) return secret
  const folded = Object.entries(stringData).map(([key, value]) => [
    key,
    // What isn't text is left for the server to refuse.
    typeof value === 'string' ? Buffer.from(value, 'utf8').toString('base64') : value,
  ])
  return {
    ...(rest as KubeObject),
    data: { ...(isObject(secret.data) ? secret.data : {}), ...Object.fromEntries(folded) },
  }
}

/**
 * Leaves ignored fields to their owners: with nothing live the manifest's value is sent; afterwards the live value for
 * as long as we are its only owner (leaving it out would reset it), and nothing once somebody else owns it.
 */
export function withIgnored(
  desired: KubeObject,
  live: LiveObject | undefined,
  rules: readonly IgnoreRule[],
): KubeObject {
  if (!live) return desired
  let result = desired
  for (const pointer of ignoredPaths(desired, rules)) {
    const steps = stepsOf(desired, pointer)
    const item = steps.findLastIndex((step) => typeof step !== 'string')
    // An item that isn't there yet is created, so that the manifest's value is sent.
    if (item >= 0 && valueAt(live, steps.slice(0, item + 1)) === undefined) continue
    const kept = ownersOf(live, steps, fieldManager).length > 0 ? undefined : valueAt(live, steps)
    result = withValue(result, steps, kept) as KubeObject
  }
  return result
}

/** The ignored fields of an object, as steps. */
export function ignoredPaths(object: KubeObject, rules: readonly IgnoreRule[]): readonly (readonly string[])[] {
  const { name, namespace } = object.metadata
  return rules
    .filter(
      (rule) =>
        (rule.group === undefined || rule.group === groupOf(object.apiVersion)) &&
        (rule.kind === undefined || rule.kind === object.kind) &&
        (rule.namespace === undefined || rule.namespace === namespace) &&
        (rule.name === undefined || rule.name === name),
    )
    .flatMap((rule) => rule.jsonPointers.map(parsePointer))
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

/** RFC 6901. */
function parsePointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
