import { describe, expect, it } from 'vitest'
import type { Change } from '../../../src/core/model/change.ts'
import { problem } from '../../../src/core/model/errors.ts'
import type { SyncOutcome } from '../../../src/core/model/outcome.ts'
import type { AppPlan } from '../../../src/core/model/plan.ts'
import { assemblePlan } from '../../../src/core/plan/plan.ts'
import { plannedAnswer } from '../../../src/core/report/planned-answer.ts'
import { previewAnswer } from '../../../src/core/report/preview-answer.ts'
import { goingBackAnswer, wentBackAnswer } from '../../../src/core/report/rollback-answer.ts'
import { syncedAnswer } from '../../../src/core/report/synced-answer.ts'
import { nothingAlong } from '../../../src/core/sync/going-back.ts'

const revision = '1a2b3c4'.padEnd(40, '0')
const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
const outcome = (state: SyncOutcome['state'], more: Partial<SyncOutcome> = {}): SyncOutcome => ({
  ...{ app: 'shop', cluster: 'prod', revision, state, objects: [], problems: [] },
  ...more,
})
const back = (of: SyncOutcome, plan?: AppPlan) => ({ app: 'shop', to: revision, also: nothingAlong, outcome: of, plan })

describe('the answer to /rollback', () => {
  it('says first what goes back where, and what goes along', () => {
    const text = goingBackAnswer([{ app: 'shop', to: revision, also: { numbers: [3, 12], pushes: 2 } }])
    expect(text).toContain('⏳ `shop` goes back to `1a2b3c4`.')
    expect(text).toContain('This takes back what #3, #12, 2 direct pushes changed in it, too.')
  })
  it('counts what goes along where it is much', () => {
    const numbers = Array.from({ length: 25 }, (_, index) => index + 1)
    expect(goingBackAnswer([{ app: 'shop', to: revision, also: { numbers, pushes: 0 } }])).toContain(
      '#20, 5 more changed',
    )
  })
  it('names the revert, and what is left there', () => {
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' }
    const done = outcome('succeeded', { durationMs: 1_000, objects: [{ ...claim, result: 'kept' }] })
    const text = wentBackAnswer([back(done)], { number: 21, notes: [] })
    expect(text).toContain('✅ `shop` is back at `1a2b3c4`, healthy after 1.0 s')
    expect(text).toContain('Left there, because something would be lost with it: PersistentVolumeClaim shop/data.')
    expect(text).toContain('The revert is #21')
  })
  it('never says that nothing was changed once something was', () => {
    const why = [problem('unhealthy', 'web crashes.')]
    const mixed = outcome('failed', { problems: why, objects: [{ ...web, result: 'configured' }] })
    expect(wentBackAnswer([back(mixed)], { notes: [] })).toContain('may be a mixture of both revisions')
    expect(wentBackAnswer([back(outcome('failed', { problems: why }))], { notes: [] })).toContain(
      'Nothing was changed.',
    )
  })
  it('shows the plan that waits, without the deletions that are left out, and the command that goes on', () => {
    const change = (name: string, more: Partial<Change>): Change => ({
      ...{ ...web, name, action: 'update', summary: [], fields: [], preview: 'server', risks: [] },
      ...more,
    })
    const plan: AppPlan = {
      ...{ name: 'shop', cluster: 'prod', unchanged: 0, drift: [], errors: [], policies: [] },
      changes: [
        change('again', { action: 'replace', risks: ['immutable'] }),
        change('lost', { action: 'delete', risks: ['data-loss'] }),
      ],
    }
    const held = outcome('held', { heldBy: { kind: 'risk' }, problems: [problem('held', 'A risk.')] })
    const text = wentBackAnswer([back(held, plan)], { notes: [] })
    expect(text).toMatch(/\[!CAUTION\].*again/s)
    expect(text).toContain('is left there, because something would be lost with it')
    expect(text).not.toMatch(/lost`? will be deleted/)
    expect(text).toContain('```\n/approve shop\n```')
  })
  it('calls nothing ready that waits for a migration to be accepted', () => {
    const job: Change = {
      ...{ apiVersion: 'batch/v1', kind: 'Job', namespace: 'shop', name: 'migrate', action: 'update', summary: [] },
      ...{ fields: [], preview: 'client', risks: ['migration'] },
    }
    const plan: AppPlan = {
      ...{ name: 'shop', cluster: 'prod', changes: [], unchanged: 1, drift: [], errors: [], policies: [] },
      undone: [job],
    }
    const text = wentBackAnswer([back(outcome('held', { heldBy: { kind: 'risk' } }), plan)], { notes: [] })
    expect(text).toContain('⚠️ needs approval')
    expect(text).toMatch(/Job `shop\/migrate`.*it ran since then/)
  })
  it('lets no reason, app or note break out of its line', () => {
    const nasty = '@all <script> | `x` \n# y'
    const text = wentBackAnswer([back(outcome('failed', { problems: [problem('internal', nasty)] }))], {
      notes: [nasty],
    })
    expect(text).not.toMatch(/(^|[^\u200b\\`])@all|<script>|^# y/m)
  })
})

describe('the answer to /sync', () => {
  it('tells of each sync how it stands, and beside it what was said at once', () => {
    const text = syncedAnswer(
      [
        { outcome: outcome('succeeded', { durationMs: 2_000 }) },
        { outcome: outcome('held', { app: 'blog', problems: [problem('held', 'It is locked.')] }), number: 12 },
        { outcome: outcome('running', { app: 'docs' }) },
      ],
      ['`old` is no longer configured.'],
    )
    expect(text.split('\n')).toEqual([
      '- ✅ `shop` at `1a2b3c4` is synced, after 2.0 s.',
      '- ⏸ `blog` at `1a2b3c4` (#12, which came after this) is held. It is locked.',
      '- ⏳ `docs` at `1a2b3c4` is being synced.',
      '- `old` is no longer configured.',
    ])
  })
  it('before the merge tells what is held where, and whether a failure left a mixture', () => {
    const shown = (of: SyncOutcome, ends = false) => previewAnswer([{ outcome: of, branch: 'main', ends }])
    expect(shown(outcome('succeeded'))).toContain('is at `1a2b3c4` of this pull request, healthy, and held there')
    expect(shown(outcome('succeeded'), true)).toContain('is back at `1a2b3c4` of `main`')
    const failed = outcome('failed', { problems: [problem('unhealthy', 'web crashes.')] })
    expect(shown(failed)).toContain('Nothing was changed.')
    expect(shown({ ...failed, objects: [{ ...web, result: 'created' }] })).toContain('may be a mixture')
  })
})

it('the answer to /plan says what it comes to, never more than is known', () => {
  const app: AppPlan = { name: 'shop', cluster: 'prod', changes: [], unchanged: 3, drift: [], errors: [], policies: [] }
  expect(plannedAnswer(assemblePlan({ head: revision, apps: [app] }))).toBe('✅ Planned `1a2b3c4`: No changes.')
  const broken = { ...app, errors: [problem('render-failed', 'It fails.')] }
  expect(plannedAnswer(assemblePlan({ head: revision, apps: [broken] }))).toMatch(/^❌ Planned `1a2b3c4`: /)
})
