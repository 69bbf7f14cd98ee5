import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HeldBy, SyncOutcome } from '../../../src/core/model/outcome.ts'
import { syncComment } from '../../../src/core/report/sync-comment.ts'
import { mentionOf } from '../../../src/core/report/sync-next.ts'
import { syncText } from '../../../src/core/report/sync-text.ts'
import { hostileText, mentionsIn } from './hostile.ts'

const REVISION = 'abc1234def5678abc1234def5678abc1234def56'
const OLDER = '9f8e7d6c5b4a39281706f5e4d3c2b1a098765432'

function outcomeOf(app: string, more: Partial<SyncOutcome> = {}): SyncOutcome {
  return { app, cluster: 'production', revision: REVISION, state: 'succeeded', objects: [], problems: [], ...more }
}

function comment(outcomes: readonly SyncOutcome[], actor = 'alice'): string {
  return syncComment({ outcomes, number: 42, revision: REVISION, branch: 'main', actor, marker: 'drydock:plan:42' })
}

const heldOf = (app: string, heldBy: HeldBy) => outcomeOf(app, { state: 'held', heldBy })

describe('a held sync', () => {
  test.each<[HeldBy['kind'], string, string | undefined]>([
    ['risk', 'waits for somebody to accept its risks', '/approve shop'],
    ['manual', 'waits for `/sync`', '/sync shop'],
    ['lock', 'locked', '/unlock shop'],
    ['pin', 'pinned to an older revision', '/unlock shop'],
    ['freeze', 'frozen', undefined],
    ['disagreement', 'waits until store and cluster agree', undefined],
  ])('by %s says so, and how to go on', (kind, words, command) => {
    const text = comment([heldOf('shop', { kind })])
    expect(text).toContain('### ⏸ Held: 1 of 1 app needs a person\n')
    expect(text).toContain(`- ⏸ ${words}\n`)
    if (command) expect(text).toContain(`\n\n\`\`\`\n${command}\n\`\`\``)
    else expect(text).not.toContain('**Next:**')
  })

  test('that ends by itself says when, and asks nobody', () => {
    const until = '2026-11-23T07:00:00Z'
    const text = comment([heldOf('shop', { kind: 'window', until }), heldOf('blog', { kind: 'dependency', app: 'db' })])
    expect(text).toContain('### ⏸ Held: 2 of 2 apps, going ahead without a person\n')
    expect(text).toContain('| ⏸ held until 2026-11-23 07:00 UTC |')
    expect(text).toContain('- ⏸ waits for its window until 2026-11-23 07:00 UTC\n')
    expect(text).toContain('- ⏸ waits for app db\n')
    expect(text).not.toContain('**Next:**')
  })

  test('says its reason once', () => {
    const message = 'shop is locked by ann: incident'
    const text = comment([{ ...heldOf('shop', { kind: 'lock' }), problems: [{ code: 'held', message }] }])
    expect(text).toContain(`| ⏸ held: ${message} |`)
    expect(text).toContain(`- ${message}\n`)
    expect(text).not.toContain('- ⏸ locked')
  })

  test('beside others: each command once, for all apps that it is for', () => {
    const text = comment([
      heldOf('shop', { kind: 'risk' }),
      heldOf('blog', { kind: 'risk' }),
      heldOf('db', { kind: 'lock' }),
    ])
    expect(text.match(/^\/\w+.*$/gm)).toEqual(['/approve shop blog', '/unlock db'])
  })
})

describe('a failed sync', () => {
  const failed = outcomeOf('shop', { state: 'failed', problems: [{ code: 'unhealthy', message: 'CrashLoopBackOff' }] })

  test('calls the person who merged, once, and proposes to try again', () => {
    const text = comment([failed, outcomeOf('blog', { state: 'failed' })])
    expect(text.match(/@/g)).toHaveLength(1)
    expect(text).toContain('· merged by @alice\n')
    expect(text).toContain('```\n/sync shop blog\n```')
  })

  test.each([
    ['succeeded', outcomeOf('shop')],
    ['runs', outcomeOf('shop', { state: 'running' })],
    ['is held', heldOf('shop', { kind: 'risk' })],
    ['was superseded', outcomeOf('shop', { state: 'superseded' })],
  ])('that %s calls nobody', (_, outcome) => expect(comment([outcome])).not.toContain('@'))

  test('rolled back says to which revision, what it could not undo, and how to go on', () => {
    const rolledBack = { to: OLDER, state: 'succeeded', notes: ['Job shop/migrate ran and is not undone.'] } as const
    const text = comment([{ ...failed, rolledBack }])
    expect(text).toContain('### ❌ Sync failed: 1 of 1 app · 1 rolled back\n')
    expect(text).toContain('❌ failed, back at `9f8e7d6`: CrashLoopBackOff')
    expect(text).toContain('- ⏪ Rolled back to 9f8e7d6, which is healthy. The app is pinned: merge the revert')
    expect(text).toContain('- ⏪ Job shop/migrate ran and is not undone.\n')
    expect(text.match(/^\/\w+.*$/gm)).toEqual(['/unlock shop'])
    expect(comment([{ ...failed, rolledBack: { ...rolledBack, state: 'failed' } }])).toContain(
      'mixture of both revisions',
    )
  })

  test('reads the same on a terminal of 80 columns', () => {
    const rolledBack = { to: OLDER, state: 'succeeded', notes: ['Job shop/migrate ran and is not undone.'] } as const
    const text = syncText({ ...failed, rolledBack }, { color: false })
    expect(text).toContain('  Rolled back to 9f8e7d6, which is healthy. The app is pinned: merge the revert,')
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(syncText(heldOf('shop', { kind: 'lock' }), { color: false })).toContain('\n  locked\n')
  })
})

describe('hooks of a sync', () => {
  const hook = { apiVersion: 'batch/v1', kind: 'Job', namespace: 'shop', name: 'migrate', hook: 'pre-sync' } as const
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' } as const

  test('are marked and counted apart, in the comment and on a terminal', () => {
    const outcome = outcomeOf('shop', {
      objects: [
        { ...hook, result: 'created', durationMs: 3_000 },
        { ...deployment, result: 'created' },
      ],
    })
    expect(comment([outcome])).toContain('- **created** Job `shop/migrate` · hook · pre-sync (3.0 s)\n')
    expect(comment([outcome])).toContain('1 created, 1 hook run')
    expect(syncText(outcome, { color: false })).toContain('  created    Job shop/migrate (hook · pre-sync)\n')
  })

  test('that run are what the sync says it does', () => {
    const running = outcomeOf('shop', { state: 'running', phase: 'hooks', waiting: ['wave 2: 2 of 3 ready'] })
    expect(comment([running])).toContain('⏳ running hooks: wave 2: 2 of 3 ready')
    const applying = outcomeOf('shop', { state: 'running', phase: 'applying', waiting: ['wave 2'] })
    expect(comment([applying])).toContain('⏳ applying: wave 2')
    expect(comment([applying])).toContain('- applying wave 2\n')
    expect(syncText(applying, { color: false })).toContain('  applying wave 2\n')
  })
})

describe('the person to call', () => {
  test.each([
    ['mona', '@mona'],
    ['Mona-Lisa', '@Mona-Lisa'],
    ['mona_acme', '@mona_acme'],
    ['dependabot[bot]', undefined],
    ['ghost', undefined],
    ['acme/platform', undefined],
    ['-mona', undefined],
    ['mona ', undefined],
    ['a'.repeat(40), undefined],
    ['', undefined],
  ])('%j → %s', (login, mention) => expect(mentionOf(login)).toBe(mention))

  test('is never made of other text', () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        expect(mentionOf(name) ?? '@x').toMatch(/^@[A-Za-z0-9][A-Za-z0-9_-]*$/)
        const failed = outcomeOf(name, {
          state: 'failed',
          problems: [{ code: 'unhealthy', message: `@${name} @mona` }],
        })
        expect(mentionsIn(comment([failed], 'mona'))).toEqual(['@mona'])
      }),
    )
  })
})
