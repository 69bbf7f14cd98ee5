import { describe, expect, it } from 'vitest'
import { refusalOf } from '../../../src/adapters/kubernetes/refusal.ts'
import type { Json, KubeObject } from '../../../src/core/model/object.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'

const container = (name: string, more: object = {}) => ({ name, image: 'a', ...more })
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { 'app.kubernetes.io/name': '-' } },
  spec: { template: { spec: { containers: [container('a'), container('we"b', { imagee: 'x' }), container('a')] } } },
} as unknown as KubeObject
const widget = {
  apiVersion: 'acme.dev/v1',
  kind: 'Widget',
  metadata: { name: 'w' },
  spec: { items: [{ name: 'a', port: 1 }, { name: 'b' }], tags: ['x', 'y'] },
} as unknown as KubeObject

const faultsOf = (sent: KubeObject, message: string, causes?: readonly object[]) => {
  const body = { message, ...(causes ? { details: { causes } } : {}) } as unknown as Json
  return refusalOf({ status: causes ? 422 : 500, body, warnings: [] }, referenceOf(sent), sent).faults
}
const typed = (text: string) => `failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): ${text}`
const containers = ['spec', 'template', 'spec', 'containers']

describe('the field that a cause names', () => {
  it.each([
    [deployment, 'spec.template.spec.containers[0].image', [...containers, 0, 'image']],
    [deployment, 'metadata.labels[app.kubernetes.io/name]', ['metadata', 'labels', 'app.kubernetes.io/name']],
    [deployment, 'metadata.labels', ['metadata', 'labels']],
    [deployment, 'spec.strategy.rollingUpdate', ['spec', 'strategy', 'rollingUpdate']],
    [{ ...widget, data: { 'a.b]c': '' } }, 'data[a.b]c]', ['data', 'a.b]c']],
    [{ ...widget, data: { 'tls.crt': '' } }, 'data[tls.key]', ['data', 'tls.key']],
    [{ ...widget, kind: 'PersistentVolume', spec: { volumeMode: 'Block' } }, 'volumeMode', ['spec', 'volumeMode']],
    [
      {
        ...widget,
        kind: 'CustomResourceDefinition',
        spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: { properties: { a: {} } } } }] },
      },
      'spec.validation.openAPIV3Schema.properties[a].type',
      ['spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties', 'a', 'type'],
    ],
    [widget, '[]', []],
  ] as const)('%# %o', (sent, field, path) => {
    const faults = faultsOf(sent as unknown as KubeObject, 'is invalid', [{ field, message: 'Required value' }])
    expect(faults).toMatchObject([{ path, message: expect.stringContaining('Required value') }])
  })

  it('is said once, each with its own words', () => {
    const negative = { field: 'spec.replicas', message: 'Invalid value: -1' }
    const unchecked = { field: '<nil>', message: 'some validation rules were not checked' }
    const paused = { field: 'spec.paused', message: 'Required value' }
    expect(faultsOf(deployment, 'all', [negative, unchecked, negative, paused])).toEqual([
      { path: ['spec', 'replicas'], message: 'spec.replicas: Invalid value: -1' },
      { path: ['spec', 'paused'], message: 'spec.paused: Required value' },
    ])
  })

  it('is not known where no cause has one', () => {
    expect(
      faultsOf(deployment, 'forbidden', [{ message: "ValidatingAdmissionPolicy 'p' denied request: no" }]),
    ).toEqual([])
  })
})

describe('the field that a text names', () => {
  it.each([
    [deployment, typed('.spec.replica: field not declared in schema'), ['spec', 'replica']],
    [
      deployment,
      typed('.spec.template.spec.containers[name="we\\"b"].imagee: field not declared in schema'),
      [...containers, 1, 'imagee'],
    ],
    [deployment, typed('.spec.template.spec.containers: duplicate entries for key [name="a"]'), [...containers, 2]],
    [deployment, typed('.spec.template.spec.containers[name="none"].x: field not declared in schema'), containers],
    [
      deployment,
      typed('.metadata.labels.app.kubernetes.io/name: expected string, got &value.valueUnstructured{Value:1}'),
      ['metadata', 'labels', 'app.kubernetes.io/name'],
    ],
    [widget, typed('.spec.items[name="b",port=8080].z: field not declared in schema'), ['spec', 'items', 1, 'z']],
    [widget, typed('.spec.tags[="y"]: expected map, got &{y}'), ['spec', 'tags', 1]],
    [
      deployment,
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.template.spec.containers[1].imagee"',
      [...containers, 1, 'imagee'],
    ],
    [
      deployment,
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
      ['spec', 'replicas'],
    ],
  ] as const)('%# %o', (sent, text, path) => {
    expect(faultsOf(sent, text)).toMatchObject([{ path }])
  })

  it('may be one of several', () => {
    const text = 'strict decoding error: unknown field "spec.foo", duplicate field "spec.bar"'
    expect(faultsOf(deployment, text).map(({ path, message }) => [path.join('.'), message])).toEqual([
      ['spec.foo', 'unknown field "spec.foo"'],
      ['spec.bar', 'duplicate field "spec.bar"'],
    ])
  })

  it('is found where the server only says that some value is no base64', () => {
    const secret = { ...widget, kind: 'Secret', data: { good: 'YQ==', 'a.b': 'CANARY-!' } } as unknown as KubeObject
    const faults = faultsOf(secret, 'error decoding from json: illegal base64 data at input byte 6')
    expect(faults).toEqual([{ path: ['data', 'a.b'], message: 'data[a.b]: the value is not valid base64' }])
  })
})

describe('what is said of a field', () => {
  it('holds no value of a Secret', () => {
    const secret = { ...widget, kind: 'Secret', data: { a: 'Q0FOQVJZ' } } as unknown as KubeObject
    const cause = { field: 'data[a]', message: 'Invalid value: "CANARY": no' }
    expect(faultsOf(secret, 'no', [cause])).toEqual([
      { path: ['data', 'a'], message: 'data[a]: Invalid value: "(sensitive)": no' },
    ])
  })

  it('holds nothing that only the live object has', () => {
    const merged = '{"template":{"env":[{"name":"A","value":"CANARY, ] \\" of others"}]}}'
    const cause = { field: 'spec.template', message: `Invalid value: ${merged}: field is immutable` }
    expect(faultsOf(deployment, 'no', [cause])).toMatchObject([
      { message: 'spec.template: Invalid value: {…}: field is immutable' },
    ])
  })

  it('keeps a short value that was sent', () => {
    const selector = { ...widget, spec: { selector: { app: 'b' } } } as unknown as KubeObject
    const cause = { field: 'spec.selector', message: 'Invalid value: {"app":"b"}: field is immutable' }
    expect(faultsOf(selector, 'no', [cause])[0]?.message).toBe(`spec.selector: ${cause.message}`)
  })
})
