import { expect, test } from 'vitest'
import { hunksBetween, withoutContext } from '../../../src/core/diff/hunks.ts'

test('three lines stand around each difference', () => {
  const before = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9 }
  expect(hunksBetween(before, { ...before, e: 50 })).toBe(
    '@@ -2,7 +2,7 @@\n b: 2\n c: 3\n d: 4\n-e: 5\n+e: 50\n f: 6\n g: 7\n h: 8',
  )
})

test('a new object is all lines added, a deleted one all lines removed', () => {
  expect(hunksBetween(undefined, { a: 1 })).toBe('@@ -0,0 +1,1 @@\n+a: 1')
  expect(hunksBetween({ a: 1 }, undefined)).toBe('@@ -1,1 +0,0 @@\n-a: 1')
  expect(hunksBetween({ a: 1 }, { a: 1 })).toBe('')
})

test('digits past 2^53 are those of the manifest', () => {
  expect(hunksBetween(undefined, { a: 9007199254740993n })).toContain('9007199254740993')
})

test('a huge object is cut and says so', () => {
  const large = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key-${index}`, 'value']))
  const hunks = hunksBetween(undefined, large)
  expect(hunks.length).toBeLessThan(21_000)
  expect(hunks).toMatch(/\n … \d+ more lines$/)
  expect(withoutContext(hunks)).toBe(hunks)
})

test('without context only what changes is left, a gap between two changes is marked', () => {
  const hunks =
    '@@ -1,8 +1,8 @@\n a: 1\n b: 2\n-c: 3\n+c: 4\n d: 5\n e: 6\n-f: 7\n g: 8\n@@ -20,2 +20,3 @@\n x: 1\n+y: 2'
  expect(withoutContext(hunks)).toBe('@@ -1,8 +1,8 @@\n-c: 3\n+c: 4\n …\n-f: 7\n@@ -20,2 +20,3 @@\n+y: 2')
})
