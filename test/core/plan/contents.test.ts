import { expect, it } from 'vitest'
import { holdingOf } from '../../../src/core/plan/contents.ts'

const kinds = [{ apiVersion: 'example.com/v1', kind: 'Thing', resource: 'things', namespaced: true, verbs: [] }]
const thing = { apiVersion: 'example.com/v2', kind: 'Thing', namespace: 'shop', name: 'a' }

it('knows what is in a Namespace, and nothing of others', () => {
  const holds = holdingOf({ apiVersion: 'v1', kind: 'Namespace', name: 'shop' }, kinds)
  expect(holds?.(thing)).toBe(true)
  expect(holds?.({ ...thing, namespace: 'other' })).toBe(false)
  expect(holds?.({ apiVersion: 'v1', kind: 'Namespace', name: 'shop' })).toBe(false)
  expect(holdingOf({ apiVersion: 'example.com/v1', kind: 'Namespace', name: 'shop' }, kinds)).toBeUndefined()
})

it('knows what is of a kind, in any version', () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    name: 'things.example.com',
  }
  expect(holdingOf(definition, kinds)?.(thing)).toBe(true)
  expect(holdingOf(definition, kinds)?.({ ...thing, kind: 'Other' })).toBe(false)
  expect(holdingOf({ ...definition, name: 'others.example.com' }, kinds)).toBeUndefined()
  expect(holdingOf({ ...definition, kind: 'Thing', apiVersion: 'v1' }, kinds)).toBeUndefined()
})
