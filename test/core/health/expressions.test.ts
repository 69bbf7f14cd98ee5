import { describe, expect, it } from 'vitest'
import { celFault } from '../../../src/core/health/expressions.ts'
import { hasHealth, healthOf } from '../../../src/core/health/health.ts'
import type { HealthExpression } from '../../../src/core/model/app.ts'
import type { JsonObject } from '../../../src/core/model/object.ts'
import { is, live } from './live.ts'

const judge = (status: JsonObject | undefined, rule: Partial<HealthExpression>, apiVersion = 'example.com/v1') => {
  const rules = [{ group: 'example.com', kind: 'Thing', healthy: 'true', ...rule }]
  const object = live(apiVersion, 'Thing', { spec: { replicas: 4 }, ...(status ? { status } : {}) })
  const { status: found, message } = healthOf(object, rules)
  return message ? `${found}: ${message}` : found
}

describe('a rule of the configuration', () => {
  it('counts with integers as the API server does', () => {
    const healthy =
      'object.status.ready + 1 == object.spec.replicas && object.spec.replicas % 2 == 0 && type(object.status.ready) == int'
    expect(judge({ ready: 3 }, { healthy })).toBe('healthy')
    expect(judge({ share: 0.5 }, { healthy: 'object.status.share < 0.6' })).toBe('healthy')
  })

  it('looks into lists and at fields that may be missing', () => {
    const healthy = 'object.status.conditions.exists(c, c.type == "Ready" && c.status == "True")'
    expect(judge({ conditions: [is('Ready', 'True')] }, { healthy })).toBe('healthy')
    expect(judge({ conditions: [] }, { healthy })).toContain('progressing: not yet')
    expect(judge({}, { healthy: 'has(object.status.phase)' })).toContain('progressing')
    expect(judge({}, { healthy: 'object.status.?phase.orValue("Ready") == "Ready"' })).toBe('healthy')
  })

  it('is not fulfilled while a field is missing, and says which', () => {
    expect(judge(undefined, { healthy: 'object.status.phase == "Ready"' })).toBe(
      'progressing: not yet `object.status.phase == "Ready"` (No such key: status)',
    )
  })

  it('is not fulfilled by what is neither true nor false', () => {
    expect(judge({ phase: 'Ready' }, { healthy: 'object.status.phase' })).toContain('(it is not true or false)')
  })

  it('says with `degraded` that something failed, in the words of the object', () => {
    const rule = { healthy: 'false', degraded: 'object.status.phase == "Failed"' }
    expect(judge({ phase: 'Failed' }, rule)).toBe('degraded: fulfils `object.status.phase == "Failed"`')
    expect(judge({ phase: 'Failed', conditions: [is('Ready', 'False', 'x', 'no quota')] }, rule)).toBe(
      'degraded: no quota',
    )
    expect(judge({}, rule)).toContain('progressing')
  })

  it('waits until the status is of this generation', () => {
    expect(judge({ observedGeneration: 1 }, { healthy: 'true' })).toContain('has not seen this change')
  })

  it('wins over what Drydock knows, and makes a kind one to wait for', () => {
    const rules = [{ group: '', kind: 'ConfigMap', healthy: 'object.data.ready == "yes"' }]
    expect(hasHealth('v1', 'ConfigMap', rules)).toBe(true)
    expect(healthOf({ ...live('v1', 'ConfigMap'), data: { ready: 'no' } }, rules).status).toBe('progressing')
    const service = [{ group: '', kind: 'Service', healthy: 'true' }]
    expect(healthOf(live('v1', 'Service', { spec: { type: 'LoadBalancer' } }), service).status).toBe('healthy')
    expect(healthOf(live('v1', 'Service', { spec: { type: 'LoadBalancer' } }), rules).status).toBe('progressing')
  })
})

it('matches patterns that would keep a backtracking matcher for ever', () => {
  const name = `${'a'.repeat(40)}!`
  const matching = (pattern: string) => judge({ name }, { healthy: `object.status.name.matches("${pattern}")` })
  expect(matching('^((a+))+$')).toContain('progressing')
  expect(matching('^(a|a)*!$')).toBe('healthy')
  // Only the call is meant, not a text that looks like one.
  expect(judge({ name: '.matches(' }, { healthy: 'object.status.name == ".matches("' })).toBe('healthy')
})

it.each([
  ['a blank', 'object.status.name. matches("PATTERN")'],
  ['a new line', 'object.status.name.\nmatches("PATTERN")'],
  ['a comment', 'object.status.name.matches // c\n("PATTERN")'],
  ['a quote in a comment before', '// "\nobject.status.name.matches("PATTERN") // "'],
  ['an apostrophe in a comment before', "true == false // it's\n|| object.status.name.matches('PATTERN') // '"],
  ['three quotes before', '"""a"b""" == "x" || object.status.name.matches("PATTERN") || "" == "a"'],
  ['a macro around', '[object.status.name].exists(n, n.matches("PATTERN"))'],
])('matches no pattern by backtracking that is written with %s', (_name, template) => {
  // Backtracking would take seconds, twice as many with each `a`.
  const healthy = template.replace('PATTERN', '^((a+))+$')
  const began = performance.now()
  expect(celFault(healthy)).toBeUndefined()
  expect(judge({ name: `${'a'.repeat(32)}!` }, { healthy })).toContain('progressing')
  expect(judge({ name: 'aaa' }, { healthy })).toBe('healthy')
  expect(performance.now() - began).toBeLessThan(1000)
})

it('splits a text as CEL does, into few parts', () => {
  const status = { name: 'a,b,c', long: 'a,'.repeat(3000) }
  expect(judge(status, { healthy: 'object.status.name.split(",") == ["a", "b", "c"]' })).toBe('healthy')
  expect(judge(status, { healthy: 'object.status.name.split(",", 2) == ["a", "b,c"]' })).toBe('healthy')
  expect(judge(status, { healthy: 'object.status.long.split(",").all(x, true)' })).toContain('more than 200 parts')
})

it('goes through maps and lists for a while only', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']))
  const once = { healthy: 'object.status.map.all(k, k != "z")' }
  const twice = { healthy: 'object.status.map.all(k, object.status.map.all(l, k != "z"))' }
  expect(judge({ map: many(900) }, once)).toBe('healthy')
  expect(judge({ map: many(1001) }, once)).toContain('a map of it has more than 1000 items')
  expect(judge({ map: many(150) }, twice)).toBe('healthy')
  expect(judge({ map: many(900) }, twice)).toContain('a map of it has more than 200 items')
})

it('does not go through lists that are too long for a rule', () => {
  const conditions = Array.from({ length: 3000 }, (_, index) => is(`C${index}`, 'True'))
  expect(judge({ conditions }, { healthy: 'object.status.conditions.all(c, true)' })).toContain('more than 1000 items')
})

describe('what is wrong with an expression', () => {
  it.each([
    ['object.status.phase == "Ready"'],
    ['has(object.status) && object.status.conditions.exists(c, c.type == "Ready")'],
    ['object.metadata.name.matches("^web-[0-9]+$")'],
    ['object.status.ready'],
    ['object.a.all(a, a.b.exists(b, b.c + 1 > 2 && "x" + a.d + b.e == "xy" && a.size() + b.size() > 1))'],
  ])('nothing: %s', (expression) => expect(celFault(expression)).toBeUndefined())

  it.each([
    ['object.status.phase ==', /Unexpected token/],
    ['', /./],
    ['self.status.phase == "Ready"', /Unknown variable: self/],
    ['"Ready"', /it is a string, not true or false/],
    ['size(object.status.conditions)', /it is a int, not true or false/],
    ['now() > 3', /now/],
    ['object.a.all(a, a.b.all(b, b.c.all(c, true)))', /nested more than 2 deep/],
    ['object.metadata.name.matches(object.spec.pattern)', /a pattern in quotes/],
    ['object.metadata.name.matches("(")', /not a regular expression/],
    ['(object.a + object.a).all(a, a != "z")', /one side of \+ has to be/],
    ['cel.bind(l, object.a, (l + l).size() > 3)', /bind/],
    ['true || '.repeat(500), /longer than 2000/],
  ])('%s', (expression, fault) => expect(celFault(expression)).toMatch(fault))
})
