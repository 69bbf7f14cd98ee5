import { describe, expect, it } from 'vitest'
import { refusalOf, withoutSecrets } from '../../../src/adapters/kubernetes/refusal.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'

const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'web' }
const refusal = (status: number, message: string, causes?: readonly string[]) =>
  refusalOf(
    {
      status,
      body: { message, ...(causes ? { details: { causes: causes.map((each) => ({ message: each })) } } : {}) },
      warnings: [],
    },
    reference,
  )

describe('what is no immutability', () => {
  it.each([
    ['a value that says so', 422, 'metadata.labels: Invalid value: "field is immutable": a valid label must be empty'],
    ['an escaped value', 422, 'x: Invalid value: "a\\" field is immutable": must be empty'],
    ['a webhook', 403, 'admission webhook "a.b" denied the request: images may not be changed on Fridays'],
    ['a policy', 422, "x is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: it is immutable"],
    ['a missing port', 422, 'Service "x" is invalid: spec.ports[0].nodePort: Invalid value: 30000: already allocated'],
  ])('%s', (_name, status, message) => {
    expect(refusal(status, message).kind).toBe('invalid')
  })

  it('a change that would be invalid in a new object, too', () => {
    const immutable = 'Invalid value: {"a":"b"}: field is immutable'
    expect(refusal(422, 'all of it', [immutable]).kind).toBe('immutable')
    expect(refusal(422, 'all of it', [immutable, 'Invalid value: -1: must be greater']).kind).toBe('invalid')
  })
})

describe('what may heal by itself', () => {
  it.each([
    [500, 'Internal error occurred: failed calling webhook "schema.typed.dev": connection refused'],
    [500, 'conversion webhook for a/v1 failed: connection refused'],
    [500, 'etcdserver: leader changed'],
    [503, 'the server is currently unable to handle the request'],
    [429, 'too many requests'],
  ])('%s %s', (status, message) => {
    expect(refusal(status, message).kind).toBe('transient')
  })

  it.each([
    [500, 'failed to create typed patch object (/a; /v1, Kind=Secret): .data: expected map'],
    [
      500,
      'failed to convert new object to proper version: error decoding from json: illegal base64 data at input byte 6',
    ],
    [400, 'strict decoding error: unknown field "spec.replica"'],
  ])('is not %s %s', (status, message) => {
    expect(refusal(status, message).kind).toBe('invalid')
  })
})

describe('what a webhook that knows no dry run says', () => {
  it('is no mistake of the manifest, and names the webhook', () => {
    const refused = refusal(400, 'admission webhook "checks.acme.dev" does not support dry run')
    expect(refused).toMatchObject({
      kind: 'no-dry-run',
      message: expect.stringContaining('"checks.acme.dev" does not support dry run'),
      hint: expect.stringContaining('checks.acme.dev'),
    })
  })

  it('names the webhook of a Secret, too', () => {
    const body = { message: 'admission webhook "checks.acme.dev" does not support dry run' }
    const refused = refusalOf({ status: 400, body, warnings: [] }, { ...reference, kind: 'Secret' })
    expect(refused.message).toContain('"checks.acme.dev"')
  })

  it('is not taken from a value', () => {
    const value = 'Invalid value: "does not support dry run": no'
    expect(refusal(400, value).kind).toBe('invalid')
  })
})

describe('what is too large', () => {
  it.each([
    [413, 'Request entity too large: limit is 3145728'],
    [500, 'etcdserver: request is too large'],
    [500, 'rpc error: code = ResourceExhausted desc = trying to send message larger than max (2100000 vs. 2097152)'],
  ])('is a mistake of the manifest: %s %s', (status, message) => {
    expect(refusal(status, message)).toMatchObject({ kind: 'invalid', hint: expect.stringContaining('smaller') })
  })
})

it('says that a namespace must go first', () => {
  const message =
    'configmaps "x" is forbidden: unable to create new content in namespace a because it is being terminated'
  expect(refusal(403, message)).toMatchObject({ kind: 'invalid', hint: expect.stringContaining('Wait') })
})

describe('words for what can not be changed', () => {
  it.each([
    'Value is immutable',
    'fields are immutable',
    'spec.x: Invalid value: "b": failed rule: self == oldSelf',
    'Invalid value: "b": cannot be changed after creation',
    'Invalid value: ["None"]: may not change once set',
    'Forbidden: updates to parameters are forbidden.',
  ])('%s', (message) => {
    expect(refusal(422, message).kind).toBe('immutable')
  })

  it.each([
    'Invalid value: "b": failed rule: self != "oldSelf"',
    'Forbidden: node updates may not change podCIDR except from "" to valid',
    'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    'Invalid value: null: some validation rules were not checked because the object was invalid: x is immutable',
  ])('but not: %s', (message) => {
    expect(refusal(422, message).kind).toBe('invalid')
  })
})

it('shows nothing of the live object, with which some kinds compare in their answer', () => {
  const message =
    'Pod "x" is invalid: spec: Forbidden: pod updates may not change fields\n@@ -1,2 +1,2 @@\n- "CANARY"\n'
  expect(refusal(422, message).message).not.toContain('CANARY')
})

describe('what the server says of a Secret', () => {
  const secret = (data: unknown, more: object = {}) =>
    ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, data, ...more }) as unknown as KubeObject
  const base64 = (text: string) => Buffer.from(text).toString('base64')

  it.each([
    ['quotes', secret({ a: 'x' }), 'Invalid value: "CANARY": no'],
    ['quotes with escapes', secret({ a: 'x' }), 'Invalid value: "pa\\"CANARY": no'],
    ['writes out, where data is no map', secret('CANARY'), '.data: expected map, got &{CANARY}'],
    ['writes out, where data is a list', secret(['CAN']), '.data: expected map, got &{[CAN]}'],
    [
      'writes out in any type',
      secret({ a: { b: 1 } }),
      'got &value.valueUnstructured{Value:map{"a}":"CANARY"}} CANARY',
    ],
    ['decoded', secret({ a: base64('CANARY-value') }), 'denied: CANARY-value is too weak'],
    ['repeats by a line', secret({ a: base64('first\nCANARY-line\nlast') }), 'denied: CANARY-line is no key'],
    ['repeats after a shorter one', secret({ a: base64('abcd'), b: base64('abcdCANARY') }), 'denied: abcdCANARY'],
  ])('holds no value that it %s', (_name, sent, message) => {
    const said = withoutSecrets(message, sent)
    expect(said).not.toContain('CAN')
  })

  it('still says which key it is about', () => {
    const said = withoutSecrets('Secret "db" is invalid: data[a]: Invalid value: "x": no', secret({ a: 'eA==' }))
    expect(said).toBe('Secret "db" is invalid: data[a]: Invalid value: "(sensitive)": no')
  })
})
