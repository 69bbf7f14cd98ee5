import type { Json } from '../model/object.ts'
import type { Findings } from './findings.ts'
import { hasFormat } from './formats.ts'
import { invalid, sayPath, shorten } from './say.ts'
import { limitOf, type Path, type Schema } from './structure.ts'

/** Checks a text: length in characters, pattern, format. */
export function checkText(value: string, schema: Schema, path: Path, findings: Findings): void {
  const rule = brokenTextRule(value, schema, path, findings)
  if (rule) findings.fault(path, rule)
  const { format } = schema
  if (typeof format !== 'string' || (schema.type !== undefined && schema.type !== 'string')) return
  findings.work(value.length)
  const answer = hasFormat(format, value)
  if (answer === undefined) findings.skip(`the format of ${sayPath(path)} is checked only when it is applied`)
  else if (!answer) findings.fault(path, invalid(path, value, `must be of type ${shorten(format)}`))
}

/** Only the first of them is said, as the API server does. */
function brokenTextRule(value: string, schema: Schema, path: Path, findings: Findings): string | undefined {
  const max = limitOf(schema, 'maxLength')
  const min = limitOf(schema, 'minLength')
  findings.work(value.length / 100)
  // A text has at most as many characters as UTF-16 units, and at least half as many.
  if (max !== undefined && value.length > max && [...value].length > max) {
    return `Too long: may not be more than ${max} bytes`
  }
  if (min !== undefined && (value.length < min || [...value].length < min)) {
    return invalid(path, value, `should be at least ${min} chars long`)
  }
  const { pattern } = schema
  if (typeof pattern !== 'string' || pattern === '') return undefined
  const answer = findings.matches(pattern, value)
  if (answer === undefined) {
    findings.skip(`the pattern of ${sayPath(path)} is checked only when it is applied`)
    return undefined
  }
  return answer ? undefined : invalid(path, value, `should match '${shorten(pattern)}'`)
}

const maxInteger = 2n ** 63n

/** Would Go read this number as an `int64`? JSON of JavaScript writes whole numbers without a fraction. */
export function isInteger(value: Json): value is number | bigint {
  if (typeof value === 'bigint') return value >= -maxInteger && value < maxInteger
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63
}

/** Checks a number. Limits of an integer lose their fraction, as in the API server. */
export function checkNumber(value: number | bigint, schema: Schema, path: Path, findings: Findings): void {
  const whole = isInteger(value)
  const limit = (key: string): number | undefined => {
    const found = limitOf(schema, key)
    return whole && found !== undefined ? Math.trunc(found) : found
  }
  const say = (rule: string) => findings.fault(path, invalid(path, value, `should be ${rule}`))
  const factor = limit('multipleOf')
  if (factor !== undefined) {
    if (whole && factor <= 0) {
      findings.fault(path, `Invalid value: 0: factor MultipleOf declared for ${sayPath(path)} must be positive: 0`)
    } else if (!isMultiple(value, factor, whole)) say(`a multiple of ${factor}`)
  }
  const min = limit('minimum')
  const above = schema.exclusiveMinimum === true
  if (min !== undefined && (above ? value <= min : value < min)) {
    say(`greater than ${above ? '' : 'or equal to '}${min}`)
  }
  const max = limit('maximum')
  const below = schema.exclusiveMaximum === true
  if (max !== undefined && (below ? value >= max : value > max)) {
    say(`less than ${below ? '' : 'or equal to '}${max}`)
  }
}

function isMultiple(value: number | bigint, factor: number, whole: boolean): boolean {
  if (whole) return BigInt(value) % BigInt(factor) === 0n
  const times = factor < 1 ? (1 / factor) * Number(value) : Number(value) / factor
  if (Math.abs(times) > Number.MAX_SAFE_INTEGER) return false
  const nearest = Math.trunc(times)
  const difference = Math.abs(times - nearest)
  return difference === 0 || difference / (Math.abs(times) + Math.abs(nearest)) < 1e-9
}
