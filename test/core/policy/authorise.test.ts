import { describe, expect, it } from 'vitest'
import type { Change } from '../../../src/core/model/change.ts'
import { problem } from '../../../src/core/model/errors.ts'
import type { AppPlan } from '../../../src/core/model/plan.ts'
import { authorise } from '../../../src/core/policy/authorise.ts'

const plan = (more: Partial<AppPlan> = {}): AppPlan => ({
  name: 'shop',
  cluster: 'default',
  clusterUID: 'uid',
  changes: [],
  unchanged: 0,
  drift: [],
  errors: [],
  policies: [],
  ...more,
})
const deletion = (name: string): Change => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  namespace: 'shop',
  name,
  action: 'delete',
  summary: [],
  fields: [],
  preview: 'server',
  risks: ['data-loss'],
})
const unseen = { risksAccepted: false, by: 'merge of #1' }

describe('authorise', () => {
  it('allows a plan without risks, and says why', () => {
    expect(authorise(plan(), unseen)).toMatchObject({ authorised: { clusterUID: 'uid', allowedBy: 'merge of #1' } })
  })

  it.each([
    ['an error', { errors: [problem('yaml-invalid', 'bad')] }, 'yaml-invalid'],
    ['a denial', { policies: [{ policy: 'p', severity: 'deny', message: 'no' }] }, 'held'],
    ['a risk', { changes: [deletion('data')] }, 'held'],
  ] as const)('refuses %s', (_name, more, code) => {
    expect(authorise(plan(more), unseen)).toMatchObject({ refused: [{ code }] })
  })

  it('refuses an error and a denial also where risks are accepted', () => {
    const accepted = { risksAccepted: true, by: 'x' }
    expect(authorise(plan({ errors: [problem('held', 'x')] }), accepted)).toHaveProperty('refused')
    const denied = plan({ policies: [{ policy: 'p', severity: 'deny', message: 'no' }] })
    expect(authorise(denied, accepted)).toHaveProperty('refused')
    expect(authorise(plan({ changes: [deletion('data')] }), accepted)).toHaveProperty('authorised')
  })

  it('lets a warning pass', () => {
    const warned = plan({ policies: [{ policy: 'p', severity: 'warn', message: 'hm' }] })
    expect(authorise(warned, unseen)).toHaveProperty('authorised')
  })

  it('does not take a risk that was shown for one that was accepted, and names the one that was not even shown', () => {
    const now = plan({ changes: [deletion('data'), deletion('more')] })
    expect(authorise(now, { ...unseen, plan: plan({ changes: [deletion('data')] }) })).toMatchObject({
      refused: [
        { message: expect.stringMatching(/data: its data is lost; a person has to accept it\.$/) },
        { message: expect.stringMatching(/more: its data is lost; nobody reviewed it\.$/) },
      ],
    })
  })

  it('refuses another cluster than the one that was reviewed', () => {
    const reviewed = { ...unseen, plan: plan({ clusterUID: 'another' }) }
    expect(authorise(plan(), reviewed)).toMatchObject({ refused: [{ code: 'held' }] })
    expect(authorise(plan(), { ...unseen, plan: plan() })).toHaveProperty('authorised')
  })

  it('refuses a cluster that did not say who it is', () => {
    const { clusterUID: _, ...unknown } = plan()
    expect(authorise(unknown, unseen)).toMatchObject({ refused: [{ code: 'cluster-unreachable' }] })
  })
})
