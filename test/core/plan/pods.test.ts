import { describe, expect, it } from 'vitest'
import { at, type JsonObject, type KubeObject } from '../../../src/core/model/object.ts'
import { isMade, makesOf, missingIn, newWarnings, podOf, withOwner, without } from '../../../src/core/plan/pods.ts'

const template = {
  metadata: { labels: { app: 'web' }, annotations: { note: 'x' } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
}

function workload(apiVersion: string, kind: string, spec: JsonObject = { template }, name = 'web'): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'shop', labels: { own: 'label' } }, spec }
}

const deployment = workload('apps/v1', 'Deployment')

describe('the pod of a workload', () => {
  it.each([
    ['apps/v1', 'Deployment'],
    ['apps/v1', 'DaemonSet'],
    ['apps/v1', 'ReplicaSet'],
    ['apps/v1', 'StatefulSet'],
    ['batch/v1', 'Job'],
    ['v1', 'ReplicationController'],
  ])('is made of the template of %s %s', (apiVersion, kind) => {
    expect(podOf(workload(apiVersion, kind))).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'web-drydock-dry-run',
        namespace: 'shop',
        labels: { app: 'web' },
        annotations: { note: 'x' },
      },
      spec: template.spec,
    })
  })

  it('is found deeper in a CronJob', () => {
    const job = workload('batch/v1', 'CronJob', { jobTemplate: { spec: { template } } })
    expect(podOf(job)?.spec).toEqual(template.spec)
  })

  it('is not made of other kinds, also with the name of a workload', () => {
    expect(podOf(workload('v1', 'ConfigMap'))).toBeUndefined()
    expect(podOf(workload('acme.dev/v1', 'Deployment'))).toBeUndefined()
    expect(podOf(workload('apps/v1', 'Deployment', {}))).toBeUndefined()
  })

  it('has a name that is a DNS label, however long or dotted that of the workload is', () => {
    for (const name of ['a.b.c', `${'a'.repeat(39)}.b`, 'x'.repeat(200)]) {
      const pod = podOf(workload('apps/v1', 'Deployment', { template }, name))
      expect(pod?.metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
      expect(pod?.metadata.name).toMatch(/[^-]-drydock-dry-run$/)
    }
  })

  it('gets the volumes of the claims of a StatefulSet, in place of its own of that name', () => {
    const spec = {
      ...template.spec,
      volumes: [
        { name: 'data', emptyDir: {} },
        { name: 'tmp', emptyDir: {} },
      ],
    }
    const claims = [{ metadata: { name: 'data' } }]
    const set = workload('apps/v1', 'StatefulSet', { template: { ...template, spec }, volumeClaimTemplates: claims })
    expect(at(podOf(set), 'spec', 'volumes')).toEqual([
      { name: 'tmp', emptyDir: {} },
      { name: 'data', persistentVolumeClaim: { claimName: 'data-web-0' } },
    ])
  })

  it('is owned by what really makes it, when an owner is needed', () => {
    const pod = podOf(deployment)
    const owned = pod && withOwner(pod, deployment)
    expect(at(owned, 'metadata', 'ownerReferences', 0)).toMatchObject({ kind: 'ReplicaSet', controller: true })
    expect(owned && withOwner(owned, deployment)).toBeUndefined()
  })

  it('says once what the workload was warned of already', () => {
    const known = ['spec.template.spec.containers[0].env[1].name: duplicate', 'would violate PodSecurity']
    const warnings = ['spec.containers[0].env[1].name: duplicate', 'would violate PodSecurity', 'new', 'new']
    expect(newWarnings(deployment, known, warnings)).toEqual(['new'])
  })
})

describe('what a pod names and the cluster lacks', () => {
  it.each([
    ['error looking up service account shop/robot: serviceaccount "robot" not found', 'service account', 'robot'],
    ['no PriorityClass with name high was found', 'priority class', 'high'],
    ['pod rejected: RuntimeClass "gvisor" not found', 'runtime class', 'gvisor'],
  ])('is read from: %s', (words, what, name) => {
    expect(missingIn(words)).toEqual({ what, name })
  })

  it('is nothing where something else is wrong', () => {
    expect(missingIn('violates PodSecurity "restricted:latest": runAsNonRoot != true')).toBeUndefined()
  })

  it('is left out, so that the rest can be asked', () => {
    const spec = { ...template.spec, serviceAccountName: 'robot', serviceAccount: 'robot', priorityClassName: 'high' }
    const pod = podOf(workload('apps/v1', 'Deployment', { template: { ...template, spec } }))
    if (!pod) throw new Error('no pod')
    const less = without(pod, { what: 'service account', name: 'robot' })
    expect(less?.spec).toEqual({ ...template.spec, priorityClassName: 'high' })
    expect(without(pod, { what: 'service account', name: 'other' })).toBeUndefined()
    expect(without(pod, { what: 'runtime class', name: 'gvisor' })).toBeUndefined()
  })

  it('may be made by the same commit, in the same namespace', () => {
    const account: KubeObject = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'robot', namespace: 'shop' },
    }
    const high = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' } }
    const makes = makesOf([account, high])
    expect(isMade({ what: 'service account', name: 'robot' }, 'shop', makes)).toBe(true)
    expect(isMade({ what: 'service account', name: 'robot' }, 'other', makes)).toBe(false)
    expect(isMade({ what: 'priority class', name: 'high' }, 'shop', makes)).toBe(true)
    expect(isMade({ what: 'runtime class', name: 'high' }, 'shop', makes)).toBe(false)
  })
})
