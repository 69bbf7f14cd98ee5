import { describe, expect, it } from 'vitest'
import { hasHealth, healthOf } from '../../../src/core/health/health.ts'
import type { JsonObject } from '../../../src/core/model/object.ts'
import { is, live } from './live.ts'

type Case = readonly [string, JsonObject | undefined, string]
const unseen = 'progressing: its controller has not seen this change yet'

describe('a custom kind', () => {
  it.each<Case>([
    ['without a status', undefined, 'healthy'],
    ['with an empty status', {}, 'healthy'],
    ['without conditions', { phase: 'Whatever' }, 'healthy'],
    ['with conditions nobody knows', { conditions: [is('Cooked', 'False')] }, 'healthy'],
    ['of an older generation', { observedGeneration: 1, conditions: [is('Ready', 'True')] }, unseen],
    ['of this generation', { observedGeneration: 2, conditions: [is('Ready', 'True')] }, 'healthy'],
    ['being made', { conditions: [is('Reconciling', 'True', 'Progressing', 'making')] }, 'progressing: making'],
    ['stuck', { conditions: [is('Stalled', 'True', 'BadSpec', 'no such zone')] }, 'degraded: BadSpec: no such zone'],
    ['not stuck', { conditions: [is('Stalled', 'False')] }, 'healthy'],
    ['not ready', { conditions: [is('Ready', 'False', 'Issuing', 'no key')] }, 'progressing: Issuing: no key'],
    ['of unknown readiness', { conditions: [is('Ready', 'Unknown')] }, 'progressing: not ready'],
    ['not available', { conditions: [is('Available', 'False')] }, 'progressing: not available'],
    ['ready, though not available', { conditions: [is('Available', 'False'), is('Ready', 'True')] }, 'healthy'],
    ['failed', { conditions: [is('Failed', 'True', 'Broken')] }, 'degraded: Broken'],
    ['running once', { conditions: [is('Succeeded', 'Unknown', 'Running')] }, 'progressing: Running'],
    ['run once', { conditions: [is('Succeeded', 'True')] }, 'healthy'],
    ['run badly', { conditions: [is('Succeeded', 'False', 'TaskFailed', 'x')] }, 'degraded: TaskFailed: x'],
    ['ready before the change', { conditions: [{ ...is('Ready', 'True'), observedGeneration: 1 }] }, unseen],
  ])('%s', (_, status, expected) => {
    const { status: found, message } = healthOf(live('example.com/v1', 'Thing', status ? { status } : {}))
    expect(message ? `${found}: ${message}` : found).toBe(expected)
  })

  it('is waited for, also when its group ends like one of Kubernetes', () => {
    expect(hasHealth('example.com/v1', 'Thing')).toBe(true)
    expect(hasHealth('gateway.networking.k8s.io/v1', 'Gateway')).toBe(true)
    expect(hasHealth('cluster.x-k8s.io/v1', 'Cluster')).toBe(true)
  })

  it('is not a kind of Kubernetes that has nothing to wait for', () => {
    const none = [
      ['v1', 'ConfigMap'],
      ['rbac.authorization.k8s.io/v1', 'Role'],
      ['networking.k8s.io/v1', 'NetworkPolicy'],
      ['batch/v1', 'CronJob'],
    ] as const
    for (const [apiVersion, kind] of none) expect(hasHealth(apiVersion, kind)).toBe(false)
  })
})
