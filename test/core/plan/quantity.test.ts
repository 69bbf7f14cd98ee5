import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatQuantity, one, parseQuantity } from '../../../src/core/plan/quantity.ts'

const unit = (count: number | bigint) => BigInt(count) * one

describe('quantities', () => {
  it.each([
    ['0', 0n],
    ['1', one],
    ['+1', one],
    ['-2', -2n * one],
    ['.5', one / 2n],
    ['5.', unit(5)],
    ['500m', one / 2n],
    ['1u', 1000n],
    ['1n', 1n],
    ['1k', unit(1000)],
    ['2M', unit(2e6)],
    ['1Ki', unit(1024)],
    ['1.5Gi', unit(1.5 * 1024 ** 3)],
    ['3Ei', unit(3n * 1024n ** 6n)],
    ['1E', unit(10n ** 18n)],
    ['1E3', unit(1000)],
    ['12e-1', (one * 12n) / 10n],
    ['9007199254740993', unit(9007199254740993n)],
    // Finer than a billionth: rounded up.
    ['0.1n', 1n],
  ])('reads %s', (text, value) => {
    expect(parseQuantity(text)).toBe(value)
  })

  it('reads what JSON holds as a number', () => {
    expect(parseQuantity(2)).toBe(unit(2))
    expect(parseQuantity(0.25)).toBe(one / 4n)
    expect(parseQuantity(9007199254740993n)).toBe(unit(9007199254740993n))
  })

  it.each(['', '.', 'm', '1 Gi', '1gi', '1K', '0x10', '1e', '1Gi2', 'a', '1e9999'])(
    'finds no quantity in "%s"',
    (text) => {
      expect(parseQuantity(text)).toBeUndefined()
    },
  )

  it('finds no quantity in what is neither text nor number', () => {
    for (const value of [null, true, [], {}, undefined]) expect(parseQuantity(value)).toBeUndefined()
  })

  it.each([
    ['0', '0'],
    ['1500m', '1500m'],
    ['2000m', '2'],
    ['0.5', '500m'],
    ['1500n', '1500n'],
    ['12', '12'],
    ['5000', '5000'],
    ['300000', '300k'],
    ['-1.5', '-1500m'],
  ])('writes %s as %s', (text, written) => {
    expect(formatQuantity(parseQuantity(text) ?? 0n)).toBe(written)
  })

  it.each([
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['500M', '500M'],
    ['100', '100'],
    ['0', '0'],
    ['1573741824', 'about 1.46Gi'],
  ])('writes %s bytes as %s', (text, written) => {
    expect(formatQuantity(parseQuantity(text) ?? 0n, 'binary')).toBe(written)
  })

  it('reads again what it wrote', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (value) => {
        expect(parseQuantity(formatQuantity(value))).toBe(value)
      }),
    )
  })
})
