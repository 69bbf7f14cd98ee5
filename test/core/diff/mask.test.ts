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
