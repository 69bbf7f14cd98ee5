import { stringifyJson } from '../model/json.ts'
import { isArray, isObject, type Json } from '../model/object.ts'
import type { Findings } from './findings.ts'
import { fieldOf, itemsOf, propertiesOf, propertyOf, type Schema } from './structure.ts'

/**
 * The value with the defaults of its schema: for fields that are not there, and for null where the schema allows none.
 * Other nulls stay: server-side apply refuses them (a `POST` would drop them).
 */
export function withDefaults(value: Json, schema: Schema | undefined, findings: Findings): Json {
  findings.work()
  if (!schema) return value
  if (isArray(value)) {
    const items = itemsOf(schema)
    return items ? value.map((each) => withDefaults(filled(each, items, findings), items, findings)) : value
  }
  if (!isObject(value)) return value
  const entries = new Map<string, Json | undefined>(Object.entries(value))
  for (const key of propertiesOf(schema)) {
    const present = entries.get(key)
    const property = propertyOf(schema, key)
    if (property && present === undefined && hasDefault(property)) entries.set(key, defaultOf(property, findings))
  }
  const complete = [...entries].flatMap(([key, each]): readonly [string, Json][] => {
    if (each === undefined) return []
    const field = fieldOf(schema, key)
    return [[key, field ? withDefaults(filled(each, field, findings), field, findings) : each]]
  })
  return Object.fromEntries(complete)
}

function hasDefault(schema: Schema): boolean {
  return schema.default !== undefined && schema.default !== null
}

function filled(value: Json, schema: Schema, findings: Findings): Json {
  return value === null && schema.nullable !== true && hasDefault(schema) ? defaultOf(schema, findings) : value
}

const sizes = new WeakMap<object, number>()

/** A large default in each item of a long list would fill the memory of whoever writes it out. */
function defaultOf(schema: Schema, findings: Findings): Json {
  const value = schema.default ?? null
  if (typeof value === 'string') findings.work(value.length / 10)
  if (!isObject(value) && !isArray(value)) return value
  const size = sizes.get(value) ?? stringifyJson(value).length / 10
  sizes.set(value, size)
  findings.work(size)
  return value
}
