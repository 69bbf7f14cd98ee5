import { describe, expect, it } from 'vitest'
import { predict } from '../../../src/core/diff/predict.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'

const live = {
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: {
    name: 'a',
    uid: 'u',
    resourceVersion: '1',
    managedFields: [
      {
        manager: 'drydock',
        operation: 'Apply',
        fieldsV1: {
          'f:spec': {
            'f:mine': {},
            'f:gone': {},
            'f:deep': { 'f:gone': {} },
            'f:containers': {
              'k:{"name":"web"}': { '.': {}, 'f:name': {}, 'f:image': {} },
              'k:{"name":"old"}': { '.': {}, 'f:name': {} },
            },
          },
        },
      },
    ],
  },
  spec: {
    mine: 1,
    gone: 2,
    deep: { gone: 1 },
    theirs: 3,
    containers: [{ name: 'web', image: 'a', defaulted: true }, { name: 'old' }, { name: 'sidecar', secret: 'x' }],
    args: ['a', 'b'],
  },
} as unknown as LiveObject

describe('predict', () => {
  it('keeps what others hold, takes away what we held, and replaces plain lists', () => {
    const desired = {
      apiVersion: 'v1',
      kind: 'Thing',
      metadata: { name: 'a' },
      spec: { mine: 9, containers: [{ name: 'web', image: 'b' }], args: ['c'] },
    }
    expect(predict(live, desired).spec).toEqual({
      mine: 9,
      theirs: 3,
      containers: [
        { name: 'web', image: 'b', defaulted: true },
        { name: 'sidecar', secret: 'x' },
      ],
      args: ['c'],
    })
  })

  it('changes nothing where it is told what is live', () => {
    expect(predict(live, live)).toEqual(live)
  })
})
