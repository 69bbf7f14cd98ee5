import { describe, expect, it } from 'vitest'
import type { Json, JsonObject, KubeObject } from '../../../src/core/model/object.ts'
import { checkAgainstDefinition, definitionFor } from '../../../src/core/schema/check.ts'

const definitionOf = (spec: JsonObject, more: JsonObject = {}): KubeObject =>
  ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'wheels.acme.dev' },
    spec: {
      group: 'acme.dev',
      scope: 'Namespaced',
      names: { plural: 'wheels', kind: 'Wheel' },
      versions: [
        { name: 'v1', served: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } }, ...more },
        { name: 'v0', served: false, schema: { openAPIV3Schema: { type: 'object' } } },
      ],
    },
  }) as unknown as KubeObject

const wheel = (spec: Json, more: object = {}): KubeObject =>
  ({ apiVersion: 'acme.dev/v1', kind: 'Wheel', metadata: { name: 'w' }, spec, ...more }) as KubeObject

const answer = (schema: JsonObject, value: Json) =>
  checkAgainstDefinition(wheel({ a: value }), definitionOf({ type: 'object', properties: { a: schema } }))

/** `spec.a: …` for each mistake. */
const faultsOf = (schema: JsonObject, value: Json): readonly string[] =>
  answer(schema, value).faults.map(({ path, message }) => `${path.join('.')}: ${message}`)

describe('the definition of an object', () => {
  const definition = definitionOf({ type: 'object' })

  it('is the one of its group and kind that serves its version', () => {
    expect(definitionFor(wheel({}), [definition])).toBe(definition)
    for (const other of [
      { apiVersion: 'acme.dev/v0' },
      { apiVersion: 'acme.dev/v2' },
      { apiVersion: 'a.dev/v1' },
      { kind: 'X' },
    ]) {
      expect(definitionFor(wheel({}, other), [definition])).toBeUndefined()
    }
    expect(definitionFor(wheel({}), [wheel({})])).toBeUndefined()
  })

  it('refuses a version that it does not serve, and names those that it does', () => {
    for (const apiVersion of ['acme.dev/v0', 'acme.dev/v7']) {
      expect(checkAgainstDefinition(wheel({}, { apiVersion }), definition).faults).toEqual([
        { path: ['apiVersion'], message: `Invalid value: "${apiVersion}": the definition serves acme.dev/v1` },
      ])
    }
  })
})

describe('an object checked by its definition', () => {
  it('gets the defaults, and loses what the server drops', () => {
    const schema = {
      type: 'object',
      default: {},
      properties: {
        size: { type: 'integer', default: 26 },
        spokes: { type: 'array', items: { type: 'object', properties: { length: { type: 'number', default: 2.5 } } } },
        extra: { type: 'object' },
      },
    }
    const definition = definitionOf(schema)
    expect(checkAgainstDefinition(wheel({ size: null, spokes: [{}], extra: { lost: 1 } }), definition)).toEqual({
      object: wheel({ size: 26, spokes: [{ length: 2.5 }], extra: {} }),
      faults: [],
      notChecked: [],
    })
    const { spec: _, ...bare } = wheel({})
    expect(checkAgainstDefinition(bare as KubeObject, definition).object.spec).toEqual({ size: 26 })
  })

  it('loses its status where that is a subresource', () => {
    const object = wheel({}, { status: { a: 1 } })
    const definition = definitionOf(
      { type: 'object' },
      {
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object' }, status: { type: 'object' } } },
        },
      },
    )
    expect(checkAgainstDefinition(object, definition)).toEqual({ object: wheel({}), faults: [], notChecked: [] })
  })

  it('is told of each mistake in the words of the API server', () => {
    expect(faultsOf({ type: 'integer' }, 'x')).toEqual([
      'spec.a: Invalid value: "string": spec.a in body must be of type integer',
    ])
    expect(faultsOf({ type: 'integer', maximum: 5 }, 6n)).toEqual([
      'spec.a: Invalid value: 6: spec.a in body should be less than or equal to 5',
    ])
    expect(faultsOf({ type: 'string', enum: ['x', 'y'] }, 'z')).toEqual([
      'spec.a: Unsupported value: "z": supported values: "x", "y"',
    ])
    expect(faultsOf({ type: 'object', required: ['b'], properties: { b: { type: 'string' } } }, {})).toEqual([
      'spec.a.b: Required value',
    ])
    expect(faultsOf({ type: 'object', properties: { b: { type: 'string' } } }, { c: 1, d: 2 })).toEqual([
      'spec.a.c: unknown field',
      'spec.a.d: unknown field',
    ])
    expect(faultsOf({ type: 'array', items: { type: 'string', pattern: '^x' } }, ['x', 'y'])).toEqual([
      `spec.a.1: Invalid value: "y": spec.a[1] in body should match '^x'`,
    ])
    expect(faultsOf({ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }, ['x', 'x'])).toEqual(
      ['spec.a.1: Duplicate value: "x"'],
    )
    expect(faultsOf({ type: 'array', items: { type: 'string' }, uniqueItems: true }, ['x', 'x'])).toEqual([
      "spec.a: Invalid value: 2: spec.a in body shouldn't contain duplicates",
    ])
    expect(faultsOf({ type: 'string' }, null)).toHaveLength(1)
  })

  it('never sees a long text quoted', () => {
    const canary = `canary-${'x'.repeat(40)}`
    const schemas: readonly JsonObject[] = [
      { type: 'integer' },
      { type: 'string', enum: ['x'] },
      { type: 'string', pattern: '^y' },
      { type: 'string', maxLength: 3 },
      { type: 'string', minLength: 99 },
      { type: 'string', format: 'ipv4' },
      { type: 'string', not: { minLength: 3 } },
      { type: 'string', anyOf: [{ enum: ['x'] }, { format: 'date' }] },
    ]
    for (const schema of schemas) {
      expect(faultsOf(schema, canary)).not.toEqual([])
      expect(faultsOf(schema, canary).join()).not.toContain('canary')
    }
    const set = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }
    const text = { type: 'string' }
    const keyed = {
      type: 'array',
      items: { type: 'object', properties: { k: text } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
    }
    const embedded = { type: 'object', 'x-kubernetes-embedded-resource': true }
    const found = [
      ...faultsOf(set, [canary, canary]),
      ...faultsOf(keyed, [{ k: canary }, { k: canary }]),
      ...faultsOf(embedded, {
        apiVersion: `${canary}/a/b`,
        kind: `_${canary}`,
        metadata: { labels: { a: `_${canary}` } },
      }),
    ]
    expect(found).toHaveLength(5)
    expect(found.join()).not.toContain('canary')
  })

  it('says what only the server can tell', () => {
    const rules = { type: 'string', 'x-kubernetes-validations': [{ rule: 'self != ""' }] }
    expect(answer(rules, 'x').notChecked).toEqual(['its validation rules (CEL) are checked only when it is applied'])
    const unread = { type: 'string', pattern: '^(?=a)' }
    expect(answer(unread, 'b')).toMatchObject({
      faults: [],
      notChecked: ['the pattern of spec.a is checked only when it is applied'],
    })
    // Not even a wrong guess in the other direction.
    expect(answer({ type: 'string', not: { pattern: '^(?=a)' } }, 'b').faults).toEqual([])
    expect(answer({ type: 'string', oneOf: [{ pattern: '^(?=a)' }, { minLength: 1 }] }, 'b').faults).toEqual([])
    const { spec } = definitionOf({})
    const bare = { ...definitionOf({}), spec: { ...(spec as JsonObject), versions: [{ name: 'v1', served: true }] } }
    expect(checkAgainstDefinition(wheel({}), bare as KubeObject)).toMatchObject({
      faults: [],
      notChecked: [expect.stringContaining('no schema')],
    })
  })
})

describe('an object or definition that means harm', () => {
  const within = (ms: number, run: () => void): void => {
    const start = performance.now()
    run()
    expect(performance.now() - start).toBeLessThan(ms)
  }

  it('has a pattern that backtracks for ever, or is endless', () => {
    const text = `${'a'.repeat(5_000)}!`
    for (const pattern of ['^(a+)+$', '^(a|a)*$', '^((a*)*)*$', '^(a|aa)+$', `^(${'a?'.repeat(200)})*$`]) {
      within(10_000, () => expect(answer({ type: 'string', pattern }, text).faults.length).toBeLessThan(2))
    }
    for (const pattern of [
      '(((){1000}){1000}){1000}',
      '((a{1000}){1000}){1000}',
      '('.repeat(5_000),
      `${'('.repeat(5_000)}${')'.repeat(5_000)}`,
    ]) {
      within(10_000, () => expect(answer({ type: 'string', pattern }, text).notChecked).not.toEqual([]))
    }
    const long = { type: 'string', pattern: `[${'b'.repeat(19_000)}]` }
    within(10_000, () => void answer({ type: 'array', items: long }, new Array(500).fill('c'.repeat(200))))
  })

  it('is more work than it is worth', () => {
    const tooLarge = ['it is too large to be checked in full before it is applied']
    const alternatives = new Array<JsonObject>(2_000).fill({ minLength: 5 })
    const never = { type: 'array', items: { type: 'string', anyOf: alternatives } }
    within(10_000, () => expect(answer(never, new Array(50_000).fill('x')).notChecked).toEqual(tooLarge))
    // Written out, these would be 100 GB.
    const keep = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    const amplified = {
      type: 'array',
      items: { type: 'object', properties: { a: { ...keep, default: { a: 'x'.repeat(1_000_000) } } } },
    }
    within(10_000, () => {
      const { notChecked, object } = answer(amplified, new Array(100_000).fill({}))
      expect(notChecked).toEqual(tooLarge)
      expect(JSON.stringify(object).length).toBeLessThan(1_000_000)
    })
    // What a real application may have is checked.
    const plain = { type: 'array', items: { type: 'object', properties: { a: { type: 'string', minLength: 1 } } } }
    expect(answer(plain, new Array(100_000).fill({ a: 'b' }))).toMatchObject({ faults: [], notChecked: [] })
  })

  it('is nested deeper than anything that YAML may hold', () => {
    const nest = (levels: number): Json => {
      let value: Json = 'x'
      for (let level = 0; level < levels; level += 1) value = level % 2 ? [value] : { a: value }
      return value
    }
    const keep = { 'x-kubernetes-preserve-unknown-fields': true }
    expect(answer(keep, nest(100)).notChecked).toEqual([])
    expect(answer(keep, nest(100_000)).notChecked).toEqual([
      'it is nested too deeply to be checked before it is applied',
    ])
  })

  it('has names that mean something to JavaScript', () => {
    const spec = JSON.parse('{"a":{"__proto__":{"x":1},"constructor":1,"toString":2}}') as Json
    const closed = definitionOf({
      type: 'object',
      properties: { a: { type: 'object', properties: { b: { type: 'string' } } } },
    })
    expect(checkAgainstDefinition(wheel(spec), closed).faults.map(({ path }) => path.at(-1))).toEqual([
      '__proto__',
      'constructor',
      'toString',
    ])
    const required = { type: 'object', required: ['toString'], properties: { toString: { type: 'string' } } }
    expect(faultsOf(required, {})).toEqual(['spec.a.toString: Required value'])
  })

  it('has a definition that is no schema at all', () => {
    const values: readonly Json[] = [null, 1, 'x', [], {}, [null], { a: 1 }]
    for (const key of [
      'type',
      'properties',
      'items',
      'enum',
      'required',
      'anyOf',
      'not',
      'pattern',
      'maximum',
      'format',
      'default',
    ]) {
      for (const value of values) {
        for (const given of values) expect(() => answer({ [key]: value }, given)).not.toThrow()
      }
    }
  })
})
