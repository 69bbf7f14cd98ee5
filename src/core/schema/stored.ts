import { isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import type { Findings } from './findings.ts'
import { fieldOf, isEmbedded, itemsOf, type Schema } from './structure.ts'

/**
 * The value as it is stored: without fields that are null where their schema allows none (only schemas without a type
 * let them come this far), and with the metadata of embedded objects in its short form.
 */
export function asStored(value: Json, schema: Schema | undefined, findings: Findings): Json {
  findings.work()
  if (!schema) return value
  if (isArray(value)) return value.map((each) => asStored(each, itemsOf(schema), findings))
  if (!isObject(value)) return value
  const entries = Object.entries(value).flatMap(([key, each]): readonly (readonly [string, Json])[] => {
    if (each === undefined) return []
    if (key === 'metadata' && isEmbedded(schema)) return [[key, isObject(each) ? storedMetadata(each) : (each ?? {})]]
    const field = fieldOf(schema, key)
    if (each === null && field && field.nullable !== true) return []
    return [[key, asStored(each, field, findings)]]
  })
  return Object.fromEntries(entries)
}

/** `metadata` as the API server stores it after reading: what is empty is left out, a null text is empty. */
function storedMetadata(metadata: JsonObject): JsonObject {
  const kept = Object.entries(metadata).flatMap(([key, value]): readonly (readonly [string, Json])[] => {
    if (value === undefined || value === null || value === '' || value === 0) return []
    if (isArray(value) && value.length === 0) return []
    if (key !== 'labels' && key !== 'annotations') return [[key, value]]
    if (!isObject(value) || Object.keys(value).length === 0) return []
    return [[key, Object.fromEntries(Object.entries(value).map(([name, text]) => [name, text ?? '']))]]
  })
  return Object.fromEntries(kept)
}
