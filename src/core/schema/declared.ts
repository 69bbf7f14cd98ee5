import { isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import type { Findings } from './findings.ts'
import {
  additionalOf,
  fieldOf,
  isEmbedded,
  itemsOf,
  keepsUnknown,
  objectFields,
  type Path,
  propertiesOf,
  type Schema,
} from './structure.ts'

/** What of the schema is known of the place where a value stands. */
type Place = {
  readonly path: Path
  /** The root of the object, which is one itself. */
  readonly root?: boolean
  /** Somewhere above, unknown fields are kept: here they are dropped without a word. */
  readonly loose: boolean
}

/**
 * The value without fields that its schema does not declare, as the API server stores it (pruning). Server-side apply
 * calls such a field a mistake, but not below a schema that keeps unknown fields, or that declares none.
 */
export function withDeclared(
  value: Json,
  schema: Schema | undefined,
  findings: Findings,
  place: Place = { path: [], loose: false, root: true },
): Json {
  findings.work()
  if (isArray(value)) {
    const items = itemsOf(schema)
    // Nothing is dropped from what stands in a kept list without a schema.
    if (keepsUnknown(schema) && !items) return value
    const loose = place.loose || !schema || !items || keepsUnknown(schema)
    return value.map((each, index) => withDeclared(each, items, findings, { path: [...place.path, index], loose }))
  }
  if (!isObject(value)) return value
  if (schema && isOtherType(schema)) return value
  return withDeclaredFields(value, schema, findings, place)
}

function withDeclaredFields(
  value: JsonObject,
  schema: Schema | undefined,
  findings: Findings,
  place: Place,
): JsonObject {
  const keeps = keepsUnknown(schema)
  const embedded = place.root || isEmbedded(schema)
  const closed = schema !== undefined && (embedded || propertiesOf(schema).length > 0)
  const loose = place.loose || keeps
  const kept: [string, Json][] = []
  for (const [key, each] of Object.entries(value)) {
    if (each === undefined) continue
    const field = fieldOf(schema, key)
    const path = [...place.path, key]
    if (embedded && objectFields.has(key)) kept.push([key, each])
    else if (field) kept.push([key, withDeclared(each, field, findings, { path, loose })])
    else if (keeps) kept.push([key, each])
    else if (additionalOf(schema)) kept.push([key, withDeclared(each, undefined, findings, { path, loose: true })])
    else if (closed && !loose) findings.fault(path, 'unknown field')
  }
  return Object.fromEntries(kept)
}

/** An object where the schema wants none: its type is the mistake, not its fields. */
function isOtherType(schema: Schema): boolean {
  return typeof schema.type === 'string' && schema.type !== 'object'
}
