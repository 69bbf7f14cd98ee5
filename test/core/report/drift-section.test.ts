import { expect, test } from 'vitest'
import type { Drift } from '../../../src/core/model/change.ts'
import { planMarkdown } from '../../../src/core/report/plan-comment.ts'
import { planText } from '../../../src/core/report/plan-text.ts'
import { appOf, changeOf, drifted, planOf } from './plans.ts'

const now = '2026-11-21T14:03:22.123Z'

const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
const owned: Drift = {
  ...web,
  fields: [
    { path: '/spec/replicas', before: 5, after: 2, takenFrom: 'kubectl-scale', takenAt: '2026-11-19T14:00:00Z' },
  ],
  managers: ['kubectl-scale'],
  onSync: 'restored',
}
const added: Drift = {
  ...web,
  fields: [
    {
      path: '/spec/template/spec/containers[name=debug]',
      before: { name: 'debug' },
      takenFrom: 'kubectl-edit',
      takenAt: '2026-11-21T11:00:00Z',
    },
  ],
  managers: ['kubectl-edit'],
  onSync: 'kept',
}

test('what was changed and what was added to one object is one object with two fates', () => {
  const plan = planOf([appOf('shop', { drift: [owned, added, drifted] })])
  const text = planMarkdown(plan, { now })
  expect(text).toContain(
    '### ✅ No changes · 2 objects drifted, 1 of them restored by a sync, 1 of them partly restored by a sync',
  )
  expect(text).toContain('Already drifted: 2 objects · 1 restored by a sync, 1 partly restored')
  expect(text).toContain(
    '- Deployment `shop/web`, changed by `kubectl-scale` · **a sync restores it**\n' +
      '  - `/spec/replicas` is `5`, set by kubectl-scale, 2 days ago; Git says `2`\n' +
      '- Deployment `shop/web`, added by `kubectl-edit` · **a sync keeps it**\n' +
      '  - `/spec/template/spec/containers[name=debug]` is `{"name":"debug"}`, added by kubectl-edit, 3 h ago; isn\'t in Git\n',
  )
  expect(text).toContain('| `shop` → `production` | no changes | 2 |')
  const terminal = planText(plan, { color: false, width: 200, now })
  expect(terminal).toContain('  ? drift: Deployment shop/web, added by kubectl-edit; a sync keeps it\n')
  expect(terminal).toContain('is {"name":"debug"}, added by kubectl-edit, 3 h ago; isn\'t in Git\n')
})

test('drift of an object that the pull request changes too says so, and stands apart from the change', () => {
  const plan = planOf([
    appOf('shop', { changes: [changeOf('web', { summary: ['paused false → true'] })], drift: [owned] }),
  ])
  const text = planMarkdown(plan, { now })
  const [changes = '', drift = ''] = text.split('Already drifted')
  expect(changes).toContain('Deployment `shop/web`: paused false → true')
  expect(changes).not.toContain('replicas')
  expect(drift).toContain('**this pull request changes the object too; its sync restores it**')
  expect(drift).not.toContain('paused')
  expect(text).not.toMatch(/doesn't touch/)
})

test('of a secret value only that it differs', () => {
  const secret: Drift = {
    ...drifted,
    kind: 'Secret',
    fields: [
      { path: '/data/password', before: '(sensitive 1)', after: '(sensitive 2)' },
      { path: '/data/extra', before: '(sensitive 3)' },
    ],
  }
  const text = planMarkdown(planOf([appOf('shop', { drift: [secret] })]))
  expect(text).toContain('`/data/password` differs from Git\n')
  expect(text).toContain("`/data/extra` is there, isn't in Git\n")
  expect(text).not.toContain('(sensitive')
})
