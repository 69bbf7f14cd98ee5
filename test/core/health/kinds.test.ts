import { describe, expect, it } from 'vitest'
import { healthOf } from '../../../src/core/health/health.ts'
import { lateClassesIn, waitsForPod } from '../../../src/core/health/persistent-volume-claim.ts'
import type { JsonObject, LiveObject } from '../../../src/core/model/object.ts'
import { is, live } from './live.ts'

type Case = readonly [string, JsonObject, string]
const text = (object: LiveObject) => {
  const health = healthOf(object)
  return health.message ? `${health.status}: ${health.message}` : health.status
}
const cases = (apiVersion: string, kind: string, list: readonly Case[]) =>
  describe(kind, () => {
    it.each<Case>(list)('%s', (_, status, expected) => expect(text(live(apiVersion, kind, { status }))).toBe(expected))
  })
const unseen = 'progressing: its controller has not seen this change yet'

cases('autoscaling/v2', 'HorizontalPodAutoscaler', [
  ['new', {}, 'healthy: not looked at by its controller yet'],
  ['scaling', { conditions: [is('AbleToScale', 'True'), is('ScalingActive', 'True')] }, 'healthy'],
  [
    'without a target',
    { conditions: [is('AbleToScale', 'False', 'FailedGetScale', 'deployments.apps "web" not found')] },
    `degraded: can't scale its target: deployments.apps "web" not found`,
  ],
  [
    'without metrics',
    { conditions: [is('AbleToScale', 'True'), is('ScalingActive', 'False', 'FailedGetResourceMetric', 'no metrics')] },
    'healthy: does not scale: no metrics',
  ],
  [
    'with an unusable selector',
    { conditions: [is('AbleToScale', 'True'), is('ScalingActive', 'False', 'InvalidSelector', 'no selector')] },
    'degraded: no selector',
  ],
  ['of nothing', { conditions: [is('ScalingActive', 'False', 'ScalingDisabled', 'zero')] }, 'healthy'],
])

describe('HorizontalPodAutoscaler of autoscaling/v1', () => {
  const of = (annotation: string) => {
    const object = live('autoscaling/v1', 'HorizontalPodAutoscaler')
    const annotations = { 'autoscaling.alpha.kubernetes.io/conditions': annotation }
    return text({ ...object, metadata: { ...object.metadata, annotations } })
  }
  it('has its conditions in an annotation', () => {
    expect(of(JSON.stringify([is('AbleToScale', 'True')]))).toBe('healthy')
    expect(of(JSON.stringify([is('AbleToScale', 'False', 'FailedGetScale', 'gone')]))).toContain('degraded')
    expect(of('not JSON')).toBe('healthy: not looked at by its controller yet')
  })
})

cases('networking.k8s.io/v1', 'Ingress', [
  ['with an address', { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } }, 'healthy'],
  ['without one', { loadBalancer: {} }, 'healthy: has no address yet'],
])

cases('policy/v1', 'PodDisruptionBudget', [
  ['not seen', { observedGeneration: 1 }, unseen],
  ['seen', { observedGeneration: 2, conditions: [is('DisruptionAllowed', 'True')] }, 'healthy'],
  [
    'with too few pods',
    { observedGeneration: 2, conditions: [is('DisruptionAllowed', 'False', 'InsufficientPods')] },
    'healthy',
  ],
  [
    'that can not be worked out',
    { observedGeneration: 2, conditions: [is('DisruptionAllowed', 'False', 'SyncFailed', 'no scale')] },
    'degraded: no scale',
  ],
])

cases('v1', 'Namespace', [
  ['active', { phase: 'Active' }, 'healthy'],
  ['going', { phase: 'Terminating' }, 'progressing: being deleted'],
  [
    'held',
    { phase: 'Terminating', conditions: [is('NamespaceFinalizersRemaining', 'True', 'x', 'finalizers remain')] },
    'progressing: being deleted: finalizers remain',
  ],
])

cases('v1', 'PersistentVolume', [
  ['available', { phase: 'Available' }, 'healthy'],
  ['pending', { phase: 'Pending' }, 'progressing: not available yet'],
  ['failed', { phase: 'Failed', message: 'no plugin' }, 'degraded: no plugin'],
])

cases('v1', 'ReplicationController', [
  ['not seen', {}, unseen],
  ['starting', { observedGeneration: 2, availableReplicas: 0 }, 'progressing: 0 of 1 ready'],
  ['ready', { observedGeneration: 2, availableReplicas: 1 }, 'healthy'],
])

cases('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', [
  ['that nobody checks', {}, 'healthy'],
  ['not checked again', { observedGeneration: 1 }, unseen],
  ['checked', { observedGeneration: 2, typeChecking: {} }, 'healthy'],
  [
    'with a warning',
    {
      observedGeneration: 2,
      typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0]', warning: 'undefined field\nmore' }] },
    },
    'healthy: type check of spec.validations[0]: undefined field',
  ],
])

describe('a claim that no pod uses yet', () => {
  const storageClass = live('storage.k8s.io/v1', 'StorageClass')
  const late = lateClassesIn([
    {
      ...storageClass,
      metadata: { ...storageClass.metadata, name: 'late' },
      volumeBindingMode: 'WaitForFirstConsumer',
    },
    { ...storageClass, metadata: { ...storageClass.metadata, name: 'now' }, volumeBindingMode: 'Immediate' },
  ])
  const claim = (storageClassName: string, annotations: Record<string, string> = {}) => {
    const object = live('v1', 'PersistentVolumeClaim', { spec: { storageClassName }, status: { phase: 'Pending' } })
    return { ...object, metadata: { ...object.metadata, annotations } }
  }
  it('waits for one only where its class says so', () => {
    expect(waitsForPod(claim('late'), late)).toBe(true)
    expect(waitsForPod(claim('now'), late)).toBe(false)
    expect(waitsForPod(claim('late', { 'volume.kubernetes.io/selected-node': 'node-1' }), late)).toBe(false)
  })
})
