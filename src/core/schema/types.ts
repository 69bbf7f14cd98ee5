import { isArray, isObject, type Json } from '../model/object.ts'
import type { Findings } from './findings.ts'
import { sayPath } from './say.ts'
import { fieldOf, itemsOf, type Path, type Schema } from './structure.ts'

const kinds: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'number' || typeof value === 'bigint',
  number: (value) => typeof value === 'number' || typeof value === 'bigint',
  boolean: (value) => typeof value === 'boolean',
  array: isArray,
  object: isObject,
}

/**
 * Checks types as server-side apply does before anything else (structured-merge-diff), also in a status that is dropped
 * afterwards: null fits everywhere but into a list whose items are known by themselves or by keys.
 */
export function checkTypes(value: Json, schema: Schema | undefined, path: Path, findings: Findings): void {
  findings.work()
  if (!schema || value === null) return
  const type = typeof schema.type === 'string' ? schema.type : ''
  const fits = Object.hasOwn(kinds, type) ? kinds[type] : undefined
  if (fits && !fits(value)) {
    findings.fault(path, `Invalid value: "${nameOf(value)}": ${sayPath(path)} in body must be of type ${type}`)
    return
  }
  if (isArray(value)) {
    const keyed = ['set', 'map'].includes(String(schema['x-kubernetes-list-type']))
    value.forEach((each, index) => {
      if (each === null && keyed) findings.fault([...path, index], 'Invalid value: null: must not be null')
      checkTypes(each, itemsOf(schema), [...path, index], findings)
    })
  } else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) {
      if (each !== undefined) checkTypes(each, fieldOf(schema, key), [...path, key], findings)
    }
  }
}

function nameOf(value: Json): string {
  if (isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
