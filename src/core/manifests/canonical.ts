import { createHash } from 'node:crypto'
import { isArray, isObject, type Json } from '../model/object.ts'

/** JSON with sorted keys and without spaces; a `bigint` is written as its digits, an absent value is left out. */
export function canonicalJson(value: Json): string {
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (isObject(value)) {
    const entries: string[] = []
    for (const key of Object.keys(value).sort()) {
      const entry = value[key]
      if (entry !== undefined) entries.push(`${JSON.stringify(key)}:${canonicalJson(entry)}`)
    }
    return `{${entries.join(',')}}`
  }
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

/** `sha256:…` over objects, whatever their order. */
export function digestOf(objects: readonly Json[]): string {
  const hash = createHash('sha256')
  for (const text of objects.map(canonicalJson).sort()) hash.update(text).update('\n')
  return `sha256:${hash.digest('hex')}`
}
