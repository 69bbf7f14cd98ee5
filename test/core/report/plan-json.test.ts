import { expect, test } from 'vitest'
import { planJson } from '../../../src/core/report/plan-json.ts'
import { appOf, changeOf, deletedVolume, drifted, imageChange, planOf } from './plans.ts'

test('is the document of the plan, whatever the order of its keys was', () => {
  const plan = planOf([appOf('shop', { changes: [imageChange, deletedVolume], drift: [drifted] })])
  expect(JSON.parse(planJson(plan))).toEqual(plan)
  const { apps, head, ...rest } = plan
  const shuffled = { apps: apps.map((app) => Object.fromEntries(Object.entries(app).reverse())), ...rest, head }
  expect(planJson(shuffled as unknown as typeof plan)).toBe(planJson(plan))
  expect(planJson(plan).startsWith('{\n  "apiVersion": "drydock.dev/v1",\n  "kind": "Plan",\n  "head"')).toBe(true)
})

test('leaves an absent side out, keeps null, and sorts the keys of values', () => {
  const fields = [
    { path: '/spec/added', after: null },
    { path: '/spec/removed', before: { b: 1, a: [{ d: 1, c: 2 }] } },
  ]
  const json = planJson(planOf([appOf('shop', { changes: [changeOf('web', { fields })] })]))
  expect(JSON.parse(json).apps[0].changes[0].fields).toEqual(fields)
  expect(json).not.toMatch(/"before": null/)
  expect(json.indexOf('"a": [')).toBeLessThan(json.indexOf('"b": 1'))
})

test('writes integers past 2^53 exactly', () => {
  const fields = [{ path: '/spec/limit', before: 9007199254740993n, after: 1 }]
  expect(planJson(planOf([appOf('shop', { changes: [changeOf('web', { fields })] })]))).toContain(
    '"before": 9007199254740993,',
  )
})

test('keeps every word, also hostile ones, as JSON', () => {
  const summary = ['"\\\u0000\ud800</script>']
  const json = planJson(planOf([appOf('shop', { changes: [changeOf('web', { summary })] })]))
  expect(JSON.parse(json).apps[0].changes[0].summary).toEqual(summary)
})
