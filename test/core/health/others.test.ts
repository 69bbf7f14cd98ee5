import { describe, expect, it } from 'vitest'
import { hasHealth, healthOf } from '../../../src/core/health/health.ts'
import type { JsonObject, LiveObject } from '../../../src/core/model/object.ts'
import { is, live } from './live.ts'

type Case = readonly [string, JsonObject, JsonObject, string]
const text = (object: LiveObject) => {
  const health = healthOf(object)
  return health.message ? `${health.status}: ${health.message}` : health.status
}

describe('Job', () => {
  it.each<Case>([
    ['complete', {}, { succeeded: 1, conditions: [is('Complete', 'True')] }, 'healthy'],
    [
      'failed',
      {},
      { conditions: [is('Failed', 'True', 'BackoffLimitExceeded', 'too many')] },
      'degraded: BackoffLimitExceeded: too many',
    ],
    ['running', { completions: 3 }, { succeeded: 1, active: 1 }, 'progressing: 1 of 3 completed'],
    ['retrying', {}, { failed: 2 }, 'progressing: 0 of 1 completed, 2 failed'],
    ['not started', {}, {}, 'progressing: 0 of 1 completed'],
    ['suspended', { suspend: true }, { conditions: [is('Suspended', 'True')] }, 'healthy: suspended'],
    ['resumed', { suspend: false }, { conditions: [is('Complete', 'False')] }, 'progressing: 0 of 1 completed'],
  ])('%s', (_, spec, status, expected) => expect(text(live('batch/v1', 'Job', { spec, status }))).toBe(expected))
})

describe('Pod', () => {
  const waiting = (reason: string, message?: string): JsonObject => ({
    name: 'web',
    ready: false,
    state: { waiting: { reason, ...(message ? { message } : {}) } },
  })
  const spec = { containers: [{ name: 'web' }] }
  it.each<Case>([
    [
      'ready',
      spec,
      { phase: 'Running', conditions: [is('Ready', 'True')], containerStatuses: [{ ready: true }] },
      'healthy',
    ],
    ['ended well', spec, { phase: 'Succeeded' }, 'healthy'],
    ['evicted', spec, { phase: 'Failed', reason: 'Evicted', message: 'low on memory' }, 'degraded: low on memory'],
    [
      'ended badly',
      spec,
      {
        phase: 'Failed',
        containerStatuses: [{ name: 'web', state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }],
      },
      'degraded: container web ended with exit code 137 (OOMKilled)',
    ],
    [
      'crashing',
      spec,
      { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff', 'back-off 10s')] },
      'degraded: container web: CrashLoopBackOff: back-off 10s',
    ],
    [
      'without its image',
      spec,
      { phase: 'Pending', containerStatuses: [waiting('ImagePullBackOff')] },
      'degraded: container web: ImagePullBackOff',
    ],
    [
      'refused by the registry',
      spec,
      { phase: 'Pending', containerStatuses: [waiting('ErrImagePull')] },
      'degraded: container web: ErrImagePull',
    ],
    [
      'without its ConfigMap',
      spec,
      { phase: 'Pending', containerStatuses: [waiting('CreateContainerConfigError')] },
      'degraded: container web: CreateContainerConfigError',
    ],
    [
      'crashing at the start',
      spec,
      { phase: 'Pending', initContainerStatuses: [waiting('CrashLoopBackOff')] },
      'degraded: container web: CrashLoopBackOff',
    ],
    [
      'being made',
      spec,
      { phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] },
      'progressing: 0 of 1 containers ready',
    ],
    [
      'without a node',
      spec,
      { phase: 'Pending', conditions: [is('PodScheduled', 'False', 'Unschedulable', '0/3 nodes')] },
      'progressing: not scheduled: 0/3 nodes',
    ],
    [
      'not ready',
      spec,
      { phase: 'Running', conditions: [is('Ready', 'False')], containerStatuses: [{ ready: false, restartCount: 2 }] },
      'progressing: 0 of 1 containers ready, restarted 2 times',
    ],
    [
      'that is to end',
      { ...spec, restartPolicy: 'Never' },
      { phase: 'Running', conditions: [is('Ready', 'True')] },
      'progressing: running to its end',
    ],
    ['on a lost node', spec, { phase: 'Unknown' }, 'unknown: its node does not answer'],
    ['without a status', spec, {}, 'progressing: 0 of 1 containers ready'],
  ])('%s', (_, podSpec, status, expected) => expect(text(live('v1', 'Pod', { spec: podSpec, status }))).toBe(expected))
})

describe('PersistentVolumeClaim', () => {
  it.each([
    ['Bound', 'healthy'],
    ['Lost', 'degraded: its volume is lost'],
    ['Pending', 'progressing: not bound yet; with a WaitForFirstConsumer class it binds only when a pod uses it'],
  ])('%s', (phase, expected) => expect(text(live('v1', 'PersistentVolumeClaim', { status: { phase } }))).toBe(expected))
})

describe('CustomResourceDefinition', () => {
  const both = [is('NamesAccepted', 'True'), is('Established', 'True')]
  it.each<readonly [string, JsonObject[], string]>([
    ['established', both, 'healthy'],
    ['new', [], 'progressing: not established yet'],
    ['with names only', [is('NamesAccepted', 'True')], 'progressing: not established yet'],
    [
      'with taken names',
      [is('NamesAccepted', 'False', 'ListKindConflict', 'taken'), is('Established', 'False')],
      'degraded: its names are not accepted: taken',
    ],
    ['going', [...both, is('Terminating', 'True')], 'progressing: being deleted'],
  ])('%s', (_, conditions, expected) => {
    expect(text(live('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { status: { conditions } }))).toBe(expected)
  })
})

describe('Service', () => {
  it.each<Case>([
    ['inside the cluster', { type: 'ClusterIP' }, {}, 'healthy'],
    [
      'of a load balancer with address',
      { type: 'LoadBalancer' },
      { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      'healthy',
    ],
    [
      'of a load balancer without',
      { type: 'LoadBalancer' },
      { loadBalancer: {} },
      'progressing: waits for the address of its load balancer',
    ],
  ])('%s', (_, spec, status, expected) => expect(text(live('v1', 'Service', { spec, status }))).toBe(expected))
})

describe('any object', () => {
  it('of another kind, or of a like-named kind of another group, is healthy once it is there', () => {
    expect(text(live('v1', 'ConfigMap'))).toBe('healthy')
    expect(text(live('serving.knative.dev/v1', 'Service', { spec: { type: 'LoadBalancer' } }))).toBe('healthy')
    expect(hasHealth('serving.knative.dev/v1', 'Service')).toBe(true)
    expect(hasHealth('apps/v1', 'Deployment')).toBe(true)
    expect(hasHealth('v1', 'ConfigMap')).toBe(false)
  })
  it('that is being deleted is not healthy', () => {
    const object = live('v1', 'ConfigMap')
    expect(text({ ...object, metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })).toBe(
      'progressing: being deleted',
    )
  })
})
