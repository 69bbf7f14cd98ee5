import { expect, test } from 'vitest'
import type { Verdict } from '../../../src/core/model/plan.ts'
import {
  appCheck,
  inProgressCheck,
  noAffectedAppsCheck,
  planCheck,
  supersededCheck,
} from '../../../src/core/report/check.ts'
import { appOf, changeOf, createsOf, deletedVolume, imageChange, planOf } from './plans.ts'

function denial(number: number): Verdict {
  return { policy: 'no-latest', severity: 'deny', message: 'tag latest', source: { path: 'a.yaml', line: number + 1 } }
}

test("an app's check has the lines in its summary, the hunks in its text, and findings at their lines", () => {
  const report = appCheck(
    appOf('shop', {
      changes: [{ ...imageChange, warnings: ['spec.foo is deprecated'] }, deletedVolume],
      errors: [
        { code: 'yaml-invalid', message: 'bad indent', source: { path: 'b.yaml', line: 7 }, hint: 'Indent by 2.' },
        { code: 'cluster-unreachable', message: 'no answer in 10 s' },
      ],
      policies: [{ ...denial(3), severity: 'warn' }, denial(4)],
    }),
  )
  expect(report.title).toBe('2 errors · refused by policy (1 denial) · 1 to update, 1 to delete · 1 risk')
  expect(report.summary).toContain('Deployment `shop/web`: image 1.4.2 → 1.5.0')
  expect(report.summary).toContain('no answer in 10 s')
  expect(report.summary).not.toContain('```diff')
  expect(report.text).toContain('+          image: ghcr.io/acme/web:1.5.0')
  expect(report.annotations.map(({ level, path, line }) => `${level} ${path}:${line}`)).toEqual([
    'failure b.yaml:7',
    'failure a.yaml:5',
    'warning a.yaml:4',
    'warning apps/shop/web.yaml:1',
    'warning apps/shop/db.yaml:14',
  ])
  expect(report.annotations[0]).toMatchObject({ title: 'yaml-invalid', message: 'bad indent\n→ Indent by 2.' })
})

test('50 annotations at most; the rest is counted', () => {
  const policies = Array.from({ length: 80 }, (_, index) => denial(index))
  const report = appCheck(appOf('shop', { policies }))
  expect(report.annotations).toHaveLength(50)
  expect(report.summary).toContain('80 findings have a line; 50 are annotated, 30 more')
})

test("GitHub's limits hold for texts of any size", () => {
  const huge = Array.from({ length: 900 }, (_, index) =>
    changeOf(`größe-${index}`.repeat(8), {
      summary: [`ß${index}`.repeat(60)],
      risks: ['data-loss'],
      hunks: `@@ -1 +1 @@\n${'+日本語\n'.repeat(200)}`,
    }),
  )
  const errors = [{ code: 'internal' as const, message: 'x'.repeat(200_000), source: { path: 'a.yaml', line: 0 } }]
  const app = appOf('shop', { changes: huge, errors })
  for (const report of [appCheck(app), planCheck(planOf([app]), { appChecks: false })]) {
    expect(report.title.length).toBeLessThanOrEqual(255)
    expect(Buffer.byteLength(report.summary)).toBeLessThanOrEqual(65_535)
    expect(Buffer.byteLength(report.text ?? '')).toBeLessThanOrEqual(65_535)
    expect(report.text).toMatch(/more objects don't fit here: run `drydock plan --app shop`/)
    expect(report.annotations[0]?.line).toBe(1)
    expect(report.annotations[0]?.message.length).toBeLessThanOrEqual(8_000)
  }
})

test('the check of all apps leaves annotations to the checks of the apps, unless there are none', () => {
  const plan = planOf([appOf('shop', { policies: [denial(0)] })], {
    conclusion: 'failure',
    errors: [{ code: 'config-invalid', message: 'bad', source: { path: '.github/drydock.yaml', line: 3 } }],
  })
  expect(planCheck(plan).annotations.map(({ path }) => path)).toEqual(['.github/drydock.yaml'])
  expect(planCheck(plan).text).toBeUndefined()
  expect(planCheck(plan, { appChecks: false }).annotations.map(({ path }) => path)).toEqual([
    '.github/drydock.yaml',
    'a.yaml',
  ])
})

test("all hunks are in the app's check, also of many new objects", () => {
  const report = appCheck(appOf('shop', { changes: createsOf('ConfigMap', 40, 3) }))
  expect(report.text?.match(/^```diff$/gm)).toHaveLength(40)
})

test('another pull request with the same head is named', () => {
  const report = planCheck(planOf([appOf('shop')]), { others: [{ number: 7, conclusion: 'failure' }] })
  expect(report.summary).toContain('Pull request #7 has the same head commit; its plan says `failure`.')
})

test('states without a plan', () => {
  expect(inProgressCheck().title).toBe('Planning')
  expect(supersededCheck('abc1234def5678abc1234def5678abc1234def56').title).toBe('Superseded by abc1234')
  expect(planCheck(planOf([]))).toEqual(noAffectedAppsCheck())
  expect(noAffectedAppsCheck().title).toBe('No app is affected')
})
