import { expect, test } from 'vitest'
import { ago } from '../../../src/core/report/time.ts'

const now = '2026-11-21T14:03:22.123Z'

test.each([
  ['2026-11-21T14:03:00Z', 'just now'],
  // The clock of the cluster is ahead.
  ['2026-11-21T14:05:00Z', 'just now'],
  ['2026-11-21T14:00:00Z', '3 min ago'],
  ['2026-11-21T11:00:00Z', '3 h ago'],
  ['2026-11-20T12:00:00Z', '26 h ago'],
  ['2026-11-19T14:03:00Z', '2 days ago'],
  ['2025-11-21T14:03:00Z', '365 days ago'],
  ['yesterday', ''],
  [undefined, ''],
])('%s is %j', (time, words) => {
  expect(ago(time, now)).toBe(words)
})

test('a time without a now is absolute', () => {
  expect(ago('2026-11-19T14:03:00Z', undefined)).toBe('at 2026-11-19 14:03 UTC')
  expect(ago('2026-11-19T14:03:00Z', 'some day')).toBe('at 2026-11-19 14:03 UTC')
})
