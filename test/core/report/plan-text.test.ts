import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planText } from '../../../src/core/report/plan-text.ts'
import { problemsText } from '../../../src/core/report/problems-text.ts'
import { hostileText, shapes, viewOf } from './hostile.ts'
import { appOf, createsOf, deletedVolume, drifted, imageChange, planOf } from './plans.ts'

const options = { color: false, width: 80 }

test('reads like a diff with a summary', () => {
  const text = planText(planOf([appOf('shop', { changes: [imageChange, deletedVolume], drift: [drifted] })]), options)
  expect(text).toContain(
    'Plan of abc1234, compared with 9f8e7d6\n\nshop → production: 1 to update, 1 to delete, 41 unchanged\n',
  )
  expect(text).toContain(
    '  ~ Deployment shop/web\n      image 1.4.2 → 1.5.0, replicas 2 → 3\n      apps/shop/web.yaml:1\n',
  )
  expect(text).toContain('      +          image: ghcr.io/acme/web:1.5.0\n')
  expect(text).toContain('  - PersistentVolumeClaim shop/db-data\n')
  expect(text).toContain('    ! its data is lost\n')
  expect(text).toContain('  ? drift: ConfigMap shop/web, changed by kubectl-edit; a sync restores it\n')
  expect(text.endsWith('1 to update, 1 to delete · 1 risk · 1 object drifted, restored by a sync.\n')).toBe(true)
})

test('has colours only when asked for', () => {
  const plan = planOf([appOf('shop', { changes: [imageChange] })])
  expect(planText(plan, options)).not.toContain('\u001b')
  expect(planText(plan, { ...options, color: true })).toContain(
    '\u001b[32m+          image: ghcr.io/acme/web:1.5.0\u001b[0m',
  )
})

test('120 creates fit a screen, each line within 80 columns', () => {
  const text = planText(planOf([appOf('shop', { changes: createsOf('ConfigMap', 120) })]), options)
  expect(text).toContain('  + 120 × ConfigMap in shop\n      configmap-0, configmap-1,')
  const lines = text.split('\n')
  expect(lines.length).toBeLessThan(40)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
})

test('says that nothing changes', () => {
  expect(planText(planOf([appOf('shop')]), options)).toContain(
    'shop → production: no changes, 41 unchanged\n\nNo changes.\n',
  )
})

test('a terminal gets no control sequence from outside', () => {
  fc.assert(
    fc.property(shapes, fc.infiniteStream(hostileText), (shape, stream) => {
      const plan = viewOf(shape, () => stream.next().value ?? '').plan
      const text = planText(plan, options) + problemsText(plan.errors ?? [])
      expect(text).not.toMatch(/[^\n\t\P{Cc}]|\p{Cf}/u)
    }),
  )
})

test('problems have place, message and hint', () => {
  const problems = [
    { code: 'yaml-invalid' as const, message: 'bad indent', source: { path: 'a.yaml', line: 3 }, hint: 'Indent by 2.' },
    { code: 'usage' as const, message: 'No such folder.' },
  ]
  expect(problemsText(problems)).toBe('error: a.yaml:3: bad indent\n  → Indent by 2.\nerror: No such folder.')
})
