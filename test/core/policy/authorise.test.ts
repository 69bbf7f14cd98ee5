import { describe, expect, it } from 'vitest'
import type { Change } from '../../../src/core/model/change.ts'
import { problem } from '../../../src/core/model/errors.ts'
import type { AppPlan } from '../../../src/core/model/plan.ts'
import { contentsOf } from '../../../src/core/plan/consequences.ts'
import { authorise, riskKey } from '../../../src/core/policy/authorise.ts'

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
const unseen = { accepted: new Set<string>(), by: 'merge of #1' }

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
    const accepted = { accepted: 'all' as const, by: 'x' }
    expect(authorise(plan({ errors: [problem('held', 'x')] }), accepted)).toHaveProperty('refused')
    const denied = plan({ policies: [{ policy: 'p', severity: 'deny', message: 'no' }] })
    expect(authorise(denied, accepted)).toHaveProperty('refused')
    expect(authorise(plan({ changes: [deletion('data')] }), accepted)).toHaveProperty('authorised')
  })

  it('leaves out on the way back what would be lost, but asks whether so much is to be deleted', () => {
    const back = { ...unseen, keepsRisky: true }
    const many = { ...deletion('map'), risks: ['mass-prune' as const] }
    expect(authorise(plan({ changes: [deletion('data')] }), back)).toMatchObject({
      authorised: { plan: { changes: [] }, unconfirmed: [{ name: 'data' }] },
    })
    expect(authorise(plan({ changes: [many] }), back)).toMatchObject({ refused: [{ code: 'held' }], by: 'risk' })
    const both = { ...deletion('data'), risks: ['data-loss' as const, 'mass-prune' as const] }
    const asked = plan({ changes: [both, many] })
    const accepted = new Set([riskKey(asked, many, 'mass-prune')])
    expect(authorise(asked, { ...back, accepted })).toMatchObject({
      authorised: { plan: { changes: [{ name: 'map' }] }, unconfirmed: [{ name: 'data' }] },
    })
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

  describe('a risk that was accepted', () => {
    const key = (change: Change) => {
      const [risk] = change.risks
      return risk && riskKey(plan(), change, risk)
    }
    const space = (...counts: readonly (readonly [string, number])[]): Change => ({
      ...deletion('shop'),
      kind: 'Namespace',
      risks: ['namespace-deletion'],
      consequences: [contentsOf(counts.map(([kind, count]) => ({ kind, count })))],
    })
    const replaced = (...paths: readonly string[]): Change => ({
      ...deletion('db'),
      kind: 'StatefulSet',
      action: 'replace',
      risks: ['immutable'],
      fields: paths.map((path) => ({ path, after: 'x' })),
    })

    it('is the same one while pods come and go, and another one when more lasting things go', () => {
      const seen = key(space(['Secret', 3], ['Pod', 14], ['Job', 3]))
      expect(key(space(['Secret', 3], ['Pod', 2], ['ReplicaSet', 9]))).toBe(seen)
      expect(key(space(['Secret', 3]))).toBe(seen)
      expect(key(space(['Secret', 4], ['Pod', 14], ['Job', 3]))).not.toBe(seen)
    })

    it('is another one when the object is replaced for other fields', () => {
      const seen = key(replaced('/spec/serviceName', '/spec/selector'))
      expect(key(replaced('/spec/selector', '/spec/serviceName'))).toBe(seen)
      expect(key(replaced('/spec/volumeClaimTemplates'))).not.toBe(seen)
    })
  })

  it('refuses a cluster that did not say who it is', () => {
    const { clusterUID: _, ...unknown } = plan()
    expect(authorise(unknown, unseen)).toMatchObject({ refused: [{ code: 'cluster-unreachable' }] })
  })
})
