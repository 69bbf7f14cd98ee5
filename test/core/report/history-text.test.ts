import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { problem } from '../../../src/core/model/errors.ts'
import { historyDiffText } from '../../../src/core/report/history-diff-text.ts'
import { historyText } from '../../../src/core/report/history-text.ts'
import { pastSyncText } from '../../../src/core/report/past-sync-text.ts'
import { head, historyOf, now, pastSync } from './history-samples.ts'
import { hostileText } from './hostile.ts'

const options = { color: false, width: 80, now }

const crash = problem('unhealthy', 'Deployment shop/web: the container web ends with exit code 1 again and again.')
const late = problem('health-timeout', 'Job shop/migrate: not done in 5 min.', { hint: 'Look at its log.' })

describe('the list', () => {
  test('has one line for each sync, newest first as given', () => {
    const push = pastSync('superseded', { id: '81d0ffee-1', actor: 'bob', createdAt: '2026-11-19T15:00:00.000Z' })
    const { number: _, ...direct } = push
    expect(historyText(historyOf(pastSync('succeeded'), direct), options)).toBe(
      [
        'web → production, of acme/shop',
        'SYNC      WHEN        STATE       COMMIT   PR    CHANGED  TIME  WHO',
        '3f2a9c1e  1 h ago     succeeded   a1b2c3d  #42   1        48 s  alice',
        '81d0ffee  2 days ago  superseded  a1b2c3d  push  1        48 s  bob',
        '',
      ].join('\n'),
    )
  })

  test('says below a sync why it failed, and that it was taken back', () => {
    const rolledBack = { to: 'b'.repeat(40), state: 'succeeded', notes: [] } as const
    const text = historyText(historyOf(pastSync('failed', {}, { problems: [crash, late], rolledBack })), options)
    expect(text).toContain('    Deployment shop/web: the container web ends with exit code 1 again and\n    again.')
    expect(text).toContain(' (and 1 more problem)\n    rolled back to bbbbbbb: succeeded\n')
  })

  test('names the cluster of each where there are several', () => {
    const text = historyText(historyOf(pastSync('succeeded'), pastSync('succeeded', { cluster: 'staging' })), options)
    expect(text).toMatch(/^web, of acme\/shop\n.*\n.*\n {4}on production\n.*\n {4}on staging\n$/)
  })

  test('fits 80 columns with the longest of everything', () => {
    const outcome = { durationMs: 3_599_000, problems: [problem('internal', 'word '.repeat(60))] }
    const sync = pastSync(
      'superseded',
      { number: 123_456, actor: 'a'.repeat(39), cluster: 'c'.repeat(60), createdAt: '2024-01-01T00:00:00.000Z' },
      outcome,
    )
    const lines = historyText(historyOf(sync, pastSync('succeeded')), options).split('\n')
    expect(lines.length).toBeGreaterThan(6)
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('has colours only when asked for', () => {
    const history = historyOf(pastSync('failed'))
    expect(historyText(history, options)).not.toContain('\u001b')
    expect(historyText(history, { ...options, color: true })).toContain('\u001b[31mfailed\u001b[0m')
  })
})

describe('one sync', () => {
  test('says where it came from, and the result, time and change of each object', () => {
    const sync = pastSync('failed', { author: 'bob', previous: 'c'.repeat(40) }, { problems: [late] })
    const change = {
      action: 'update',
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
      summary: ['image 1.4.2 → 1.5.0'],
      fields: [],
      preview: 'server',
      risks: [],
    } as const
    const plan = {
      name: 'web',
      cluster: 'production',
      changes: [change],
      unchanged: 1,
      drift: [],
      errors: [],
      policies: [],
    }
    const text = pastSyncText({ ...head, kind: 'Sync', sync, plan, objects: 'sealed' }, options)
    expect(text).toContain('web → production, of acme/shop: failed in 48 s · 1 configured, 1 unchanged\n')
    expect(text).toContain(`  commit ${sync.revision} of main, after ccccccc\n`)
    expect(text).toContain('  from   pull request #42\n  by     alice; the commit is by bob\n')
    expect(text).toContain('  plan   1 to update\n')
    expect(text).toContain('  configured     1.2 s  Deployment shop/web: image 1.4.2 → 1.5.0\n')
    expect(text).toContain('  unchanged             Service shop/web\n')
    expect(text).toContain('error: Job shop/migrate: not done in 5 min.\n  → Look at its log.\n')
    expect(text).toContain('secret values sealed')
  })

  test('says what is left of its objects', () => {
    const said = (objects: 'without-secrets' | 'none') =>
      pastSyncText({ ...head, kind: 'Sync', sync: pastSync('succeeded'), objects }, options)
    expect(said('without-secrets')).toContain('STORE_KEY was not set')
    expect(said('none')).toContain('no objects')
  })
})

describe('the difference of two', () => {
  const sides = { from: pastSync('failed'), to: pastSync('succeeded', { number: 43, revision: 'b'.repeat(40) }) }

  test('reads like a diff', () => {
    const text = historyDiffText(
      {
        ...head,
        kind: 'HistoryDiff',
        ...sides,
        changes: [
          { ...configMap('new'), action: 'create', summary: ['keys a'], hunks: '@@ -0,0 +1,1 @@\n+a: 1' },
          { ...configMap('old'), action: 'delete', summary: [], hunks: '' },
        ],
        unchanged: 3,
        unknown: ['Secret shop/db'],
      },
      options,
    )
    expect(text).toContain('web of acme/shop: 1 added, 1 removed, 3 equal, 1 not known\n')
    expect(text).toContain('--- a1b2c3d #42 by alice, 1 h ago, failed\n+++ bbbbbbb #43 by alice, 1 h ago, succeeded\n')
    expect(text).toContain(
      '  + ConfigMap shop/new\n      keys a\n      @@ -0,0 +1,1 @@\n      +a: 1\n  - ConfigMap shop/old\n',
    )
    expect(text).toContain('without them: Secret shop/db\n')
  })

  test('says so when nothing differs', () => {
    const same = { ...head, kind: 'HistoryDiff', ...sides, changes: [], unchanged: 2, unknown: [] } as const
    expect(historyDiffText(same, options)).toContain('web of acme/shop: 2 equal\n')
  })
})

test('no text from outside reaches the terminal as a control character', () => {
  fc.assert(
    fc.property(hostileText, (hostile) => {
      const sync = pastSync(
        'failed',
        { actor: hostile, author: hostile, branch: hostile, revision: hostile, cluster: hostile, digest: hostile },
        {
          problems: [problem('internal', hostile, { hint: hostile })],
          rolledBack: { to: hostile, state: 'failed', notes: [hostile] },
          objects: [{ ...configMap(hostile), result: 'failed', message: hostile }],
        },
      )
      const change = { ...configMap(hostile), action: 'update', summary: [hostile], hunks: `+${hostile}` } as const
      const app = { ...head, app: hostile, repository: hostile }
      const all = [
        historyText({ ...app, kind: 'History', syncs: [sync, pastSync('succeeded')] }, options),
        pastSyncText({ ...app, kind: 'Sync', sync, objects: 'none' }, options),
        historyDiffText(
          { ...app, kind: 'HistoryDiff', from: sync, to: sync, changes: [change], unchanged: 0, unknown: [hostile] },
          options,
        ),
      ].join('')
      expect(all).not.toMatch(/[^\P{C}\n\t]/u)
    }),
  )
})

function configMap(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name }
}
