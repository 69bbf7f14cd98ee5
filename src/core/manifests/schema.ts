import { CORE_SCHEMA, defineMappingTag, defineScalarTag, mapTag, mergeTag, NOT_RESOLVED } from 'js-yaml'

const booleans = new Map<string, boolean>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'].map((word) => [word, false] as const),
])

const boolTag = defineScalarTag<boolean>('tag:yaml.org,2002:bool', {
  implicit: true,
  implicitFirstChars: [...'yYnNtTfFoO'],
  resolve: (text) => booleans.get(text) ?? NOT_RESOLVED,
  identify: (value) => typeof value === 'boolean',
})

const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/

const intTag = defineScalarTag<number | bigint>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: [...'+-0123456789'],
  resolve: (text) => {
    const match = INTEGER.exec(text.replaceAll('_', ''))
    if (!match?.[2]) return NOT_RESOLVED
    const digits = /^0[0-7]+$/.test(match[2]) ? `0o${match[2].slice(1)}` : match[2]
    const value = match[1] === '-' ? -BigInt(digits) : BigInt(digits)
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  },
  identify: (value) => Number.isInteger(value) || typeof value === 'bigint',
})

/** Keys that mean something to JavaScript; no Kubernetes API has them. */
const REFUSED_KEYS = new Set(['__proto__', 'constructor'])

const strictMapTag = defineMappingTag<Record<string, unknown>>(mapTag.tagName, {
  ...mapTag,
  addPair: (carrier, key, value) => {
    if (typeof key !== 'string') {
      // `y`, `on` and `no` are booleans to kubectl too, which makes the keys "true" and "false" of them.
      if (typeof key === 'boolean') return `a key is read as ${key}, not as text; write it in quotes`
      const shown = typeof key === 'number' || typeof key === 'bigint' ? ` ${key}` : ''
      return `the key${shown} is not text; write it in quotes`
    }
    if (REFUSED_KEYS.has(key)) return `the key ${key} is not allowed`
    return mapTag.addPair(carrier, key, value)
  },
})

/**
 * Reads YAML as kubectl does (sigs.k8s.io/yaml): booleans of YAML 1.1, integers of Go (`0644` is octal; `0x`, `0o`,
 * `0b` and `_` are known), no base 60, no dates, `<<` is merged. Integers past 2^53 become `bigint`.
 * Stricter in two ways: a key that is not text and a key that means something to JavaScript are refused.
 */
export const KUBERNETES_SCHEMA = CORE_SCHEMA.withTags(mergeTag, boolTag, intTag, strictMapTag)
