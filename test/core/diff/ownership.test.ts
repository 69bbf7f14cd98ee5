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

describe('ownersOf', () => {
  it('names the others that hold a field, an item by all of its keys, and whoever holds all that is above', () => {
    expect(ownersOf(live, ['spec', 'replicas'], 'drydock')).toEqual(['hpa'])
    expect(ownersOf(live, ['spec', 'ports', port, 'name'], 'drydock')).toEqual(['edit'])
    expect(ownersOf(live, ['spec', 'ports', port, 'targetPort'], 'drydock')).toEqual([])
    const udp: Step = { ...port, item: { port: 80, protocol: 'UDP' } }
    expect(ownersOf(live, ['spec', 'ports', udp, 'name'], 'drydock')).toEqual([])
    expect(ownersOf(live, ['metadata', 'labels', 'a/b'], 'drydock')).toEqual(['whole'])
    expect(ownersOf(live, ['data'], 'drydock')).toEqual(['unknown'])
    expect(ownersOf(live, ['spec', 'other'], 'drydock')).toEqual([])
  })
})
