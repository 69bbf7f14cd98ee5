import { rulesFor } from '../manifests/field-rules.ts'
import type { FieldRule } from '../model/app.ts'
import { isArray, isObject, type Json, type JsonObject, type KubeObject } from '../model/object.ts'

/** Puts something else in place of a sensitive value; `encoded`: a string is base64, as in `data` of a Secret. */
type Replace = (value: Json, encoded: boolean) => Json

/** What tells of a Secret that it is one, and of what type. */
const plainFields = ['apiVersion', 'kind', 'metadata', 'type', 'immutable']

/** `ObjectMeta`; below any other key of `metadata` stands what was meant for another place. */
const metaFields = new Set([
  'name',
  'generateName',
  'namespace',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
])

/**
 * The object with every sensitive value replaced. This alone decides what is sensitive: in a Secret (of any group) all
 * that is not its type or its metadata, also below keys that don't exist (`stringdata:`); in any object what the rules
 * name, whole objects and lists included. What names the object stays.
 */
export function replaceSensitive<T extends KubeObject>(object: T, rules: readonly FieldRule[], replace: Replace): T {
  const secret = object.kind === 'Secret'
  const pointers = rules.length > 0 ? rulesFor(object, rules) : []
  if (!secret && pointers.length === 0) return object
  const fields = Object.entries(object)
  const masked = secret ? fields.map(([key, value]) => [key, ofSecret(key, value, replace)] as const) : fields
  // What is replaced already must not be replaced again: it would get another mask.
  const open = Object.fromEntries(masked.filter(([key]) => !secret || plainFields.includes(key)))
  const ruled = pointers.reduce<Json>((value, pointer) => below(value, pointer, replace), open)
  return named({ ...Object.fromEntries(masked), ...(ruled as JsonObject) }, object)
}

/** Whatever a rule says, an object keeps its name. */
function named<T extends KubeObject>(changed: JsonObject, object: T): T {
  const { name, namespace } = object.metadata
  const metadata = isObject(changed.metadata) ? changed.metadata : {}
  return {
    ...changed,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
  } as unknown as T
}

function ofSecret(key: string, value: Json | undefined, replace: Replace): Json | undefined {
  if (key === 'apiVersion' || key === 'kind' || value === undefined || value === null) return value
  if (key === 'type') return typeof value === 'string' ? value : replace(value, false)
  if (key === 'immutable') return typeof value === 'boolean' ? value : replace(value, false)
  if (key === 'metadata') return isObject(value) ? ofMetadata(value, replace) : replace(value, false)
  return isObject(value) ? mapValues(value, (each) => replace(each, key === 'data')) : replace(value, false)
}

function ofMetadata(metadata: JsonObject, replace: Replace): JsonObject {
  const entries = Object.entries(metadata).map(([key, value]) => {
    if (value === undefined || value === null) return [key, value]
    if (!metaFields.has(key))
      return [key, isObject(value) ? mapValues(value, (each) => replace(each, false)) : replace(value, false)]
    if ((key !== 'labels' && key !== 'annotations') || !isObject(value)) return [key, value]
    return [key, mapValues(value, (each) => (typeof each === 'string' || each === null ? each : replace(each, false)))]
  })
  return Object.fromEntries(entries)
}

/** What stands at a pointer. Where the pointer goes on into a scalar, that is replaced: it stands for what is meant. */
function below(value: Json, pointer: readonly string[], replace: Replace): Json {
  const [part, ...rest] = pointer
  if (isObject(value)) {
    return mapValues(value, (each, key) =>
      part === undefined || part === '*' || part === key ? below(each, rest, replace) : each,
    )
  }
  if (isArray(value)) {
    // What is no index (the name of a container) can't mean less than every item.
    const every = part === undefined || !/^\d+$/.test(part)
    return value.map((each, index) => (every || Number(part) === index ? below(each, rest, replace) : each))
  }
  return value === null ? null : replace(value, false)
}

function mapValues(object: JsonObject, change: (value: Json, key: string) => Json): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, value === undefined ? value : change(value, key)]),
  )
}

/** Tells whether a text is base64 as Kubernetes takes it for bytes: padded, line ends left aside. */
export function isBase64(text: string): boolean {
  const bare = text.replace(/[\r\n]/g, '')
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare)
}
