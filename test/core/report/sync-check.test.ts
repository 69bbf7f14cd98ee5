import { expect, test } from 'vitest'
import type { SyncOutcome } from '../../../src/core/model/outcome.ts'
import { syncCheck } from '../../../src/core/report/sync-check.ts'

test('a direct push gets its failures at their lines, within the limits of GitHub', () => {
  const outcome: SyncOutcome = {
    app: 'shop',
    cluster: 'production',
    revision: 'abc1234',
    state: 'failed',
    problems: [
      {
        code: 'cluster-refused',
        message: 'quota exceeded',
        source: { path: 'a.yaml', line: 3 },
        hint: 'Ask for more.',
      },
    ],
    objects: Array.from({ length: 2_000 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: `größe-${index}`,
      result: 'failed',
      message: '日本'.repeat(30),
    })),
  }
  const report = syncCheck(outcome, 'Direct push by @alice: nobody reviewed a plan of it.')
  expect(report.title).toBe('Sync failed: 1 of 1 app')
  expect(report.summary).toContain('Direct push by @\u200balice')
  expect(report.summary).toContain('`a.yaml:3`: quota exceeded\n  - **What to do:** Ask for more.')
  expect(report.summary).toMatch(/\d+ more objects can't be shown here/)
  expect(Buffer.byteLength(report.summary)).toBeLessThanOrEqual(65_535)
  expect(report.annotations).toMatchObject([{ path: 'a.yaml', line: 3, level: 'failure' }])
})
