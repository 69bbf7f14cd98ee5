import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compilePattern } from '../../../src/core/schema/pattern.ts'

const matches = (pattern: string, text: string) => compilePattern(pattern)?.matches(text)

it('answers as a regular expression of JavaScript where both mean the same', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '[a-c1]',
    '\\d',
    '\\w',
    '\\.',
    '^',
    '$',
    '\\b',
    '\\B',
    '[\\d.-]',
  )
  const { pattern: patterns } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small' },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map((both) => both.join('')),
      fc.tuple(tie('pattern'), tie('pattern')).map((both) => `(?:${both.join('|')})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '*?'))
        .map(([each, times]) => `(${each})${times}`),
    ),
  }))
  const texts = fc.string({ unit: fc.constantFrom(...'aabbc1.- \n😀'), maxLength: 8 })
  let found = 0
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      const expected = new RegExp(pattern, 'u').test(text)
      if (expected) found += 1
      expect(matches(pattern, text)).toBe(expected)
    }),
    { seed: 4, numRuns: 5_000 },
  )
  expect(found).toBeGreaterThan(500)
})

it('knows what JavaScript does not: flags, classes, literal text', () => {
  expect(matches('^(?i)abc$', 'ABC')).toBe(true)
  expect(matches('a(?i:b)c', 'aBc')).toBe(true)
  expect(matches('a(?i:b)c', 'aBC')).toBe(false)
  expect(matches('(?s)^.$', '\n')).toBe(true)
  expect(matches('(?m)^b$', 'a\nb')).toBe(true)
  expect(matches('^b$', 'a\nb')).toBe(false)
  expect(matches('^[[:alpha:][:^ascii:]]+$', 'aä')).toBe(true)
  expect(matches('^[[:alpha:]]+$', 'a1')).toBe(false)
  expect(matches('^\\Qa.b\\E$', 'a.b')).toBe(true)
  expect(matches('^\\p{Greek}\\pL$', 'αa')).toBe(true)
  expect(matches('^[]a]+$', ']a')).toBe(true)
  expect(matches('^\\x41\\x{1F600}\\101$', 'A😀A')).toBe(true)
  expect(matches('^a{,2}$', 'a{,2}')).toBe(true)
})

it('does not guess what RE2 does not know either', () => {
  for (const pattern of [
    '(?=a)',
    '(?<!a)',
    '(a)\\1',
    'a**',
    '*',
    '(',
    ')',
    '[a',
    '[b-a]',
    'a{1001}',
    '\\p{Nothing}',
    '\\',
    '\\y',
  ]) {
    expect(compilePattern(pattern)).toBeUndefined()
  }
})
