import { describe, expect, it } from 'vitest'
import { currentPods, isWorkload } from '../../../src/core/health/own-pods.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import { pod, replicaSet, workload } from './pods.ts'

const names = (pods: readonly LiveObject[]) => pods.map(({ metadata }) => metadata.name)

describe('the pods of the present revision', () => {
  it('of a Deployment are those of its newest ReplicaSet', () => {
    const sets = [replicaSet('old', '1'), replicaSet('new', '2')]
    const pods = [pod('a', {}, { owner: 'old' }), pod('b', {}, { owner: 'new' }), pod('c', {}, { owner: 'other' })]
    const revision = { 'deployment.kubernetes.io/revision': '2' }
    expect(names(currentPods(workload('Deployment', {}, revision), pods, sets))).toEqual(['b'])
    // A rollback takes an old ReplicaSet again, under a new number.
    const again = [replicaSet('old', '3'), replicaSet('new', '2')]
    const back = workload('Deployment', {}, { 'deployment.kubernetes.io/revision': '3' })
    expect(names(currentPods(back, pods, again))).toEqual(['a'])
  })

  it('of a Deployment are not known before its controller has seen the change', () => {
    const deployment = workload('Deployment', { observedGeneration: 1 }, { 'deployment.kubernetes.io/revision': '1' })
    expect(currentPods(deployment, [pod('a', {}, { owner: 'old' })], [replicaSet('old', '1')])).toEqual([])
  })

  it('of a StatefulSet carry its update revision', () => {
    const pods = ['1', '2'].map((hash) => pod(hash, {}, { labels: { 'controller-revision-hash': hash } }))
    expect(names(currentPods(workload('StatefulSet', { updateRevision: '2' }), pods, []))).toEqual(['2'])
    expect(currentPods(workload('StatefulSet', { updateRevision: '2', observedGeneration: 1 }), pods, [])).toEqual([])
    expect(currentPods(workload('StatefulSet'), [pod('bare', {})], [])).toEqual([])
  })

  it('of a DaemonSet carry the generation of its template', () => {
    const pods = ['1', '2'].map((generation) =>
      pod(generation, {}, { labels: { 'pod-template-generation': generation } }),
    )
    const annotations = { 'deprecated.daemonset.template.generation': '2' }
    expect(names(currentPods(workload('DaemonSet', {}, annotations), pods, []))).toEqual(['2'])
    expect(currentPods(workload('DaemonSet'), [pod('bare', {})], [])).toEqual([])
  })

  it('of all other workloads are their own, and a Pod is its own', () => {
    const pods = [pod('a', {}), pod('b', {}, { owner: 'other' })]
    expect(names(currentPods(workload('Job'), pods, []))).toEqual(['a'])
    expect(names(currentPods(pod('c', {}), pods, []))).toEqual(['c'])
    expect(currentPods({ ...workload('Job'), apiVersion: 'batch.volcano.sh/v1' }, pods, [])).toEqual([])
    expect(isWorkload('batch.volcano.sh/v1', 'Job')).toBe(false)
  })
})
