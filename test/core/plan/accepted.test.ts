import { expect, test } from 'vitest'
import { withAccepted } from '../../../src/core/plan/accepted.ts'
import { assemblePlan } from '../../../src/core/plan/plan.ts'
import { riskKeys } from '../../../src/core/policy/authorise.ts'
import { appOf, changeOf, deletedVolume } from '../report/plans.ts'

const shop = appOf('shop', { changes: [deletedVolume, changeOf('web', { action: 'replace', risks: ['immutable'] })] })
const keysOf = (app: typeof shop, by = 'mona') => riskKeys(app).map(({ key }) => ({ key, by }))

test('what was accepted is marked, and the plan is judged by what is left', () => {
  const plan = assemblePlan({ head: 'abc', apps: [shop] })
  const [first, second] = keysOf(shop)
  const one = withAccepted(plan, first ? [first] : [])
  expect(one.conclusion).toBe('action_required')
  expect(one.apps[0]?.changes.map((change) => change.accepted)).toEqual([
    [{ risk: 'data-loss', by: 'mona' }],
    undefined,
  ])
  expect(withAccepted(plan, first && second ? [first, second] : []).conclusion).toBe('success')
  expect(withAccepted(plan, [])).toBe(plan)
})

test('the first who accepted a risk is named', () => {
  const plan = withAccepted(assemblePlan({ head: 'abc', apps: [shop] }), [...keysOf(shop), ...keysOf(shop, 'ann')])
  expect(plan.apps[0]?.changes[0]?.accepted).toEqual([{ risk: 'data-loss', by: 'mona' }])
})

test.each([
  ['another cluster', { ...shop, clusterUID: 'another' }],
  ['another app', { ...shop, name: 'blog' }],
  ['something more that is lost', { ...shop, changes: [{ ...deletedVolume, consequences: ['the volume pv-1'] }] }],
])('%s is a finding of its own', (_, app) => {
  const plan = withAccepted(assemblePlan({ head: 'abc', apps: [app] }), keysOf(shop))
  expect(plan.apps[0]?.changes[0]?.accepted).toBeUndefined()
  expect(plan.conclusion).toBe('action_required')
})

test('an error is not outweighed by an approval', () => {
  const errors = [{ code: 'render-failed', message: 'no' }] as const
  const broken = assemblePlan({ head: 'abc', apps: [{ ...shop, errors }] })
  expect(withAccepted(broken, keysOf(shop)).conclusion).toBe('failure')
  expect(withAccepted(assemblePlan({ head: 'abc', apps: [shop], errors }), keysOf(shop)).conclusion).toBe('failure')
})
