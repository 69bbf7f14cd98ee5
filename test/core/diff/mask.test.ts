import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMasker } from '../../../src/core/diff/mask.ts'
import { stringifyJson } from '../../../src/core/model/json.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { json } from './json.ts'

const secret = (more: object): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...more })
const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('masks', () => {
  it('number equal values equally, in data and in stringData, and others differently', () => {
    const { mask } = createMasker()
    expect(mask(secret({ data: { a: base64('one'), b: base64('two'), c: base64('one') } }))).toMatchObject({
      data: { a: '(sensitive 1)', b: '(sensitive 2)', c: '(sensitive 1)' },
    })
    expect(mask(secret({ stringData: { a: 'two', b: 'three' } }))).toMatchObject({
      stringData: { a: '(sensitive 2)', b: '(sensitive 3)' },
    })
  })

  it('leave nothing of any value of any type, not even of data that is not a map', () => {
    fc.assert(
      fc.property(json, json, (data, stringData) => {
        const { mask } = createMasker()
        const masked = mask(secret({ data: [data], stringData: { key: stringData } }))
        expect(masked.data).toMatch(/^\(sensitive \d\)$/)
        expect(stringifyJson(masked.stringData)).toMatch(/^\{"key":"\(sensitive \d\)"\}$/)
      }),
    )
  })

  it('tell binary values apart', () => {
    const { mask } = createMasker()
    const values = { a: Buffer.from([0xff, 0x00]).toString('base64'), b: Buffer.from([0xfe, 0x00]).toString('base64') }
    expect(mask(secret({ data: values }))).toMatchObject({ data: { a: '(sensitive 1)', b: '(sensitive 2)' } })
  })

  it("take out kubectl's copy of the object on any kind", () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'CANARY', kept: 'yes' }
    const object = { apiVersion: 'acme.dev/v1', kind: 'Anything', metadata: { name: 's', annotations } }
    expect(createMasker().mask(object).metadata.annotations).toEqual({ kept: 'yes' })
  })
})

describe('masks of a Secret', () => {
  it.each([
    ['a misspelt field', { stringdata: { a: 'CANARY' }, Data: 'CANARY' }],
    ['an unknown field', { spec: { deep: { er: 'CANARY' } }, list: [{ a: 'CANARY' }] }],
    ['a field that slipped below metadata', { metadata: { name: 's', stringData: { a: 'CANARY' } } }],
    ['an annotation that is no text', { metadata: { name: 's', annotations: { a: { b: 'CANARY' } } } }],
    ['a type that is no text', { type: ['CANARY'] }],
    ['immutable that is no boolean', { immutable: 'CANARY' }],
    ['data of any other group', { apiVersion: 'vault.dev/v1', data: { a: 'CANARY' }, spec: { b: 'CANARY' } }],
    ['data that is no base64', { data: { a: 'CANARY-!' } }],
  ])('cover %s', (_name, more) => {
    expect(stringifyJson(createMasker().mask(secret(more)))).not.toContain('CANARY')
  })

  it('leave its name, type and keys', () => {
    const object = secret({ type: 'Opaque', immutable: true, data: { key: 'YQ==' } })
    expect(createMasker().mask(object)).toEqual({ ...object, data: { key: '(sensitive 1)' } })
  })

  it('show that a value got another type, or was no base64', () => {
    const { mask } = createMasker()
    const values = { a: '5', b: 5, c: 'CANARY-!', d: 'CANARY-?' }
    const masked = mask(secret({ data: values })).data as Record<string, string>
    expect(new Set(Object.values(masked)).size).toBe(4)
  })

  it.each([
    ['plain', 'was CANARY-value'],
    ['encoded', base64('CANARY-value')],
    ['in JSON', JSON.stringify({ data: base64('CANARY-value') })],
    ['zipped', 'H4sIAAAAAAAAA6tWSkksSVSyUqhWKkvMKU1VqgUAq3qUMhEAAAA='],
  ])('cover an annotation that holds a value, %s', (_name, copy) => {
    const annotations = { copy, kept: 'yes' }
    const object = secret({ data: { a: base64('CANARY-value') }, metadata: { name: 's', annotations } })
    expect(createMasker().mask(object).metadata.annotations).toEqual({
      copy: expect.stringMatching(/^\(sensitive \d\)$/),
      kept: 'yes',
    })
  })

  it('cover an annotation that keeps the value of before', () => {
    const { mask } = createMasker()
    mask(secret({ data: { a: base64('CANARY-of-yesterday') } }))
    const now = secret({
      data: { a: base64('another') },
      metadata: { name: 's', annotations: { before: 'CANARY-of-yesterday' } },
    })
    expect(mask(now).metadata.annotations).toEqual({ before: '(sensitive 1)' })
  })
})

describe('masks of configured fields', () => {
  const rule = (...jsonPointers: string[]) => [{ kind: 'ConfigMap', jsonPointers }]
  const object = (more: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 's', namespace: 'shop' },
    ...more,
  })

  it('cover the field and leave the rest', () => {
    const { mask } = createMasker(rule('/data/a~1b', '/data/gone'))
    expect(mask(object({ data: { 'a/b': 'CANARY', other: 'seen' } })).data).toEqual({
      'a/b': '(sensitive 1)',
      other: 'seen',
    })
  })

  it('cover every value below an object or list, of any type', () => {
    const { mask } = createMasker(rule('/spec'))
    expect(mask(object({ spec: { a: ['x', 1, true, null], b: { c: 'x' } } })).spec).toEqual({
      a: ['(sensitive 1)', '(sensitive 2)', '(sensitive 3)', null],
      b: { c: '(sensitive 1)' },
    })
  })

  it.each([
    ['by its index', '/spec/0/value', ['(sensitive 1)', 'two']],
    ['every one', '/spec/*/value', ['(sensitive 1)', '(sensitive 2)']],
    ['every one where a name stands for an index', '/spec/web/value', ['(sensitive 1)', '(sensitive 2)']],
  ])('cover items: %s', (_name, pointer, values) => {
    const { mask } = createMasker(rule(pointer))
    const masked = mask(object({ spec: [{ value: 'one' }, { value: 'two' }] }))
    expect(masked.spec).toEqual(values.map((value) => ({ value })))
  })

  it('cover what stands where the sensitive object is expected', () => {
    expect(createMasker(rule('/spec/secret/key')).mask(object({ spec: { secret: 'CANARY' } })).spec).toEqual({
      secret: '(sensitive 1)',
    })
  })

  it('never cover what names the object', () => {
    const masked = createMasker(rule('', '/metadata', '/kind')).mask(object({ data: { a: 'x' } }))
    expect(masked).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 's', namespace: 'shop' } })
  })

  it.each([
    ['group', { group: 'apps' }],
    ['kind', { kind: 'Deployment' }],
    ['namespace', { namespace: 'other' }],
    ['name', { name: 'other' }],
  ])('leave objects of another %s', (_name, selector) => {
    const { mask } = createMasker([{ ...selector, jsonPointers: ['/data'] }])
    expect(mask(object({ data: { a: 'seen' } })).data).toEqual({ a: 'seen' })
  })

  it('do not mask a Secret twice', () => {
    const { mask } = createMasker([{ kind: 'Secret', jsonPointers: ['/data/a', '/metadata/labels/b'] }])
    const masked = mask(secret({ data: { a: base64('one') }, metadata: { name: 's', labels: { b: 'two' } } }))
    expect(masked).toMatchObject({ data: { a: '(sensitive 1)' }, metadata: { labels: { b: '(sensitive 2)' } } })
  })
})
