import { expect, test } from 'vitest'
import { summarise } from '../../../src/core/diff/summary.ts'
import type { Change, FieldChange } from '../../../src/core/model/change.ts'
import { planMarkdown } from '../../../src/core/report/plan-comment.ts'
import { planText } from '../../../src/core/report/plan-text.ts'
import { appOf, changeOf, planOf } from './plans.ts'

const version: FieldChange = { path: '/metadata/labels/app.kubernetes.io~1version', before: '1', after: '2' }
const chart: FieldChange = { path: '/metadata/labels/helm.sh~1chart', before: 'shop-1', after: 'shop-2' }

function update(name: string, fields: readonly FieldChange[], more: Partial<Change> = {}): Change {
  return changeOf(name, {
    fields,
    summary: summarise(fields),
    hunks: `@@ -1,1 +1,1 @@\n-a: ${name}\n+b: ${name}`,
    ...more,
  })
}

const image = (number: number): FieldChange => ({
  path: '/spec/template/spec/containers[name=web]/image',
  before: `web:${number}`,
  after: `web:${number + 1}`,
})

test('labels that many objects have in common are said once, and left out of the lines of the others', () => {
  const changes = [
    update('web', [image(1), version, chart]),
    update('api', [image(5), version, chart]),
    ...['a', 'b', 'c', 'd'].map((name) => update(name, [version, chart], { kind: 'ConfigMap' })),
  ]
  const text = planMarkdown(planOf([appOf('shop', { changes })]))
  expect(text).toContain(
    '- **update** 6 objects: label app.kubernetes.io/version 1 → 2, label helm.sh/chart shop-1 → shop-2 (2 of them change otherwise too)\n' +
      '  - 2 × Deployment in `shop`: `web`, `api`\n  - 4 × ConfigMap in `shop`: `a`, `b`, `c`, `d`\n' +
      '- **update** Deployment `shop/web`: web: image 1 → 2 · `apps/shop/web.yaml:1`\n' +
      '- **update** Deployment `shop/api`: web: image 5 → 6 · `apps/shop/api.yaml:1`\n',
  )
  expect(text).not.toContain('- **update** ConfigMap')
  const terminal = planText(planOf([appOf('shop', { changes })]), { color: false, width: 80 })
  expect(terminal).toContain(
    '  ~ 6 objects\n      label app.kubernetes.io/version 1 → 2, label helm.sh/chart shop-1 → shop-2\n',
  )
  expect(terminal).toContain('      +b: a\n')
  expect(terminal).toContain('  ~ Deployment shop/web\n      web: image 1 → 2\n')
})

test('labels of which each group has its own value stay with their group', () => {
  const other = { ...version, after: '3' }
  const changes = [
    ...['a', 'b', 'c', 'd', 'e'].map((name) => update(name, [version])),
    ...['f', 'g', 'h', 'i', 'j'].map((name) => update(name, [other])),
  ]
  const text = planMarkdown(planOf([appOf('shop', { changes })]))
  expect(text).toContain('5 objects: label app.kubernetes.io/version 1 → 2\n')
  expect(text).toContain('5 objects: label app.kubernetes.io/version 1 → 3\n')
})

test('a map of labels that was not there counts like its labels', () => {
  const team: FieldChange = { path: '/metadata/labels/team', after: 'shop' }
  const changes = ['a', 'b', 'c', 'd', 'e'].map((name, index) =>
    update(name, [index === 0 ? { path: '/metadata/labels', after: { team: 'shop' } } : team]),
  )
  const text = planMarkdown(planOf([appOf('shop', { changes })]))
  expect(text).toContain('- **update** 5 objects: label team added\n')
})

test('an object keeps its line for a warning or an owner, even where it has nothing of its own', () => {
  const changes = [
    update('warned', [version], { warnings: ['deprecated'] }),
    update('taken', [{ ...version, takenFrom: 'kubectl-edit' }]),
    ...['a', 'b', 'c', 'd'].map((name) => update(name, [version])),
  ]
  const text = planMarkdown(planOf([appOf('shop', { changes })]))
  expect(text).toContain(
    '- **update** Deployment `shop/warned` · `apps/shop/warned.yaml:1`\n  - the API server warns: deprecated\n',
  )
  expect(text).toContain('- **update** Deployment `shop/taken`: label app.kubernetes.io/version 1 → 2')
})

test('a long meaning is cut and counted', () => {
  const fields = Array.from({ length: 40 }, (_, index) => ({ path: `/spec/f${index}`, before: 1, after: 2 }))
  const text = planMarkdown(planOf([appOf('shop', { changes: [update('web', fields)] })]))
  expect(text).toContain('f7 1 → 2, and 32 more · ')
})
