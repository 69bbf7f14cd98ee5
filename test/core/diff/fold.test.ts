import { describe, expect, it } from 'vitest'
import { declares, pathsOf, pointsAt, setOf, valueAtPath, without } from '../../../src/core/diff/field-set.ts'
import { type FoldRules, foldable, foldInto, goneAfter } from '../../../src/core/diff/fold.ts'
import type { JsonObject, LiveObject } from '../../../src/core/model/object.ts'

const port = 'k:{"containerPort":80,"protocol":"TCP"}'
const set: JsonObject = {
  'f:metadata': { 'f:labels': { 'f:a': {}, '.': {} } },
  'f:spec': { 'f:ports': { [port]: { '.': {}, 'f:name': {} } }, 'f:tags': { 'v:"x"': {} } },
}
const entry = (manager: string, fieldsV1: JsonObject, more: object = {}) => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
})
const live = (...managedFields: object[]) =>
  ({
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name: 'a', labels: { a: '1' }, uid: 'u', resourceVersion: '1', managedFields },
    spec: {
      replicas: 3,
      mine: 1,
      ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }],
      tags: ['x', 'y'],
      deep: { theirs: 1 },
    },
  }) as unknown as LiveObject
const rules: FoldRules = { managers: [], isIgnored: () => false, adopting: false }
const names = (paths: readonly (readonly string[])[]) => paths.map((path) => path.join(' '))

describe('a set of fields', () => {
  it('is read and written without loss', () => {
    expect(names(pathsOf(set))).toEqual([
      'f:metadata f:labels',
      'f:metadata f:labels f:a',
      `f:spec f:ports ${port}`,
      `f:spec f:ports ${port} f:name`,
      'f:spec f:tags v:"x"',
    ])
    expect(setOf(pathsOf(set))).toEqual(set)
  })

  it('finds and takes out values; a map or list that is empty for it goes too', () => {
    const object = live()
    expect(valueAtPath(object, ['f:spec', 'f:ports', port, 'f:name'])).toBe('http')
    expect(valueAtPath(object, ['f:spec', 'f:tags', 'v:"z"'])).toBeUndefined()
    expect(without(object, [['f:spec', 'f:deep', 'f:theirs']])).not.toHaveProperty('spec.deep')
    expect(without(object, [['f:spec', 'f:tags', 'v:"x"']])).toMatchObject({ spec: { tags: ['y'] } })
    expect(without(object, [['f:spec', 'f:nothing', 'f:here']])).toEqual(object)
  })

  it('never takes the key of an item away without the item', () => {
    const key = ['f:spec', 'f:ports', port, 'f:containerPort']
    expect(without(live(), [key])).toEqual(live())
    expect(without(live(), [key, ['f:spec', 'f:ports', port]])).not.toHaveProperty('spec.ports')
  })

  it('knows an item of a list whose key has a default', () => {
    expect(declares({ spec: { ports: [{ containerPort: 80 }] } }, ['f:spec', 'f:ports', port])).toBe(true)
    expect(declares({ spec: { ports: [{ containerPort: 81 }] } }, ['f:spec', 'f:ports', port])).toBe(false)
  })
})

describe('a pointer', () => {
  it('points at a field, into it, at what it is in, and counts the items of the manifest', () => {
    const object = { spec: { ports: [{ containerPort: 81 }, { containerPort: 80, name: 'http' }] } }
    const name = ['f:spec', 'f:ports', port, 'f:name']
    expect(pointsAt(['spec', 'ports', '1', 'name'], name, object)).toBe(true)
    expect(pointsAt(['spec', 'ports', '0', 'name'], name, object)).toBe(false)
    expect(pointsAt(['spec', 'ports', '*'], name, object)).toBe(true)
    expect(pointsAt(['spec', 'ports', '1', 'name'], ['f:spec', 'f:ports'], object)).toBe(true)
    expect(pointsAt(['spec', 'other'], name, object)).toBe(false)
  })
})

describe('what is folded', () => {
  it('is what kubectl, the server and configured managers hold, but for status, subresources and ignored fields', () => {
    const one = (field: string): JsonObject => ({ 'f:spec': { [`f:${field}`]: {} } })
    const object = live(
      entry('drydock', one('mine'), { operation: 'Apply' }),
      entry('kubectl-edit', {
        ...one('paused'),
        'f:status': { 'f:x': {} },
        'f:metadata': { 'f:labels': { 'f:a': {} } },
      }),
      entry('kubectl', one('deep'), { subresource: 'scale' }),
      entry('before-first-apply', one('tags')),
      entry('hpa', one('ports')),
    )
    expect(names(foldable(object, rules))).toEqual(['f:spec f:paused', 'f:spec f:tags'])
    expect(names(foldable(object, { ...rules, managers: ['h*'] }))).toContain('f:spec f:ports')
    expect(names(foldable(object, { ...rules, adopting: true }))).toContain('f:metadata f:labels f:a')
    expect(
      names(foldable(object, { ...rules, isIgnored: (path) => pointsAt(['spec', 'paused'], path, object) })),
    ).toEqual(['f:spec f:tags'])
  })

  it('does not take back a restart or a scale; kubectl’s copy of the object goes with an adoption', () => {
    const annotations = (name: string) => ({ 'f:metadata': { 'f:annotations': { [`f:${name}`]: {} } } })
    const restart = { 'f:spec': { 'f:template': annotations('kubectl.kubernetes.io/restartedAt') } }
    const copy = annotations('kubectl.kubernetes.io/last-applied-configuration')
    const scaled = entry('kubectl-edit', { 'f:spec': { 'f:replicas': {} } })
    expect(foldable(live(entry('kubectl-rollout', restart), scaled), rules)).toEqual([])
    const applied = live(entry('kubectl-client-side-apply', copy))
    expect(foldable(applied, rules)).toEqual([])
    expect(foldable(applied, { ...rules, adopting: true })).toHaveLength(1)
  })

  it('moves into our entry; an entry that holds nothing more goes, foreign ones stay as they are', () => {
    const hpa = entry('hpa', { 'f:spec': { 'f:replicas': {} } })
    const object = live(
      hpa,
      entry('kubectl-edit', { 'f:spec': { 'f:replicas': {}, 'f:deep': { 'f:theirs': {} } } }),
      entry('kubectl-patch', { 'f:spec': { 'f:tags': {} } }),
    )
    const taken = [
      ['f:spec', 'f:replicas'],
      ['f:spec', 'f:tags'],
    ]
    expect(foldInto(object, taken, rules)).toEqual([
      {
        manager: 'drydock',
        operation: 'Apply',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:tags': {} } },
      },
      hpa,
      entry('kubectl-edit', { 'f:spec': { 'f:deep': { 'f:theirs': {} } } }),
    ])
  })

  it('goes, unless the manifest or somebody else says it or something in it', () => {
    const object = live(
      entry('drydock', { 'f:spec': { 'f:tags': {} } }, { operation: 'Apply' }),
      entry('kubectl-edit', {
        'f:spec': { 'f:paused': {}, 'f:deep': {}, 'f:tags': {}, 'f:ports': { [port]: { '.': {} } } },
      }),
      entry('kubectl-patch', { 'f:spec': { 'f:both': {} } }),
      entry('other', { 'f:spec': { 'f:both': {}, 'f:ports': { [port]: { 'f:name': {} } } } }),
    )
    expect(names(goneAfter(object, rules))).toEqual(['f:spec f:paused', 'f:spec f:deep'])
  })
})
