import { describe, expect, test } from 'vitest'
import type { Change } from '../../../src/core/model/change.ts'
import { appCheck } from '../../../src/core/report/check.ts'
import { planMarkdown } from '../../../src/core/report/plan-comment.ts'
import { planJson } from '../../../src/core/report/plan-json.ts'
import { planText } from '../../../src/core/report/plan-text.ts'
import { appOf, changeOf, deletedVolume, planOf } from './plans.ts'

const now = '2026-11-21T14:03:22.123Z'

/** What each reader of a plan of these changes gets. */
function readers(changes: readonly Change[]) {
  const app = appOf('shop', { changes })
  return {
    comment: planMarkdown(planOf([app]), { now }),
    check: appCheck(app, { plannedAt: now }).summary,
    terminal: planText(planOf([app]), { color: false, width: 400, now }),
    json: planJson(planOf([app])),
  }
}

describe('fields that somebody else holds', () => {
  const taken = (takenAt?: string) => ({ takenFrom: 'kubectl-edit', ...(takenAt ? { takenAt } : {}) })

  test('are named with their owner and the time, several of one owner together', () => {
    const said = readers([
      changeOf('web', {
        fields: [
          { path: '/spec/replicas', before: 3, after: 2, ...taken('2026-11-19T14:00:00Z') },
          {
            path: '/spec/template/spec/containers[name=web]/image',
            before: 'a',
            after: 'b',
            ...taken('2026-11-19T14:00:00Z'),
          },
          { path: '/spec/paused', before: true, after: false, takenFrom: 'argocd', takenAt: '2026-11-21T11:00:00Z' },
        ],
      }),
    ])
    for (const text of [said.comment, said.check, said.terminal]) {
      expect(text).toContain('- replicas, web: image: were set by kubectl-edit, 2 days ago\n')
      expect(text).toContain('- paused: was set by argocd, 3 h ago')
    }
    expect(JSON.parse(said.json).apps[0].changes[0].fields[0]).toMatchObject({
      takenFrom: 'kubectl-edit',
      takenAt: '2026-11-19T14:00:00Z',
    })
  })

  test('whose time is unknown have none', () => {
    const said = readers([changeOf('web', { fields: [{ path: '/spec/replicas', before: 3, after: 2, ...taken() }] })])
    expect(said.comment).toContain('- replicas: was set by kubectl-edit\n')
  })
})

describe('what goes with a deletion', () => {
  const consequences = ['the volume pv-1 (20Gi): its reclaim policy is Delete', '2 snapshots']

  test('is seen in the alert, at the line, at the file, on the terminal and in JSON', () => {
    const app = appOf('shop', { changes: [{ ...deletedVolume, consequences }] })
    const { comment, check, terminal, json } = readers(app.changes)
    for (const text of [comment, check]) {
      expect(text).toContain(
        'its data is lost · `apps/shop/db.yaml:14`\n>   - the volume pv-1 (20Gi): its reclaim policy is Delete\n>   - 2 snapshots\n',
      )
      expect(text).toContain('  - ⚠️ its data is lost\n  - the volume pv-1 (20Gi)')
    }
    expect(terminal).toContain('    ! its data is lost\n      - the volume pv-1 (20Gi): its reclaim policy is Delete\n')
    expect(JSON.parse(json).apps[0].changes[0].consequences).toEqual(consequences)
    expect(appCheck(app).annotations[0]?.message).toBe(`its data is lost\n- ${consequences.join('\n- ')}`)
  })

  test('is counted when it is much', () => {
    const many = Array.from({ length: 30 }, (_, index) => `Deployment shop/part-${index}`)
    const { comment } = readers([{ ...deletedVolume, consequences: many }])
    expect(comment).toContain('>   - Deployment shop/part-9\n>   - and 20 more\n')
    expect(comment).toContain('  - Deployment shop/part-19\n  - and 10 more\n')
  })
})

describe('what the server could not preview', () => {
  const created = (name: string, previewReason: string) =>
    changeOf(name, { action: 'create', preview: 'client', previewReason })

  test('says so with the reason', () => {
    const { comment, check, terminal } = readers([created('web', 'this commit creates its namespace')])
    for (const text of [comment, check, terminal]) {
      expect(text).toContain('  - could not be previewed, because this commit creates its namespace')
    }
  })

  test('for one reason on many new objects is said once, and counted', () => {
    const { comment, check, terminal } = readers([
      ...['a', 'b', 'c', 'd'].map((name) => created(name, 'this commit creates its namespace')),
      created('e', 'the webhook guard refuses dry runs'),
    ])
    for (const text of [comment, check, terminal]) {
      expect(text.match(/because this commit creates its namespace/g)).toHaveLength(1)
      expect(text).toContain(
        '4 new objects are shown as their manifests say: each could not be previewed, because this',
      )
      expect(text).toContain('  - could not be previewed, because the webhook guard refuses dry runs')
    }
  })
})
