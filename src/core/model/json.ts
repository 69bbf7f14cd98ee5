import type { Json } from './object.ts'

/** Sixteen digits in a row may be an integer that a double can't hold; only then is the slow reader worth it. */
const maybeLarge = /\d{16}/

/** `JSON.parse` that keeps integers past 2^53 as bigint (through the reviver's source text). Throws SyntaxError. */
export function parseJson(text: string): Json {
  if (!maybeLarge.test(text)) return JSON.parse(text) as Json
  const reviver = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value
  return JSON.parse(text, reviver as (this: unknown, key: string, value: unknown) => unknown) as Json
}

/** `JSON.stringify` that writes a bigint as the integer that it is. */
export function stringifyJson(value: unknown, indent?: number): string {
  const raw = JSON as unknown as { rawJSON: (text: string) => unknown }
  return JSON.stringify(
    value,
    (_key, each: unknown) => (typeof each === 'bigint' ? raw.rawJSON(each.toString()) : each),
    indent,
  )
}
