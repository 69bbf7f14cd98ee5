import { describe, expect, it } from 'vitest'
import { parsePointer, rulesFor } from '../../../src/core/manifests/field-rules.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'

describe('a JSON pointer', () => {
  it.each([
    ['', []],
    ['/', ['']],
    ['/spec/replicas', ['spec', 'replicas']],
    ['/metadata/labels/a.b~1c', ['metadata', 'labels', 'a.b/c']],
    ['/a~01b', ['a~1b']],
  ])('%j', (pointer, parts) => {
    expect(parsePointer(pointer)).toEqual(parts)
  })
})

describe('rules for an object', () => {
  const object: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } }

  it.each([
    ['nothing', {}, true],
    ['its group', { group: 'apps' }, true],
    ['the core group', { group: '' }, false],
    ['another kind', { kind: 'StatefulSet' }, false],
    ['its name in another namespace', { name: 'web', namespace: 'other' }, false],
    ['all of it', { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }, true],
  ])('that name %s', (_name, selector, fits) => {
    const rules = [{ ...selector, jsonPointers: ['/spec/replicas', '/spec/paused'] }]
    const paths = [
      ['spec', 'replicas'],
      ['spec', 'paused'],
    ]
    expect(rulesFor(object, rules)).toEqual(fits ? paths : [])
  })
})
