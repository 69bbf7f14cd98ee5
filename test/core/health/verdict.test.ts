import { describe, expect, it } from 'vitest'
import { healthOf } from '../../../src/core/health/health.ts'
import { verdictOn, type Watched } from '../../../src/core/health/verdict.ts'
import { judge } from '../../../src/core/health/wanted.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'
import { is, live } from './live.ts'
import { pod, waits, workload } from './pods.ts'

const watched = (object: LiveObject, firstMs = 0): Watched => ({
  reference: referenceOf(object),
  health: healthOf(object),
  object,
  firstMs,
})
const set = workload('ReplicaSet')
const broken = pod('web-1', { phase: 'Pending', containerStatuses: [waits('ImagePullBackOff')] })
const fine = pod('web-1', { phase: 'Pending', containerStatuses: [waits('ContainerCreating')] })
const look = (
  objects: readonly Watched[],
  pods: readonly LiveObject[],
  now: number,
  lasting = new Map<string, number>(),
) => verdictOn(objects, () => ({ pods, replicaSets: [] }), [], lasting, now)
const names = (list: readonly Watched[]) => list.map(({ reference }) => reference.name)

describe('waiting for several objects', () => {
  it('ends with what is broken for long enough', () => {
    const first = look([watched(set)], [broken], 1_000)
    expect(first.lines).toEqual(['ReplicaSet shop/web: 0 of 1 ready, container web: ImagePullBackOff'])
    expect(first.over).toEqual([])
    expect(first.againMs).toBe(3_000)
    const second = look([watched(set)], [broken], 3_000, new Map(first.lasting))
    expect(names(second.over)).toEqual(['web'])
  })

  it('begins anew when it got better meanwhile', () => {
    const first = look([watched(set)], [broken], 1_000)
    const better = look([watched(set)], [fine], 2_000, new Map(first.lasting))
    expect(better.againMs).toBeUndefined()
    expect(look([watched(set)], [broken], 3_000, new Map(better.lasting)).over).toEqual([])
  })

  it('ends at once with a Job that failed, and names it alone', () => {
    const job = workload('Job', { conditions: [is('Failed', 'True', 'BackoffLimitExceeded')] })
    const failed = watched({ ...job, metadata: { ...job.metadata, name: 'migrate' } })
    const { over, pending } = look([watched(set), failed], [], 0)
    expect(names(over)).toEqual(['migrate'])
    expect(pending).toHaveLength(2)
  })

  it('gives a failed rollout time to be a state from before, and takes a custom object at its word', () => {
    const again = (object: LiveObject) => look([watched(object)], [], 0).againMs
    expect(
      again(workload('Deployment', { conditions: [is('Progressing', 'False', 'ProgressDeadlineExceeded')] })),
    ).toBe(5_000)
    const stalled = { conditions: [is('Stalled', 'True', 'BadSpec')] }
    expect(again(live('example.com/v1', 'Thing', { status: { observedGeneration: 2, ...stalled } }))).toBe(2_000)
    expect(again(live('example.com/v1', 'Thing', { status: stalled }))).toBe(15_000)
  })

  it('waits on for what others may mend', () => {
    const quota = workload('ReplicaSet', {
      conditions: [is('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota')],
    })
    const { over, againMs } = look([watched(quota)], [], 0)
    expect([over, againMs]).toEqual([[], undefined])
  })

  it('gives the controller of a new custom object a moment for its first word', () => {
    const thing = live('example.com/v1', 'Thing')
    const made = { ...thing, metadata: { ...thing.metadata, generation: 1 } }
    const early = look([watched(made, 500)], [], 500)
    expect(early.lines).toEqual(['Thing shop/web: its controller has said nothing yet'])
    expect(early.againMs).toBe(2_500)
    expect(look([watched(made, 500)], [], 2_500).pending).toEqual([])
    expect(look([watched(thing, 500)], [], 500).pending).toEqual([])
  })
})

describe('an object that a sync expects', () => {
  const nothing = { rules: [], completes: false, lateClasses: new Set<string>() }
  const hook = { ...nothing, completes: true, uid: 'owner-uid' }
  const complete = workload('Job', { conditions: [is('Complete', 'True')] })
  it('is not there, gone, or another one', () => {
    expect(judge(undefined, undefined, nothing)).toEqual({ status: 'progressing', message: 'not there yet' })
    expect(judge(undefined, undefined, { ...nothing, uid: 'u' }).message).toBe('it is gone')
    expect(judge(complete, undefined, { ...nothing, uid: 'u' }).message).toBe('another object of this name is there')
  })

  it('stays done when it has completed and goes', () => {
    expect(judge(undefined, complete, nothing).status).toBe('healthy')
    expect(judge({ ...complete, metadata: { ...complete.metadata, uid: 'x' } }, complete, hook).status).toBe('healthy')
    expect(judge(undefined, workload('Deployment'), nothing).status).toBe('progressing')
  })

  it('has to complete when it is a hook', () => {
    expect(judge(complete, undefined, hook).status).toBe('healthy')
    expect(judge({ ...workload('Job'), spec: { suspend: true } }, undefined, hook)).toEqual({
      status: 'progressing',
      message: 'suspended',
    })
    const ready = pod('p', { phase: 'Running', conditions: [is('Ready', 'True')] })
    expect(judge(ready, undefined, { ...nothing, completes: true }).status).toBe('progressing')
    expect(judge(undefined, undefined, hook)).toEqual({
      status: 'degraded',
      message: 'it is gone, and nobody saw how it ended',
    })
  })
})
