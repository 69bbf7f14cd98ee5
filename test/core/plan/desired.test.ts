import { describe, expect, it } from 'vitest'
import { fieldManager, partOfLabel } from '../../../src/core/model/inventory.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { desiredObject, withIgnored } from '../../../src/core/plan/desired.ts'
import { liveOf } from './facts.ts'

const deployment = (replicas: number | undefined, image: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    ...(replicas === undefined ? {} : { replicas }),
    template: { spec: { containers: [{ name: 'web', image }] } },
  },
})

describe('what is sent', () => {
  it('is the manifest with the label, and nothing else', () => {
    const object = deployment(1, 'a')
    expect(desiredObject(object, 'id')).toEqual({
      ...object,
      metadata: { ...object.metadata, labels: { [partOfLabel]: 'id' } },
    })
  })

  it('has stringData folded into data, where it wins; what is no text is left for the server to refuse', () => {
    const secret: KubeObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { a: 'b25l', b: 'b25l' },
      stringData: { b: 'two', c: 'ü', d: 5 },
    }
    const sent = desiredObject(secret, 'id')
    expect(sent.data).toEqual({ a: 'b25l', b: 'dHdv', c: 'w7w=', d: 5 })
    expect(sent).not.toHaveProperty('stringData')
  })
})

describe('an ignored field', () => {
  const rules = [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }]
  const manager = (name: string, fieldsV1: object) => ({ manager: name, operation: 'Update', fieldsV1 })
  const replicas = { 'f:spec': { 'f:replicas': {} } }

  it('is sent at creation', () => {
    expect(withIgnored(deployment(3, 'a'), undefined, rules)).toEqual(deployment(3, 'a'))
  })

  it('keeps its live value while we are its only owner, and is left out once another owns it', () => {
    const ours = liveOf(deployment(5, 'a'), { managedFields: [manager(fieldManager, replicas)] })
    expect(withIgnored(deployment(3, 'a'), ours, rules)).toEqual(deployment(5, 'a'))
    const shared = liveOf(deployment(5, 'a'), {
      managedFields: [manager(fieldManager, replicas), manager('hpa', replicas)],
    })
    expect(withIgnored(deployment(3, 'a'), shared, rules)).toEqual(deployment(undefined, 'a'))
  })

  it('of another kind or name is sent', () => {
    const live = liveOf(deployment(5, 'a'))
    for (const rule of [{ kind: 'StatefulSet' }, { group: '' }, { name: 'db' }, { namespace: 'other' }]) {
      const other = [{ ...rule, jsonPointers: ['/spec/replicas'] }]
      expect(withIgnored(deployment(3, 'a'), live, other)).toEqual(deployment(3, 'a'))
    }
  })

  it('in a list is found by the key of its item, wherever that stands live', () => {
    const inList = [{ jsonPointers: ['/spec/template/spec/containers/0/image'] }]
    const object = deployment(1, 'a')
    const live = liveOf({
      ...object,
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'sidecar', image: 'x' },
              { name: 'web', image: 'b' },
            ],
          },
        },
      },
    })
    expect(withIgnored(object, live, inList)).toEqual(deployment(1, 'b'))
    const without = liveOf({ ...object, spec: { template: { spec: { containers: [] } } } })
    expect(withIgnored(object, without, inList)).toEqual(object)
  })

  it('of a plain list is taken by its position', () => {
    const object: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { args: ['a', 'b'] } }
    const live = liveOf({ ...object, spec: { args: ['x', 'y'] } })
    expect(withIgnored(object, live, [{ jsonPointers: ['/spec/args/1'] }]).spec).toEqual({ args: ['a', 'y'] })
  })
})
