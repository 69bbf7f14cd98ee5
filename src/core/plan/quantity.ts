import type { Json } from '../model/object.ts'

/**
 * Quantities of Kubernetes (`500m`, `1.5Gi`, `2e3`), exactly: as whole billionths, the finest that Kubernetes keeps.
 * Grammar: apimachinery, `pkg/api/resource/quantity.go`.
 */
export type Quantity = bigint

/** 1 as a quantity. */
export const one: Quantity = 1_000_000_000n

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([num]|[kMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/

const decimals: readonly string[] = ['', 'k', 'M', 'G', 'T', 'P', 'E']
const binaries: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const small: Readonly<Record<string, number>> = { m: -3, u: -6, n: -9 }

/** Reads a quantity; `undefined` when it is none. What is finer than a billionth is rounded up, as Kubernetes does. */
export function parseQuantity(value: Json | undefined): Quantity | undefined {
  if (typeof value === 'bigint') return value * one
  const found = typeof value === 'string' || typeof value === 'number' ? pattern.exec(String(value)) : null
  if (!found) return undefined
  const [, sign, whole = '', fraction = '', suffix = '', exponent] = found
  if (whole === '' && fraction === '') return undefined
  const power = 9 - fraction.length + (exponent === undefined ? powerOf(suffix) : Number(exponent))
  const digits = BigInt(whole + fraction) * (suffix.endsWith('i') ? 1024n ** BigInt(binaries.indexOf(suffix)) : 1n)
  const size = power >= 0 ? digits * 10n ** BigInt(power) : ceil(digits, 10n ** BigInt(-power))
  return sign === '-' ? -size : size
}

function powerOf(suffix: string): number {
  return small[suffix] ?? 3 * Math.max(0, decimals.indexOf(suffix))
}

function ceil(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor
}

/**
 * Writes a quantity as a person would: `1500m`, `3`, `20Gi`. `binary` is for bytes; a number of bytes that no unit
 * divides is rounded and says so, `about 1.47Gi`. Everything else is exact.
 */
export function formatQuantity(value: Quantity, style: 'decimal' | 'binary' = 'decimal'): string {
  if (value < 0n) return `-${formatQuantity(-value, style)}`
  const count = value / one
  if (value % one !== 0n) return fractionOf(value)
  if (style === 'decimal' || count < 1024n) return count < 100_000n ? String(count) : withUnit(count, 1000n, decimals)
  const exact = [withUnit(count, 1024n, binaries), withUnit(count, 1000n, decimals)].find((each) =>
    /^\d{1,5}\D/.test(each),
  )
  return exact ?? about(count)
}

function fractionOf(value: Quantity): string {
  const unit = Object.keys(small).find((each) => value % 10n ** BigInt(9 + powerOf(each)) === 0n) ?? 'n'
  return `${value / 10n ** BigInt(9 + powerOf(unit))}${unit}`
}

/** In the largest unit that divides it. */
function withUnit(count: bigint, step: bigint, units: readonly string[]): string {
  const index = units.findLastIndex((_, each) => count % step ** BigInt(each) === 0n)
  return `${count / step ** BigInt(index)}${units[index]}`
}

function about(count: bigint): string {
  const index = binaries.findLastIndex((_, each) => count >= 1024n ** BigInt(each))
  const hundredths = (count * 100n) / 1024n ** BigInt(index)
  return `about ${Number(hundredths) / 100}${binaries[index]}`
}
