import { expect, test } from 'vitest'
import { stageOf } from '../../../src/core/manifests/order.ts'

const stage = (kind: string, apiVersion = 'v1'): number => stageOf({ apiVersion, kind })

test('what others need is applied before them, and what intercepts requests last', () => {
  const stages = [
    ['Namespace'],
    ['CustomResourceDefinition'],
    ['ConfigMap', 'Role', 'Secret', 'ServiceAccount'],
    ['RoleBinding', 'PersistentVolumeClaim'],
    ['Service'],
    ['Deployment', 'StatefulSet', 'Pod'],
    ['Widget', 'Job', 'Ingress'],
    ['ValidatingAdmissionPolicy'],
    ['APIService', 'ValidatingWebhookConfiguration'],
  ]
  const numbers = stages.map((kinds) => new Set(kinds.map((kind) => stage(kind))))
  expect(numbers.map((each) => each.size)).toEqual(stages.map(() => 1))
  const order = numbers.flatMap((each) => [...each])
  expect(order).toEqual([...new Set(order)].toSorted((one, other) => one - other))
})

test('a custom kind with the name of a built-in one comes after its definition', () => {
  expect(stage('Namespace', 'servicebus.azure.com/v1')).toBe(stage('Widget', 'acme.dev/v1'))
  expect(stage('Namespace', 'servicebus.azure.com/v1')).toBeGreaterThan(stage('CustomResourceDefinition'))
  expect(stage('Role', 'rbac.authorization.k8s.io/v1')).toBe(stage('Secret'))
})
