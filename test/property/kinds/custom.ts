import { basename } from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import { type Body, maybe, oneOf, some, type Template, template } from '../template.ts'

/** Group of the kinds that this test file defines: two files at a time don't take away each other's. */
export const group = `${basename(expect.getState().testPath ?? 'property', '.test.ts')}.drydock.test`

const object = (properties: Body, more: Body = {}) => ({ type: 'object', properties, ...more })
const string = { type: 'string' }
const integer = { type: 'integer' }
const intOrString = { 'x-kubernetes-int-or-string': true }

/** With defaults, list-map keys, sets, atomic parts, int-or-string, and a field that may not change. */
const widget = object({
  size: { type: 'string', default: 'small' },
  fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is immutable' }] },
  amount: { anyOf: [{ type: 'integer' }, { type: 'string' }], ...intOrString },
  ratio: { type: 'number' },
  on: { type: 'boolean', default: true },
  limits: object({ cpu: { ...intOrString, default: '1' }, memory: intOrString }, { default: {} }),
  ports: {
    type: 'array',
    items: object(
      { port: integer, protocol: { type: 'string', default: 'TCP' }, label: string },
      { required: ['port'] },
    ),
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['port', 'protocol'],
  },
  parts: {
    type: 'array',
    items: object(
      { id: string, weight: { type: 'integer', default: 1 }, tags: { type: 'array', items: string } },
      { required: ['id'] },
    ),
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['id'],
  },
  named: { type: 'array', items: object({ name: string, value: string }) },
  tags: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' },
  order: { type: 'array', items: string },
  options: { type: 'object', additionalProperties: string },
  whole: { type: 'object', additionalProperties: string, 'x-kubernetes-map-type': 'atomic' },
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  none: { type: 'string', nullable: true },
})

const gadget = object({
  color: string,
  count: { type: 'integer', default: 3 },
  parts: { type: 'array', items: object({ name: string, on: { type: 'boolean' } }) },
})

const definition = (kind: string, versions: readonly object[]) => {
  const plural = `${kind.toLowerCase()}s`
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural, kind }, versions },
  }
}
const version = (name: string, storage: boolean, schema: object, more: object = {}) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: schema },
  ...more,
})

/** What must be on the cluster before a case runs. */
export const definitions = [
  definition('Widget', [
    version('v1', true, object({ spec: widget, status: object({}) }), { subresources: { status: {} } }),
  ]),
  definition('Blob', [version('v1', true, { type: 'object', 'x-kubernetes-preserve-unknown-fields': true })]),
  definition('Gadget', [
    version('v1', true, object({ spec: gadget })),
    version(
      'v1alpha1',
      false,
      object({
        spec: { ...gadget, properties: { ...(gadget.properties as object), extra: { type: 'string', default: 'x' } } },
      }),
    ),
  ]),
]

const quantity = oneOf(undefined, '1000m', '1', 1, '0.5')
const words = oneOf('one', 'two', 'three')

export const custom: readonly Template[] = [
  template(
    { apiVersion: `${group}/v1`, kind: 'Widget', resource: 'widgets', custom: true },
    {
      size: oneOf(undefined, 'small', 'large'),
      fixed: oneOf(undefined, undefined, undefined, 'a', 'b'),
      amount: quantity,
      ratio: oneOf(undefined, 1, 1.5, 1e21),
      on: oneOf(undefined, true, false),
      cpu: quantity,
      limits: oneOf(undefined, {}, { memory: '1Gi' }),
      ports: maybe(
        some(
          [
            { port: 80 },
            { port: 80, protocol: 'UDP', label: 'x' },
            { port: 443, protocol: 'TCP', label: 'y' },
            { port: 53, label: 'z' },
          ],
          0,
          3,
        ),
      ),
      parts: maybe(some([{ id: 'a' }, { id: 'b', weight: 2, tags: ['x', 'y'] }, { id: 'c', tags: [] }], 0)),
      named: maybe(
        fc.uniqueArray(fc.record({ name: words, value: maybe(words) }), {
          maxLength: 3,
          selector: (each) => each.name,
        }),
      ),
      tags: maybe(some(['x', 'y', 'z'])),
      order: maybe(fc.array(words, { maxLength: 3 })),
      options: maybe(fc.dictionary(oneOf('a/b', 'c~d', 'e[f=g]', 'plain'), words, { maxKeys: 3 })),
      whole: maybe(fc.dictionary(oneOf('a', 'b'), words, { maxKeys: 2 })),
      free: maybe(
        fc.dictionary(
          oneOf('a', 'b'),
          oneOf<unknown>(1, 'x', null, [], {}, [{ name: 'a' }, { name: 'a' }], { z: [1, 2] }),
          { maxKeys: 2 },
        ),
      ),
      none: oneOf<unknown>(undefined, null, 'x'),
    },
    ({ cpu, limits, ...rest }) => ({
      spec: { ...rest, limits: limits || cpu !== undefined ? { ...limits, cpu } : undefined },
    }),
  ),
  template(
    { apiVersion: `${group}/v1`, kind: 'Blob', resource: 'blobs', custom: true },
    {
      spec: maybe(
        fc.dictionary(
          oneOf('a', 'b', 'name'),
          oneOf<unknown>(1, 9007199254740991, 1.5, 'x', '', false, null, [], {}, [1, [2]], { c: { d: null } }),
          {
            maxKeys: 3,
          },
        ),
      ),
      items: maybe(
        fc.uniqueArray(fc.record({ name: words, value: maybe(words) }), {
          maxLength: 3,
          selector: (each) => each.name,
        }),
      ),
      top: maybe(words),
    },
    ({ spec, items, top }) => ({ spec: { ...spec, items }, top }),
  ),
  template(
    { apiVersion: `${group}/v1alpha1`, kind: 'Gadget', resource: 'gadgets', custom: true },
    {
      version: oneOf('v1alpha1', 'v1alpha1', 'v1'),
      color: maybe(words),
      count: oneOf(undefined, 3, 4),
      extra: oneOf(undefined, 'x', 'y'),
      parts: maybe(
        fc.uniqueArray(fc.record({ name: words, on: maybe(oneOf(true, false)) }), {
          maxLength: 3,
          selector: (each) => each.name,
        }),
      ),
    },
    ({ version, extra, ...spec }) => ({
      apiVersion: `${group}/${version}`,
      spec: version === 'v1' ? spec : { ...spec, extra },
    }),
  ),
]
