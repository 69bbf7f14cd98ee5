import { describe, expect, it } from 'vitest'
import { fieldManager } from '../../../src/core/model/inventory.ts'
import type { JsonObject, KubeObject } from '../../../src/core/model/object.ts'
import { withoutAllocations } from '../../../src/core/plan/allocations.ts'
import { planApp } from '../../../src/core/plan/app-plan.ts'
import { lacksEmpty } from '../../../src/core/plan/emptied.ts'
import { appOf, factsOf, liveOf, objectOf } from './facts.ts'

const deployment = (replicas: number, image = 'web:1'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { replicas, template: { spec: { containers: [{ name: 'web', image }] } } },
})
const autoscaler: KubeObject = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' } },
}
const scaledBy = (manager: string) => ({
  managedFields: [
    { manager: fieldManager, operation: 'Apply', fieldsV1: {} },
    { manager, operation: 'Update', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
  ],
})

describe('replicas that an autoscaler sets', () => {
  const live = liveOf(deployment(5), scaledBy('kube-controller-manager'))

  it('get a hint with the rule to copy', () => {
    const facts = factsOf({ objects: [objectOf(deployment(3), live)] })
    expect(planApp(facts).notes).toEqual([
      expect.stringMatching(
        /^Deployment shop\/web says replicas.* ignore: \[\{ group: apps, kind: Deployment, name: web, jsonPointers: \[\/spec\/replicas\] \}\]/,
      ),
    ])
  })

  it('get it too when the autoscaler is new in this commit', () => {
    const objects = [objectOf(deployment(3), liveOf(deployment(3))), objectOf(autoscaler, undefined)]
    expect(planApp(factsOf({ objects })).notes).toHaveLength(1)
  })

  it('get none with a rule, by another person’s hand, or where nothing differs', () => {
    const ignore = [{ kind: 'Deployment', jsonPointers: ['/spec/replicas'] }]
    const ruled = factsOf({ app: appOf({ ignore }), objects: [objectOf(deployment(3), live)] })
    expect(planApp(ruled).notes).toBeUndefined()
    const person = liveOf(deployment(5), scaledBy('kubectl'))
    expect(planApp(factsOf({ objects: [objectOf(deployment(3), person)] })).notes).toBeUndefined()
    const quiet = [objectOf(deployment(3), liveOf(deployment(3)), { touched: false })]
    expect(
      planApp(factsOf({ objects: [...quiet, objectOf(autoscaler, liveOf(autoscaler), { touched: false })] })).notes,
    ).toBeUndefined()
  })
})

describe('a node port that the dry run made up', () => {
  const service = (nodePort?: number): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { type: 'NodePort', ports: [{ port: 80, ...(nodePort ? { nodePort } : {}) }] },
  })

  it('is not shown as if the sync would allocate the same', () => {
    const made = withoutAllocations(service(31000), liveOf(service()), service())
    expect(made.spec).toMatchObject({ ports: [{ nodePort: '(allocated by the server)' }] })
  })

  it('is shown where the manifest or the live object says it', () => {
    expect(withoutAllocations(service(31000), liveOf(service()), service(31000)).spec).toEqual(service(31000).spec)
    expect(withoutAllocations(service(31000), liveOf(service(31000)), service()).spec).toEqual(service(31000).spec)
  })
})

describe('an emptied list or map', () => {
  it('is looked for below named items too', () => {
    const thing = (spec: JsonObject): KubeObject => ({ apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a' }, spec })
    const desired = thing({ containers: [{ name: 'web', securityContext: {} }] })
    expect(lacksEmpty(desired, thing({ containers: [{ name: 'side' }, { name: 'web' }] }))).toBe(true)
    expect(lacksEmpty(desired, thing({ containers: [{ name: 'web', securityContext: {} }] }))).toBe(false)
    expect(lacksEmpty(thing({ a: [1], b: {} }), thing({ a: [1], b: { c: 1 } }))).toBe(false)
  })
})
