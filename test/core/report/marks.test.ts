import { describe, expect, test } from 'vitest'
import type { Change, Risk } from '../../../src/core/model/change.ts'
import { concludePlan } from '../../../src/core/plan/plan.ts'
import { appCheck, planCheck } from '../../../src/core/report/check.ts'
import { planComment } from '../../../src/core/report/plan-comment.ts'
import { planJson } from '../../../src/core/report/plan-json.ts'
import { planText } from '../../../src/core/report/plan-text.ts'
import { appOf, changeOf, deletedVolume, planOf } from './plans.ts'

/** What each reader of a plan of these changes gets. */
function readers(changes: readonly Change[]) {
  const app = appOf('shop', { changes })
  const plan = planOf([app], { conclusion: concludePlan({ apps: [app] }) })
  const view = { number: 42, baseRef: 'main', plannedAt: '2026-11-21T14:03:22Z', marker: 'drydock:plan:42' }
  return {
    conclusion: plan.conclusion,
    comment: planComment({ ...view, plan }),
    check: appCheck(app).summary,
    title: planCheck(plan).title,
    terminal: planText(plan, { color: false, width: 80 }),
    json: JSON.parse(planJson(plan)).apps[0].changes,
  }
}

const jobOf = (name: string, more: Partial<Change>) => changeOf(name, { action: 'create', kind: 'Job', ...more })
const accepted = (risk: Risk) => ({ accepted: [{ risk, by: 'mona' }] })

describe('hooks', () => {
  const hooks = [
    jobOf('smoke', { hook: { phases: ['post-sync'] } }),
    jobOf('migrate', { hook: { phases: ['pre-sync'] }, wave: 1 }),
    jobOf('backup', { hook: { phases: ['pre-sync', 'sync-fail'] } }),
  ]
  const { comment, check, terminal, json, title } = readers([
    ...hooks,
    changeOf('web', { summary: ['replicas 2 → 3'] }),
  ])

  test('are a group of their own, in the order in which they run', () => {
    for (const text of [comment, check]) {
      const lines = text.split('\n').filter((line) => /^- \*\*|^Hooks/.test(line))
      expect(lines).toEqual([
        '- **update** Deployment `shop/web`: replicas 2 → 3 · `apps/shop/web.yaml:1`',
        'Hooks, made anew by each sync that has something to do, in the order in which they run:',
        '- **hook · pre-sync, sync-fail** Job `shop/backup` · `apps/shop/backup.yaml:1`',
        '- **hook · pre-sync · wave 1** Job `shop/migrate` · `apps/shop/migrate.yaml:1`',
        '- **hook · post-sync** Job `shop/smoke` · `apps/shop/smoke.yaml:1`',
      ])
    }
    expect(terminal).toContain(
      '  Hooks, in the order in which they run:\n  » Job shop/backup (hook · pre-sync, sync-fail)\n',
    )
    expect(json[0].hook).toEqual({ phases: ['post-sync'] })
  })

  test('are counted apart from what is created', () => {
    expect(title).toBe('1 to update, 3 hooks to run')
    expect(comment).toContain('| App → cluster | Result | Update | Hooks |')
    expect(comment).toContain('✅ ready | 1 | 3 |')
  })

  test('stay alone where many objects are listed by kind', () => {
    const many = Array.from({ length: 20 }, (_, index) => jobOf(`job-${index}`, {}))
    expect(readers([...many, ...hooks]).comment).toContain('**hook · pre-sync · wave 1** Job `shop/migrate`')
  })
})

describe('waves', () => {
  test('are said where one is not 0, with how much is in each', () => {
    const changes = [changeOf('late', { wave: 2 }), changeOf('web'), changeOf('early', { wave: -1 }), changeOf('api')]
    const { comment, terminal, json } = readers(changes)
    for (const text of [comment, terminal]) {
      expect(text).toContain(
        'Waves, each when the one before is healthy: -1 (1 object), 0 (2 objects), 2 (1 object)'.slice(0, 70),
      )
    }
    expect(comment).toContain('Deployment `shop/late` · wave 2 ·')
    expect(terminal).toContain('~ Deployment shop/late · wave 2\n')
    expect(json[0].wave).toBe(2)
  })

  test('are not mentioned where all are the same', () => {
    expect(readers([changeOf('web'), changeOf('api')]).comment).not.toMatch(/wave/i)
  })

  test('keep apart what would read as one', () => {
    const updates = ['a', 'b', 'c', 'd'].map((name) => changeOf(name, { fields: [{ path: '/spec/x', after: 1 }] }))
    const { comment } = readers([
      ...updates.map((each) => ({ ...each, wave: 1 })),
      ...updates.slice(0, 3).map((each) => ({ ...each, name: `${each.name}2` })),
    ])
    expect(comment).toContain('- **update** 4 objects: /spec/x · wave 1\n')
    expect(comment).toContain('- **update** 3 objects: /spec/x\n')
  })
})

test('a deletion that comes first and an object of another app say so', () => {
  const { comment, terminal, json } = readers([
    changeOf('old', { action: 'delete', first: true }),
    changeOf('web', { action: 'adopt', from: 'blog' }),
  ])
  expect(comment).toContain('- **delete** Deployment `shop/old` · before anything is applied · ')
  expect(comment).toContain('- **adopt** Deployment `shop/web` · taken over from app blog · ')
  expect(terminal).toContain('= Deployment shop/web · taken over from app blog\n')
  expect(json.map(({ first, from }: Change) => [first, from])).toEqual([
    [true, undefined],
    [undefined, 'blog'],
  ])
})

describe('an accepted risk', () => {
  test('is no longer asked about, and says who accepted it', () => {
    const { conclusion, comment, check, terminal, title, json } = readers([
      { ...deletedVolume, ...accepted('data-loss') },
    ])
    expect(conclusion).toBe('success')
    expect(title).toBe('1 to delete · 1 risk accepted')
    expect(comment).toContain('### ✅ 1 to delete · 1 risk accepted')
    expect(comment).toContain('will be deleted**: its data is lost; accepted by @\u200bmona')
    expect(comment).toContain('| ✅ ready |')
    expect(comment).not.toContain('/approve')
    expect(check).toContain('its data is lost; accepted by @\u200bmona')
    expect(terminal).toContain('its data is lost; accepted by @mona')
    expect(json[0].accepted).toEqual([{ risk: 'data-loss', by: 'mona' }])
    expect(
      appCheck(appOf('shop', { changes: [{ ...deletedVolume, ...accepted('data-loss') }] })).annotations,
    ).toMatchObject([{ level: 'notice' }])
  })

  test('leaves the others open', () => {
    const both = { ...deletedVolume, risks: ['data-loss', 'move'], ...accepted('move') } as const
    const { conclusion, title, comment } = readers([both])
    expect(conclusion).toBe('action_required')
    expect(title).toBe('1 to delete · 1 risk · needs approval')
    expect(comment).toContain('```\n/approve shop\n```')
  })

  test('of a mass prune is said once', () => {
    const changes = ['a', 'b'].map((name) =>
      changeOf(name, { action: 'delete', risks: ['mass-prune'], ...accepted('mass-prune') }),
    )
    expect(readers(changes).comment).toContain('than its `maxPrune` allows; accepted by @\u200bmona\n')
    expect(readers(changes).title).toBe('2 to delete · 1 risk accepted')
    expect(readers([...changes, changeOf('c', { action: 'delete', risks: ['mass-prune'] })]).comment).not.toContain(
      'mona',
    )
  })
})

describe('a deletion to confirm', () => {
  const waiting = changeOf('old', { action: 'delete', risks: ['unconfirmed', 'mass-prune'] })

  test('asks for a person, and says that the rest is synced', () => {
    const { conclusion, comment, check, terminal, title } = readers([waiting, changeOf('web')])
    expect(conclusion).toBe('action_required')
    expect(title).toBe('1 to update, 1 to delete · 1 deletion waits for a confirmation')
    expect(comment).toContain('> [!IMPORTANT]\n> **1 deletion waits for `/approve`.** The rest is synced;')
    expect(comment).toContain('> - Deployment `shop/old`\n')
    expect(check).toContain('> - Deployment `shop/old`')
    expect(comment).not.toContain('Deployment `shop/old` will be deleted')
    expect(comment).toContain('⚠️ 1 deletion to confirm')
    expect(comment).toContain('Merging applies this plan without the deletions that wait.')
    expect(comment).toContain('```\n/approve shop\n```')
    expect(terminal).toContain('! 1 deletion waits for /approve; the rest is synced\n')
  })

  test('is a deletion like any other once it was confirmed', () => {
    const { conclusion, comment } = readers([{ ...waiting, risks: ['unconfirmed'], ...accepted('unconfirmed') }])
    expect(conclusion).toBe('success')
    expect(comment).not.toContain('[!IMPORTANT]')
  })

  test('beside a risk that holds everything is asked for together with it', () => {
    const { title, comment } = readers([waiting, deletedVolume])
    expect(title).toBe('2 to delete · 1 risk · needs approval · 1 deletion waits for a confirmation')
    expect(comment).toContain('Accept the risks of this plan')
  })
})
