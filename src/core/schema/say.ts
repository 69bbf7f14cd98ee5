import { stringifyJson } from '../model/json.ts'
import { isArray, isObject, type Json } from '../model/object.ts'
import type { Path } from './structure.ts'

const maxQuoted = 40
const maxListed = 10

/** A value as the API server quotes it; a longer text only by its length, for it may be a secret. */
export function quote(value: Json | undefined): string {
  if (typeof value === 'string') {
    return value.length > maxQuoted ? `(a text of ${value.length} characters)` : JSON.stringify(value)
  }
  if (isArray(value)) return `(a list of ${value.length})`
  if (isObject(value)) return `(an object of ${Object.keys(value).length} fields)`
  return value === undefined ? 'null' : stringifyJson(value)
}

/** Values of an enumeration, at most ten. */
export function quoteAll(values: readonly Json[]): string {
  const shown = values.slice(0, maxListed).map((each) => (typeof each === 'string' ? quote(each) : `"${quote(each)}"`))
  return values.length > maxListed ? `${shown.join(', ')}, …` : shown.join(', ')
}

/** A path as the API server writes it: `spec.ports[0].name`. */
export function sayPath(path: Path): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  return shorten(text.replace(/^\./, ''), 200)
}

/** Text of a schema, cut at a length. */
export function shorten(text: string, length = 120): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

/** What the API server writes of a value that breaks a rule: `Invalid value: 5: spec.a in body should be …`. */
export function invalid(path: Path, value: Json | undefined, rule: string): string {
  return `Invalid value: ${quote(value)}: ${sayPath(path)} in body ${rule}`
}
