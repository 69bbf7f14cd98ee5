import fc from 'fast-check'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import type { ObjectOutcome, SyncOutcome } from '../../../src/core/model/outcome.ts'
import { type SyncView, syncComment } from '../../../src/core/report/sync-comment.ts'
import { syncText } from '../../../src/core/report/sync-text.ts'
import { hostileText, mentionsIn } from './hostile.ts'
import { appOf, changeOf, imageChange, planOf } from './plans.ts'

const REVISION = 'abc1234def5678abc1234def5678abc1234def56'

function outcomeOf(app: string, more: Partial<SyncOutcome> = {}): SyncOutcome {
  return { app, cluster: 'production', revision: REVISION, state: 'succeeded', objects: [], problems: [], ...more }
}

function objectOf(name: string, result: ObjectOutcome['result'], message?: string): ObjectOutcome {
  return { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, result, ...(message ? { message } : {}) }
}

function comment(outcomes: readonly SyncOutcome[], more: Partial<SyncView> = {}): string {
  const marker = '<!-- drydock:acme/shop#42 -->'
  return syncComment({ outcomes, number: 42, revision: REVISION, branch: 'main', actor: 'alice', marker, ...more })
}

const failed = outcomeOf('billing', {
  state: 'failed',
  durationMs: 300_000,
  problems: [
    {
      code: 'health-timeout',
      message: 'Deployment billing/api was not healthy after 5 min: 1 of 3 ready',
      hint: 'Look at the logs of its Pods.',
    },
  ],
  objects: [objectOf('worker', 'configured'), objectOf('api', 'failed', 'CrashLoopBackOff')],
})

describe('the headline', () => {
  test.each([
    ['✅ Synced 2 apps in 48 s', [outcomeOf('a', { durationMs: 48_000 }), outcomeOf('b', { durationMs: 900 })]],
    ['⏳ Applying 2 apps · 1 done', [outcomeOf('a'), outcomeOf('b', { state: 'running', phase: 'applying' })]],
    ['❌ Sync failed: 1 of 2 apps · 1 still under way', [failed, outcomeOf('b', { state: 'queued' })]],
    ['⏸ Held: 1 of 1 app needs a person', [outcomeOf('a', { state: 'held' })]],
    ['⏩ Superseded by a newer sync: 1 app', [outcomeOf('a', { state: 'superseded' })]],
    ['✅ Nothing to sync: no app is affected', []],
  ])('%s', (expected, outcomes) => {
    expect(comment(outcomes)).toContain(`### ${expected}\n`)
  })
})

test('a failure stands first, unfolded, with cause and hint', () => {
  const text = comment([outcomeOf('shop', { objects: [objectOf('web', 'configured')] }), failed])
  expect(text.indexOf('`billing`')).toBeLessThan(text.indexOf('`shop`'))
  expect(text).toContain('<details open><summary><b>billing</b>')
  expect(text).toContain(
    '❌ failed: Deployment billing/api was not healthy after 5 min: 1 of 3 ready | 1 failed, 1 configured | 5 min |',
  )
  expect(text).toContain('**What to do:** Look at the logs of its Pods.')
  expect(text.indexOf('CrashLoopBackOff')).toBeLessThan(text.indexOf('`shop/worker`'))
  expect(text).toContain('`abc1234` of `main` · merged by @alice')
})

test('a running sync says what it waits for', () => {
  const running = outcomeOf('shop', {
    state: 'running',
    phase: 'waiting',
    waiting: ['Deployment shop/web: 2 of 3 ready', 'Job shop/init: running'],
  })
  expect(comment([running])).toContain('⏳ waiting for health: Deployment shop/web: 2 of 3 ready and 1 more')
  expect(comment([running])).toContain('- waiting for Job shop/init: running')
})

test('unchanged objects are listed in one line, a kept one says why', () => {
  const objects = [
    ...Array.from({ length: 30 }, (_, index) => objectOf(`web-${index}`, 'unchanged')),
    objectOf('data', 'kept', 'annotated `drydock.dev/prune: disabled`'),
  ]
  const text = comment([outcomeOf('shop', { objects })])
  expect(text).toContain('- **unchanged** 30 × Deployment: `shop/web-0`')
  expect(text).toContain('- **kept** Deployment `shop/data`: annotated `drydock.dev/prune: disabled`')
})

test('the plan is folded at the end, in what room is left', () => {
  const plan = planOf([appOf('shop', { changes: [imageChange] })])
  const text = comment([outcomeOf('shop')], { plan })
  expect(text.indexOf('The plan of abc1234')).toBeGreaterThan(text.indexOf('✅ synced'))
  expect(text).toContain('image 1.4.2 → 1.5.0')
  const many = Array.from({ length: 500 }, (_, index) => changeOf(`web-${index}`, { hunks: '+x\n'.repeat(400) }))
  const cut = comment([outcomeOf('shop')], { plan: planOf([appOf('shop', { changes: many })]), budget: 5_000 })
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(5_000)
  expect(cut.match(/<details/g)).toHaveLength(cut.match(/<\/details>/g)?.length ?? -1)
})

test('hostile texts of a cluster stay text', () => {
  fc.assert(
    fc.property(hostileText, hostileText, fc.integer({ min: 300, max: 9_000 }), (name, message, budget) => {
      const outcome = outcomeOf(name, {
        state: 'failed',
        cluster: message,
        waiting: [message],
        problems: [{ code: 'unhealthy', message, hint: name }],
        objects: [
          objectOf(name, 'failed', message),
          { ...objectOf(message, 'unchanged'), kind: name },
          { ...objectOf(name, 'created', message), hook: 'pre-sync' },
        ],
        rolledBack: { to: message, state: 'failed', notes: [name, message] },
      })
      const held = outcomeOf(message, { state: 'held', heldBy: { kind: 'dependency', until: message, app: name } })
      const text = comment([outcome, held], { actor: `${name} @${message}`, branch: message, budget })
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(budget)
      expect(text.match(/<!--\s*drydock/gi)).toHaveLength(1)
      expect(mentionsIn(text)).toEqual([])
      marked.walkTokens(marked.lexer(text), (token) => {
        expect(['link', 'image', 'code', 'def']).not.toContain(token.type)
        if (token.type === 'html') expect(token.raw).toMatch(/^(<!-- drydock|<details open><summary>|<\/details>)/)
      })
    }),
  )
})

test('the terminal shows failures first and only counts what is unchanged', () => {
  const objects = [objectOf('same', 'unchanged'), ...failed.objects]
  const text = syncText({ ...failed, objects }, { color: false })
  expect(text).toBe(
    [
      'billing → production at abc1234: failed in 5 min · 1 failed, 1 configured, 1 unchanged',
      '  failed     Deployment shop/api: CrashLoopBackOff',
      '  configured Deployment shop/worker',
      'error: Deployment billing/api was not healthy after 5 min: 1 of 3 ready',
      '  → Look at the logs of its Pods.',
      '',
    ].join('\n'),
  )
})
