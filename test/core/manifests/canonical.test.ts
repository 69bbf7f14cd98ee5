import { expect, test } from 'vitest'
import { canonicalJson, digestOf } from '../../../src/core/manifests/canonical.ts'
import { detectRenderKind, isPlainManifest } from '../../../src/core/manifests/detect.ts'

test('canonical JSON sorts keys, writes big integers as digits and leaves out what is absent', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'ü"' }], a: 12345678901234567890n, e: undefined })).toBe(
    '{"a":12345678901234567890,"b":[1,{"c":"ü\\"","d":null}]}',
  )
})

test('the digest is the same for any order of objects and keys, and another for any other value', () => {
  const digest = digestOf([{ a: 1, b: 2 }, { c: [1, 2] }])
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(digestOf([{ c: [1, 2] }, { b: 2, a: 1 }])).toBe(digest)
  expect(digestOf([{ c: [2, 1] }, { b: 2, a: 1 }])).not.toBe(digest)
  expect(digestOf([{ a: 1, b: 2 }, { c: [1, '2'] }])).not.toBe(digest)
})

test('a folder says by its own files how it is rendered', () => {
  expect(detectRenderKind('.', ['Chart.yaml', 'a/kustomization.yaml'])).toBe('helm')
  expect(detectRenderKind('a', ['Chart.yaml', 'a/kustomization.yml'])).toBe('kustomize')
  expect(detectRenderKind('a', ['a/Kustomization', 'a/Chart.yaml'])).toBe('kustomize')
  expect(detectRenderKind('a', ['a/b/Chart.yaml', 'a/x.yaml'])).toBe('plain')
})

test('a plain folder takes YAML and JSON, not hidden files', () => {
  const taken = ['a.yaml', 'b/c.YML', 'd.json']
  const left = ['README.md', '.hidden.yaml', '.github/workflows/ci.yaml', 'b/kustomization.yaml']
  expect([...taken, ...left].filter(isPlainManifest)).toEqual(taken)
})
