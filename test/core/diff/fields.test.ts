import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differences, sameJson } from '../../../src/core/diff/fields.ts'
import { withSide } from '../../../src/core/diff/patch.ts'
import { canonicalJson } from '../../../src/core/manifests/canonical.ts'
import type { Json } from '../../../src/core/model/object.ts'
import { backwards, json, object } from './json.ts'

/** Lists whose items have names say the same in any order of what was added to them. */
function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) {
    const items = value.map((each: Json) => sorted(each) ?? null)
    const named = items.every((each) => typeof each === 'object' && each !== null && 'name' in each)
    return named ? items.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)) : items
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, sorted(each)]))
}

const nameOf = (item: Json): string => String((item as { name?: Json }).name)

describe('differences', () => {
  it('finds none between a value and itself, whatever the order of its keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(differences(value, structuredClone(value))).toEqual([])
        expect(sameJson(value, backwards(value))).toBe(true)
      }),
    )
  })

  it('finds one between two values exactly when their canonical forms differ', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        expect(sameJson(one, other)).toBe(canonicalJson(one) === canonicalJson(other))
      }),
    )
  })

  it('turns the one side into the other, and back', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const found = differences(before, after)
        const there = found.reduce<Json | undefined>((value, each) => withSide(value, each, 'after'), before)
        const back = found.reduce<Json | undefined>((value, each) => withSide(value, each, 'before'), after)
        expect(differences(sorted(there), sorted(after))).toEqual([])
        expect(differences(sorted(back), sorted(before))).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  it('names items of lists by their key, and escapes what a pointer must escape', () => {
    const pod = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'web', image }] } } } })
    expect(differences(pod('web:1'), pod('web:2')).map((each) => each.path)).toEqual([
      '/spec/template/spec/containers[name=web]/image',
    ])
    expect(differences({ labels: { 'a/b~c': 1 } }, { labels: {} })).toMatchObject([
      { path: '/labels/a~1b~0c', before: 1 },
    ])
  })

  it('leaves the absent side out, also for keys that every object inherits', () => {
    for (const key of ['constructor', 'toString', '__proto__', 'x']) {
      const [found, ...more] = differences({}, Object.fromEntries([[key, 'v']]))
      expect(found).toEqual({ path: `/${key}`, steps: [key], after: 'v' })
      expect(more).toEqual([])
    }
  })

  it('tells null from absent, and a number from its text', () => {
    expect(differences({ a: null }, {})).toMatchObject([{ path: '/a', before: null }])
    const ports = (host: string) => [
      { port: 80, host },
      { port: '80', host: 'b' },
    ]
    expect(differences(ports('a'), ports('c'))).toHaveLength(1)
    expect(differences({ a: 9007199254740993n }, { a: 9007199254740992n })).toHaveLength(1)
  })

  it('sees an item in a list by its name, wherever it stands', () => {
    const before = [{ name: 'a', value: '1' }, { name: 'b' }]
    const after = [{ name: 'new' }, { name: 'a', value: '2' }, { name: 'b' }]
    expect(differences(before, after).map((each) => each.path)).toEqual(['[name=a]/value', '[name=new]'])
  })

  it('sees another order of containers, also beside another change', () => {
    const before = [{ name: 'migrate' }, { name: 'seed', image: 'a' }]
    const after = [{ name: 'seed', image: 'b' }, { name: 'migrate' }, { name: 'new' }]
    const found = differences(before, after)
    expect(found.map((each) => each.path)).toEqual(['[name=seed]/image', '[name=new]', ''])
    expect(found.at(-1)).toMatchObject({ before: ['migrate', 'seed'], after: ['seed', 'migrate'] })
  })
})
