import { describe, expect, test } from 'vitest'
import type { Change } from '../../../src/core/model/change.ts'
import type { Plan } from '../../../src/core/model/plan.ts'
import { type PlanView, planComment, planMarkdown } from '../../../src/core/report/plan-comment.ts'
import { appOf, changeOf, createsOf, deletedVolume, drifted, imageChange, planOf } from './plans.ts'

function comment(plan: Plan, more: Partial<PlanView> = {}): string {
  return planComment({
    plan,
    number: 42,
    baseRef: 'main',
    plannedAt: '2026-11-21T14:03:22.123Z',
    durationMs: 6210,
    marker: '<!-- drydock:acme/shop#42 -->',
    ...more,
  })
}

/** Does each of these stand in the text, in this order? */
function expectInOrder(text: string, parts: readonly string[]): void {
  let from = 0
  for (const part of parts) {
    const found = text.indexOf(part, from)
    expect(found, `«${part}» after position ${from} of:\n${text}`).toBeGreaterThanOrEqual(0)
    from = found + part.length
  }
}

test('an image change shows its verdict, what was compared, its meaning, its hunks and the next step', () => {
  const text = comment(planOf([appOf('shop', { changes: [imageChange] })]), { askedBy: 'alice' })
  expectInOrder(text, [
    '<!-- drydock:acme/shop#42 -->\n### ✅ 1 to update\n',
    '`abc1234` merged into `main` (`9f8e7d6`), compared with live `production` · 2026-11-21 14:03 UTC · 6.2 s · asked by `alice`',
    '| App → cluster | Result | Update |',
    '| `shop` → `production` | ✅ ready | 1 |',
    '<details><summary><b>shop</b> → production · 1 to update, 41 unchanged</summary>',
    '- **update** Deployment `shop/web`: image 1.4.2 → 1.5.0, replicas 2 → 3 · `apps/shop/web.yaml:1`',
    'replicas: was set by kubectl-edit',
    '```diff\n@@ -9,5 +9,5 @@',
    '+          image: ghcr.io/acme/web:1.5.0',
    '</details>',
    '**Next:** Merging applies this plan.',
    '```\n/plan\n```',
  ])
})

test('the deletion of a volume claim is an alert that is seen while everything is folded', () => {
  const text = comment(
    planOf([appOf('shop', { changes: [imageChange, deletedVolume] })], { conclusion: 'action_required' }),
  )
  expectInOrder(text, [
    '### ⚠️ 1 to update, 1 to delete · 1 risk · needs approval',
    '> [!CAUTION]\n> - **PersistentVolumeClaim `shop/db-data` will be deleted**: its data is lost · `apps/shop/db.yaml:14`',
    '| ⚠️ needs approval | 1 | **1** |',
    '<details>',
  ])
})

test('only commands that exist are proposed', () => {
  const plan = planOf([appOf('shop', { changes: [deletedVolume] })], { conclusion: 'action_required' })
  expect(comment(plan, { commands: ['plan'] })).not.toContain('/approve')
  expect(comment(plan)).toContain('```\n/approve shop\n```')
})

test('a mass prune is one risk of the app, not one of each object', () => {
  const changes = createsOf('ConfigMap', 20).map((change) => ({
    ...change,
    action: 'delete' as const,
    risks: ['mass-prune' as const],
  }))
  const text = comment(planOf([appOf('shop', { changes })], { conclusion: 'action_required' }))
  expect(text).toContain('### ⚠️ 20 to delete · 1 risk · needs approval')
  expect(text).toContain('> - **20 objects of app `shop` will be deleted**')
})

test('equal changes of many objects are one line and one hunk', () => {
  const changes = Array.from({ length: 14 }, (_, index) =>
    changeOf(`part-${index}`, {
      kind: index % 2 === 0 ? 'Service' : 'ConfigMap',
      summary: ['label app.kubernetes.io/version 1.4.2 → 1.5.0'],
      fields: [{ path: '/metadata/labels/app.kubernetes.io~1version', before: '1.4.2', after: '1.5.0' }],
      hunks: '@@ -1,1 +1,1 @@\n-    version: 1.4.2\n+    version: 1.5.0',
    }),
  )
  const text = comment(planOf([appOf('shop', { changes })]))
  expectInOrder(text, [
    '- **update** 14 objects: label app.kubernetes.io/version 1.4.2 → 1.5.0',
    '  - 7 × Service in `shop`: `part-0`, `part-2`',
    '  - 7 × ConfigMap in `shop`: `part-1`',
    'and the same on 13 other objects',
  ])
  expect(text.match(/\+ {4}version/g)).toHaveLength(1)
})

test('equal words with different fields stay apart', () => {
  const changes = ['a', 'b', 'c'].map((name) =>
    changeOf(name, { summary: ['data changed'], fields: [{ path: '/data/key', before: 'old', after: name }] }),
  )
  const text = comment(planOf([appOf('shop', { changes })]))
  for (const name of ['a', 'b', 'c']) expect(text).toContain(`- **update** Deployment \`shop/${name}\`: data changed`)
})

test('120 creates are counted by kind in a few lines, their text is left to the check run', () => {
  const changes = [...createsOf('ConfigMap', 60), ...createsOf('Service', 40), ...createsOf('ServiceMonitor', 20)]
  const text = comment(planOf([appOf('monitoring', { changes, unchanged: 0 })]))
  expectInOrder(text, [
    '### ✅ 120 to create',
    '- **create** 60 × ConfigMap in `shop`: `configmap-0`, `configmap-1`',
    '- **create** 40 × Service in `shop`: ',
    '- **create** 20 × ServiceMonitor in `shop`: ',
    "The full text of 120 listed objects is in the app's check run `drydock / monitoring`.",
  ])
  expect(text.split('\n').length).toBeLessThan(35)
  expect(text).not.toContain('```diff')
})

test('drift says what is live, what Git says, who holds it and what a sync does', () => {
  const gone = { ...drifted, name: 'gone', fields: [], managers: [], missing: true, onSync: 'kept' as const }
  const text = comment(planOf([appOf('shop', { drift: [drifted, gone] })]))
  expectInOrder(text, [
    '### ✅ No changes · 2 objects drifted, 1 of them restored by a sync',
    'Already drifted: 2 objects · 1 restored by a sync, 1 kept',
    '- ConfigMap `shop/web`, changed by `kubectl-edit` · **a sync restores it**',
    '`/data/LOG_LEVEL` is `debug`, Git says `info`',
    '- ConfigMap `shop/gone`: gone from the cluster · **a sync leaves it so**',
  ])
})

describe('errors', () => {
  const broken = appOf('billing', {
    unchanged: 0,
    errors: [
      {
        code: 'render-failed',
        message: 'helm template failed: `image.tag` is not set',
        source: { path: 'apps/billing/templates/deploy.yaml', line: 12 },
        hint: 'Set `image.tag` in apps/billing/values.yaml.',
      },
    ],
  })

  test('name the place and what to do, while other apps are planned', () => {
    const text = comment(planOf([appOf('shop', { changes: [imageChange] }), broken], { conclusion: 'failure' }))
    expectInOrder(text, [
      '### ❌ 1 error in 1 of 2 apps · 1 to update in 1 app',
      '- App `billing`: `apps/billing/templates/deploy.yaml:12`: helm template failed: `image.tag` is not set',
      '**What to do:** Set `image.tag` in apps/billing/values.yaml.',
      '| `shop` → `production` | ✅ ready | 1 |',
      '**Next:** Push a fix',
    ])
  })

  test('make the numbers of an app unknown, never zero, whatever the conclusion says', () => {
    const text = comment(planOf([broken], { conclusion: 'success' }))
    expect(text).toContain('### ❌ 1 error\n')
    expect(text).toContain('| `billing` → `production` | ❌ 1 error | ? |')
    expect(text).not.toMatch(/no changes/i)
  })

  test('of the configuration stand alone when no app could be found', () => {
    const text = comment(
      planOf([], {
        conclusion: 'failure',
        errors: [
          {
            code: 'config-invalid',
            message: 'Unknown key "aps".',
            source: { path: '.github/drydock.yaml', line: 2 },
            hint: 'Did you mean "apps"?',
          },
        ],
      }),
    )
    expect(text).toContain('- `.github/drydock.yaml:2`: Unknown key "aps".\n  - **What to do:** Did you mean "apps"?')
    expect(text).not.toContain('| App')
  })
})

test('denials come before warnings, equal ones once with their objects', () => {
  const verdict = (name: string, severity: 'deny' | 'warn') => ({
    policy: severity === 'deny' ? 'no-privileged' : 'limits',
    severity,
    message: severity === 'deny' ? 'privileged containers are forbidden' : 'no memory limit',
    object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name },
    source: { path: `apps/shop/${name}.yaml`, line: 20 },
  })
  const policies = [verdict('web', 'warn'), verdict('web', 'deny'), verdict('api', 'deny')]
  const text = comment(planOf([appOf('shop', { changes: [imageChange], policies })], { conclusion: 'failure' }))
  expectInOrder(text, [
    '### ❌ Refused by policy (2 denials) · 1 to update',
    '| ❌ refused | 1 | 2 denials, 1 warning |',
    '**denied** by `no-privileged`: privileged containers are forbidden · Deployment `shop/web` at `apps/shop/web.yaml:20`, Deployment `shop/api`',
    '**warned** by `limits`',
  ])
})

describe('a plan that changes nothing', () => {
  test('is one line that says what was compared', () => {
    const text = comment(planOf([appOf('shop'), appOf('search')]))
    expect(text.split('\n')).toHaveLength(2)
    expect(text).toContain('✅ No changes in 2 apps: 82 objects stay as they are · `abc1234` merged into `main`')
  })

  test('but has notes stays short', () => {
    const app = appOf('shop', { notes: ['The setting `windows` has no effect yet.'] })
    const text = comment(planOf([app, appOf('search')], { notes: ['The app old was removed.'] }))
    expect(text).toMatch(/✅ No changes in 2 apps: .*\n\n- The app old was removed\.\n- `shop`: The setting `windows`/)
    expect(text.split('\n')).toHaveLength(5)
  })

  test('and affects no app says so', () => {
    expect(comment(planOf([]))).toContain('✅ No changes: no app is affected')
  })

  test('is not quiet when it failed', () => {
    expect(comment(planOf([appOf('shop')], { conclusion: 'failure' }))).toContain('### ❌ Refused')
  })
})

test('a repository without configuration gets the file to add', () => {
  const config = 'version: 1\napps:\n  - name: shop\n    path: apps/shop\n'
  const text = comment(planOf([appOf('shop', { changes: [imageChange] })]), { discoveredConfig: config })
  expectInOrder(text, ['planned but never applied until', '```yaml\nversion: 1', '**Next:** Add the file above.'])
  expect(text).not.toContain('Merging applies')
})

describe('the budget', () => {
  const risky = changeOf('api', {
    action: 'replace',
    risks: ['immutable'],
    // Larger than the others, so that it fits only when it comes first.
    hunks: `@@ -1 +1 @@\n-  selector: old\n+  selector: new\n${' kept: line\n'.repeat(600)}`,
  })
  const long = Array.from({ length: 300 }, (_, index) =>
    changeOf(`web-${index}`, {
      summary: [`image ${index} → ${index + 1}`],
      hunks: `@@ -1,9 +1,9 @@\n${`+  image: registry.example/web:${index}\n`.repeat(30)}`,
    }),
  )
  const plan = planOf([appOf('shop', { changes: [...long, risky] })])

  test('goes to the risk, the lines and the risky hunks before other hunks', () => {
    const text = comment(plan)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(60_000)
    expect(text).toContain('> - **Deployment `shop/api` will be replaced**')
    expect(text).toContain('- **update** Deployment `shop/web-299`')
    expect(text).toContain('+  selector: new')
    expect(text).toMatch(/\d+ objects are shown in full in the app's check run `drydock \/ shop`\./)
    expect(text).toContain('**Next:**')
  })

  test('leaves out whole objects and counts them right', () => {
    const text = comment(plan, { budget: 40_000 })
    const shown = text.match(/^```diff$/gm)?.length ?? 0
    const missing = Number(/(\d+) objects are shown/.exec(text)?.[1])
    expect(shown + missing).toBe(301)
    expect(text.match(/^```/gm)?.length).toBe(shown * 2 + 2)
  })

  test('drops context first, then hunks of safe changes, then remarks, then lines; says what it dropped', () => {
    const update = (name: string, more: Partial<Change> = {}) =>
      changeOf(name, {
        summary: [`image ${name} → next`],
        warnings: [`${name} is deprecated`],
        hunks: `@@ -1,7 +1,7 @@\n${' kept: around\n'.repeat(3)}-  image: ${name}\n+  image: next\n${' kept: around\n'.repeat(3)}`,
        ...more,
      })
    const changes = [
      ...Array.from({ length: 50 }, (_, index) => update(`web-${index}`)),
      update('api', { risks: ['immutable'] }),
    ]
    const ladder = planOf([appOf('shop', { changes })])
    const whole = comment(ladder, { budget: 1_000_000 })
    const parts = { context: ' kept: around', hunk: '+  image: next', remark: 'is deprecated', line: '- **update**' }
    const counts = (text: string) =>
      Object.values(parts).map((part) => text.split(part).length - 1) as [number, number, number, number]
    expect(counts(whole)).toEqual([51 * 6, 51, 51, 51])
    let before = counts(whole)
    for (let budget = Buffer.byteLength(whole); budget > 1_200; budget -= 397) {
      const text = comment(ladder, { budget })
      const [context, hunk, remark, line] = counts(text)
      // A later step begins only when the earlier one is through; what room is left over may hold one or two.
      if (hunk < 51) expect(context).toBeLessThanOrEqual(2 * 6)
      if (remark < 51) expect(hunk).toBeLessThanOrEqual(3)
      if (line < 51) expect(remark + hunk).toBeLessThanOrEqual(3)
      if (context < hunk * 6) expect(text).toContain('without the lines around it')
      if (remark < line) expect(text).toMatch(/\d remarks? left out/)
      if (hunk < 51) expect(text).toMatch(/\d+ objects? (is|are) shown in full in the app's check run/)
      expect(text).toContain('[!CAUTION]')
      expect([hunk <= before[1], line <= before[3]]).toEqual([true, true])
      before = [context, hunk, remark, line]
    }
    expect(before).toEqual([0, 0, 0, expect.any(Number)])
  })

  test('what an app without a check run leaves out is in the check of all apps', () => {
    expect(comment(plan, { appChecks: [] })).toMatch(/\d+ objects are shown in full in the check run `drydock`\./)
  })

  test('a small one still has verdict, risk and table', () => {
    const text = comment(plan, { budget: 1_500 })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_500)
    expect(text).toContain('[!CAUTION]')
    expect(text).toContain('| `shop` → `production` |')
  })
})

test('Markdown for the command line is the whole plan without marker and proposals', () => {
  const text = planMarkdown(planOf([appOf('shop', { changes: createsOf('ConfigMap', 120) })]))
  expect(text).not.toMatch(/<!--|Next:|check run/)
  expect(text.match(/^```diff$/gm)).toHaveLength(120)
})
