import { describe, expect, test } from 'vitest'
import { kindsOfDefinitions } from '../../../src/core/manifests/definitions.ts'
import { resolveIdentities } from '../../../src/core/manifests/identities.ts'
import { readManifests } from '../../../src/core/manifests/read.ts'
import type { KindInfo, Kinds } from '../../../src/core/model/kinds.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'

const kind = (apiVersion: string, name: string, namespaced = true): KindInfo => ({
  apiVersion,
  kind: name,
  resource: `${name.toLowerCase()}s`,
  namespaced,
  verbs: ['get'],
})
const served = [
  kind('v1', 'ConfigMap'),
  kind('v1', 'Namespace', false),
  kind('apps/v1', 'Deployment'),
  kind('networking.k8s.io/v1', 'Ingress'),
  kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', false),
]
const kinds: Kinds = {
  all: served,
  find: (apiVersion, name) => served.find((each) => each.apiVersion === apiVersion && each.kind === name),
  unavailable: ['metrics.example.com'],
}
const manifests = (...texts: string[]) => {
  const read = readManifests(texts.map((text, index) => ({ path: `${index}.yaml`, text, exact: true })))
  expect(read.problems).toEqual([])
  return read.manifests
}
const object = (apiVersion: string, name: string, metadata: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${name}\nmetadata: ${metadata}\n`

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1, served: true}, {name: v1alpha1, served: false}]
`

describe('identity', () => {
  test("a namespaced object gets the app's namespace, else default; one of cluster scope loses it", () => {
    const given = manifests(
      object('v1', 'ConfigMap', '{name: a}'),
      object('v1', 'ConfigMap', '{name: a, namespace: own}'),
      object('v1', 'Namespace', '{name: a, namespace: own, labels: {x: "y"}}'),
    )
    const namespaces = (defaultNamespace?: string) =>
      resolveIdentities(given, kinds, defaultNamespace).manifests.map((each) => each.object.metadata.namespace)
    expect(namespaces('shop')).toEqual(['shop', 'own', undefined])
    expect(namespaces()).toEqual(['default', 'own', undefined])
    expect(resolveIdentities(given, kinds).manifests[2]?.object.metadata).toEqual({ name: 'a', labels: { x: 'y' } })
    expect(given[0]?.object.metadata.namespace).toBeUndefined()
  })

  test('two objects with one identity are named with both places, also through the default namespace', () => {
    const given = manifests(
      object('v1', 'ConfigMap', '{name: a}'),
      `# second\n${object('v1', 'ConfigMap', '{name: a, namespace: shop}')}`,
    )
    expect(resolveIdentities(given, kinds, 'shop').problems).toMatchObject([
      {
        code: 'duplicate-object',
        message: 'ConfigMap shop/a is there twice: at 0.yaml:1 and at 1.yaml:2.',
        source: { path: '1.yaml', line: 2 },
      },
    ])
    expect(resolveIdentities(given, kinds, 'other').problems).toEqual([])
  })

  test('a kind of the same commit is known, whatever the order of the files', () => {
    const given = manifests(object('example.com/v1', 'Widget', '{name: a, namespace: x}'), definition)
    const resolved = resolveIdentities(given, kinds)
    expect(resolved.problems).toEqual([])
    expect(referenceOf(resolved.manifests[0]?.object as never)).toEqual({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      name: 'a',
    })
    expect(kindsOfDefinitions(given)).toMatchObject([{ apiVersion: 'example.com/v1', resource: 'widgets' }])
  })

  test('an unknown kind says where it is and what is near', () => {
    const problems = (apiVersion: string, name: string) =>
      resolveIdentities(manifests(object(apiVersion, name, '{name: a}'), definition), kinds).problems
    expect(problems('apps/v1', 'Deploymnet')).toMatchObject([
      {
        code: 'unknown-kind',
        source: { path: '0.yaml', line: 1 },
        hint: expect.stringContaining('Did you mean Deployment?'),
      },
    ])
    expect(problems('extensions/v1beta1', 'Ingress')[0]?.hint).toBe(
      'Ingress is served as networking.k8s.io/v1. Use that apiVersion.',
    )
    expect(problems('example.com/v1alpha1', 'Widget')[0]?.hint).toContain('served as example.com/v1.')
    expect(problems('other.io/v1', 'Whatever')[0]?.hint).toContain('CustomResourceDefinition')
    // Of an API that is down nobody knows: the plan will say so, it is no mistake of the manifest.
    expect(problems('metrics.example.com/v1', 'Reading')).toEqual([])
  })
})
