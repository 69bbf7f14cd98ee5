import { describe, expect, it } from 'vitest'
import { healthOf } from '../../../src/core/health/health.ts'
import type { JsonObject } from '../../../src/core/model/object.ts'
import { is, live } from './live.ts'

type Case = readonly [string, JsonObject, JsonObject, string]

/** `status` or `status: message` */
const judge = (kind: string, spec: JsonObject, status: JsonObject) => {
  const health = healthOf(live('apps/v1', kind, { spec, status: { observedGeneration: 2, ...status } }))
  return health.message ? `${health.status}: ${health.message}` : health.status
}
const done = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 }
const three = { replicas: 3 }

describe('Deployment', () => {
  it.each<Case>([
    ['rolled out', three, done, 'healthy'],
    ['of one replica by default', {}, { replicas: 1, updatedReplicas: 1, availableReplicas: 1 }, 'healthy'],
    ['scaled to nothing', { replicas: 0 }, {}, 'healthy'],
    [
      'not observed',
      three,
      { ...done, observedGeneration: 1 },
      'progressing: its controller has not seen this change yet',
    ],
    ['updating', three, { ...done, updatedReplicas: 1 }, 'progressing: 1 of 3 updated'],
    ['with old pods', three, { ...done, replicas: 5 }, 'progressing: 3 of 5 ready, 2 old pods left'],
    ['with one old pod', three, { ...done, replicas: 4 }, 'progressing: 3 of 4 ready, 1 old pod left'],
    ['not available', three, { ...done, availableReplicas: 2 }, 'progressing: 2 of 3 ready'],
    ['without pods', three, {}, 'progressing: 0 of 3 updated'],
    [
      'past its deadline',
      three,
      {
        ...done,
        availableReplicas: 2,
        conditions: [is('Progressing', 'False', 'ProgressDeadlineExceeded', 'timed out')],
      },
      'degraded: 2 of 3 ready: timed out',
    ],
    [
      'refused by a quota',
      three,
      { conditions: [is('Progressing', 'True'), is('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota: q')] },
      'progressing: 0 of 3 updated: exceeded quota: q',
    ],
    ['paused, with its pods', { replicas: 3, paused: true }, { ...done, updatedReplicas: 0 }, 'healthy: paused'],
    [
      'paused, without its pods',
      { replicas: 3, paused: true },
      { availableReplicas: 1 },
      'progressing: 1 of 3 ready, paused',
    ],
    [
      'paused, not observed',
      { replicas: 3, paused: true },
      { ...done, observedGeneration: 1 },
      'progressing: its controller has not seen this change yet',
    ],
  ])('%s', (_, spec, status, expected) => expect(judge('Deployment', spec, status)).toBe(expected))

  it('without a status', () => {
    expect(healthOf(live('apps/v1', 'Deployment', { spec: { replicas: 0 } })).status).toBe('progressing')
  })
})

describe('StatefulSet', () => {
  const same = { currentRevision: 'b', updateRevision: 'b' }
  const rolling = { currentRevision: 'a', updateRevision: 'b' }
  const partition = (value: number): JsonObject => ({
    replicas: 3,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: value } },
  })
  it.each<Case>([
    ['rolled out', three, { ...done, ...same }, 'healthy'],
    ['scaled to nothing', { replicas: 0 }, same, 'healthy'],
    [
      'not observed',
      three,
      { ...done, ...same, observedGeneration: 1 },
      'progressing: its controller has not seen this change yet',
    ],
    ['not ready', three, { ...done, ...same, readyReplicas: 2 }, 'progressing: 2 of 3 ready'],
    ['rolling', three, { ...done, ...rolling, updatedReplicas: 1 }, 'progressing: 1 of 3 updated'],
    [
      'partitioned and done',
      partition(2),
      { ...done, ...rolling, updatedReplicas: 1 },
      'healthy: updated above partition 2',
    ],
    [
      'partitioned and rolling',
      partition(1),
      { ...done, ...rolling, updatedReplicas: 1 },
      'progressing: 1 of 2 updated above partition 1',
    ],
    [
      'partitioned past its size',
      partition(9),
      { ...done, ...rolling, updatedReplicas: 0 },
      'healthy: updated above partition 9',
    ],
    ['with partition 0', partition(0), { ...done, ...rolling, updatedReplicas: 1 }, 'progressing: 1 of 3 updated'],
    [
      'on delete',
      { replicas: 3, updateStrategy: { type: 'OnDelete' } },
      { ...done, ...rolling, updatedReplicas: 1 },
      'healthy: 1 of 3 updated; the rest when deleted (OnDelete)',
    ],
  ])('%s', (_, spec, status, expected) => expect(judge('StatefulSet', spec, status)).toBe(expected))
})

describe('DaemonSet', () => {
  const all = { desiredNumberScheduled: 4, updatedNumberScheduled: 4, numberAvailable: 4 }
  const onDelete = { updateStrategy: { type: 'OnDelete' } }
  it.each<Case>([
    ['everywhere', {}, all, 'healthy'],
    ['without nodes', {}, { desiredNumberScheduled: 0 }, 'healthy'],
    ['not observed', {}, { ...all, observedGeneration: 1 }, 'progressing: its controller has not seen this change yet'],
    ['updating', {}, { ...all, updatedNumberScheduled: 1 }, 'progressing: 1 of 4 updated'],
    ['not available', {}, { ...all, numberAvailable: 3 }, 'progressing: 3 of 4 ready'],
    [
      'on delete',
      onDelete,
      { ...all, updatedNumberScheduled: 1 },
      'healthy: 1 of 4 updated; the rest when deleted (OnDelete)',
    ],
    ['on delete, not available', onDelete, { ...all, numberAvailable: 0 }, 'progressing: 0 of 4 ready'],
  ])('%s', (_, spec, status, expected) => expect(judge('DaemonSet', spec, status)).toBe(expected))
})

describe('ReplicaSet', () => {
  it.each<Case>([
    ['ready', three, done, 'healthy'],
    ['scaled to nothing', { replicas: 0 }, {}, 'healthy'],
    ['not ready', three, { availableReplicas: 1 }, 'progressing: 1 of 3 ready'],
    [
      'not observed',
      three,
      { ...done, observedGeneration: 1 },
      'progressing: its controller has not seen this change yet',
    ],
    [
      'failing',
      three,
      { conditions: [is('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota')] },
      'degraded: exceeded quota',
    ],
  ])('%s', (_, spec, status, expected) => expect(judge('ReplicaSet', spec, status)).toBe(expected))
})
