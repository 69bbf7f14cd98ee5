import { describe, expect, it } from 'vitest'
import { ownersOf, type Step } from '../../../src/core/diff/ownership.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'

const managed = (manager: string, fieldsV1: object) => ({ manager, operation: 'Update', fieldsV1 })
const port: Step = { key: 'port', value: '80', item: { port: 80, protocol: 'TCP', name: 'http' } }
const live = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'web',
    uid: 'u',
    resourceVersion: '1',
    managedFields: [
      managed('drydock', { 'f:spec': { 'f:replicas': {} } }),
      managed('hpa', { 'f:spec': { 'f:replicas': {} } }),
      managed('edit', { 'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } } } }),
      managed('whole', { 'f:metadata': { 'f:labels': {} } }),
      { operation: 'Update', fieldsV1: { 'f:data': {} } },
    ],
  },
} as unknown as LiveObject

const names = (object: LiveObject, path: readonly Step[]) =>
  ownersOf(object, path, 'drydock').map((each) => each.manager)

describe('ownersOf', () => {
  it('names the others that hold a field, an item by all of its keys, and whoever holds all that is above', () => {
    expect(names(live, ['spec', 'replicas'])).toEqual(['hpa'])
    expect(names(live, ['spec', 'ports', port, 'name'])).toEqual(['edit'])
    expect(names(live, ['spec', 'ports', port, 'targetPort'])).toEqual([])
    const udp: Step = { ...port, item: { port: 80, protocol: 'UDP' } }
    expect(names(live, ['spec', 'ports', udp, 'name'])).toEqual([])
    expect(names(live, ['metadata', 'labels', 'a/b'])).toEqual(['whole'])
    expect(names(live, ['data'])).toEqual(['unknown'])
    expect(names(live, ['spec', 'other'])).toEqual([])
  })
})
