import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { at, type JsonObject, type KubeObject, type LiveObject } from '../../../src/core/model/object.ts'
import { ClusterRefusal } from '../../../src/core/model/refusal.ts'
import { objectUsage, podsOf } from '../../../src/core/plan/object-usage.ts'
import { podUsage } from '../../../src/core/plan/pod-usage.ts'
import { formatQuantity } from '../../../src/core/plan/quantity.ts'
import type { Planned } from '../../../src/core/plan/quota.ts'
import { amountsOf, plus, type Usage } from '../../../src/core/plan/usage.ts'
import { askQuota } from '../../../src/flows/plan/ask-quota.ts'
import type { Cluster } from '../../../src/flows/ports.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../../adapters/kubernetes/control-plane.ts'

const source = { path: 'apps/shop/all.yaml', line: 1 }

describe.skipIf(!kubeconfig)(`asking for the quotas of a plan${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  let here: string
  let lists: string[]
  let cluster: Cluster
  beforeAll(async () => {
    plane = await openControlPlane('quota')
    here = `/api/v1/namespaces/${plane.namespace}`
    cluster = {
      ...plane.cluster,
      list: (...asked) => {
        lists.push(asked[1])
        return plane.cluster.list(...asked)
      },
    }
    await vi.waitFor(
      async () => expect((await plane.raw('GET', `${here}/configmaps/kube-root-ca.crt`)).status).toBe(200),
      { timeout: 20_000 },
    )
    await plane.raw('POST', `${here}/limitranges`, {
      metadata: { name: 'sizes' },
      spec: { limits: [{ type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '250m' } }] },
    })
    await plane.raw('POST', `${here}/resourcequotas`, {
      metadata: { name: 'team' },
      spec: { hard: { configmaps: '3', 'requests.cpu': '1', pods: '4', 'count/deployments.apps': '9' } },
    })
    await vi.waitFor(
      async () => {
        const { body } = await plane.raw('GET', `${here}/resourcequotas/team`)
        expect(at(body, 'status', 'used', 'configmaps')).toBe('1')
      },
      { timeout: 20_000 },
    )
  })
  afterAll(() => plane.close())

  const planned = async (object: KubeObject): Promise<Planned> => ({
    after: (await plane.cluster.previewApply(object)).object,
    source,
  })
  const settings = (name: string) =>
    planned({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: plane.namespace } })
  const deployment = (replicas: number, more: JsonObject = {}): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: plane.namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'web:1', ...more }] },
      },
    },
  })
  const ask = (...objects: readonly Planned[]) => {
    lists = []
    return askQuota(cluster, objects)
  }

  it('finds that together they are too many, though each alone is accepted', async () => {
    const three = await Promise.all(['settings', 'a', 'b'].map(settings))
    expect(await ask(...three)).toMatchObject([
      {
        code: 'cluster-refused',
        message: `The quota "team" of namespace ${plane.namespace} has 2 of 3 configmaps left; this plan needs 3 more (settings, a, b).`,
        source,
      },
    ])
    expect(await ask(...three.slice(1))).toEqual([])
    // The API server agrees.
    const wanted = ['settings', 'a', 'b'].map((name) => ({ metadata: { name } }))
    const statuses: number[] = []
    for (const each of wanted) statuses.push((await plane.raw('POST', `${here}/configmaps`, each)).status)
    expect(statuses).toEqual([201, 201, 403])
    for (const { metadata } of wanted) await plane.raw('DELETE', `${here}/configmaps/${metadata.name}`)
  })

  it('counts pods that do not exist yet, with the defaults of the namespace', async () => {
    expect(await ask(await planned(deployment(4)))).toEqual([])
    expect(await ask(await planned(deployment(5)))).toMatchObject([
      { message: expect.stringContaining('has 4 of 4 pods left; this plan needs 5 more (Deployment web)') },
      { message: expect.stringContaining('has 1 of 1 requests.cpu left; this plan needs 1250m more (Deployment web)') },
    ])
    expect(await ask(await planned(deployment(2, { resources: { requests: { cpu: '0.4' } } })))).toEqual([])
  })

  it('asks nothing where nothing grows', async () => {
    const { object } = await plane.cluster.previewApply(deployment(4))
    const live = object as LiveObject
    expect(await ask({ before: live, after: live, source })).toEqual([])
    expect(lists).toEqual([])
    await ask({ after: live, source })
    expect(lists).toEqual(['ResourceQuota', 'LimitRange'])
    const role: KubeObject = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'x' },
    }
    await ask({ after: role, source })
    expect(lists).toEqual([])
  })

  it('counts each object as the API server does', async () => {
    const space = randomName('quota')
    const path = `/api/v1/namespaces/${space}`
    await plane.raw('POST', '/api/v1/namespaces', { metadata: { name: space } })
    plane.later(path)
    const account = async () => (await plane.raw('GET', `${path}/serviceaccounts/default`)).status
    await expect.poll(account, { timeout: 20_000 }).toBe(200)
    const names = [
      ...['pods', 'count/pods', 'cpu', 'requests.cpu', 'limits.cpu', 'memory', 'requests.memory', 'limits.memory'],
      ...['services', 'services.nodeports', 'services.loadbalancers', 'count/services', 'requests.example.com/gpu'],
      ...['persistentvolumeclaims', 'requests.storage', 'fast.storageclass.storage.k8s.io/requests.storage'],
      ...['count/configmaps', 'count/roles.rbac.authorization.k8s.io', 'secrets', 'count/secrets'],
    ]
    const hard = Object.fromEntries(names.map((name) => [name, '1000Gi']))
    await plane.raw('POST', `${path}/resourcequotas`, { metadata: { name: 'all' }, spec: { hard } })
    const used = async () =>
      amountsOf(at((await plane.raw('GET', `${path}/resourcequotas/all`)).body, 'status', 'used'))
    await expect.poll(async () => (await used()).size, { timeout: 20_000 }).toBe(names.length)
    const before = await used()

    const container = (cpu: string, memory: string, more: JsonObject = {}): JsonObject => ({
      name: randomName('c'),
      image: 'web:1',
      resources: { requests: { cpu, memory }, limits: { cpu: '3', memory: '3Gi' } },
      ...more,
    })
    const restartPolicy = 'Always'
    const pod = (name: string, spec: JsonObject): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: space },
      spec: { terminationGracePeriodSeconds: 0, nodeSelector: { never: 'here' }, ...spec },
    })
    const object = (apiVersion: string, kind: string, name: string, more: JsonObject = {}): KubeObject => ({
      apiVersion,
      kind,
      metadata: { name, namespace: space },
      ...more,
    })
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ]
    const storage = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1.5Gi' } } }
    const objects: readonly KubeObject[] = [
      pod('plain', { containers: [container('100m', '1Gi'), container('0.25', '100M')] }),
      pod('init', {
        containers: [container('1', '10Mi')],
        initContainers: [container('2', '1Mi'), container('300m', '20Mi', { restartPolicy }), container('2.5', '1Mi')],
      }),
      pod('late', {
        containers: [container('1', '10Mi')],
        initContainers: [container('2', '1Mi'), container('300m', '20Mi', { restartPolicy })],
      }),
      pod('whole', {
        containers: [container('100m', '10Mi')],
        resources: { requests: { cpu: '2' }, limits: { cpu: '7', memory: '9Gi' } },
      }),
      pod('limits', {
        containers: [
          { name: 'c', image: 'web:1', resources: { limits: { cpu: '1', memory: '1e6', 'example.com/gpu': '2' } } },
        ],
      }),
      object('v1', 'Service', 'plain', { spec: { ports } }),
      object('v1', 'Service', 'node', { spec: { type: 'NodePort', ports } }),
      object('v1', 'Service', 'balancer', { spec: { type: 'LoadBalancer', ports } }),
      object('v1', 'Service', 'bare', { spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports } }),
      object('v1', 'PersistentVolumeClaim', 'none', { spec: storage }),
      object('v1', 'PersistentVolumeClaim', 'fast', { spec: { ...storage, storageClassName: 'fast' } }),
      object('v1', 'ConfigMap', 'a'),
      object('v1', 'Secret', 'a'),
      object('rbac.authorization.k8s.io/v1', 'Role', 'a'),
    ]
    const kinds = await plane.cluster.kinds()
    let expected: Usage = before
    for (const each of objects) {
      const { object: stored } = await plane.cluster.previewApply(each)
      const resource = kinds.find(each.apiVersion, each.kind)?.resource ?? ''
      expected = plus(expected, objectUsage(stored, resource))
      // As a workload's template would have it: without what the server adds to a pod.
      const { count } = podsOf(each)
      if (count > 0n) expected = plus(expected, podUsage(each.spec).usage)
      const group = each.apiVersion === 'v1' ? '/api/v1' : `/apis/${each.apiVersion}`
      const made = await plane.raw('POST', `${group}/namespaces/${space}/${resource}`, each)
      expect(made.status, JSON.stringify(made.body)).toBe(201)
    }
    const wanted = Object.fromEntries(names.map((name) => [name, formatQuantity(expected.get(name) ?? 0n)]))
    const counted = async () => {
      const now = await used()
      return Object.fromEntries(names.map((name) => [name, formatQuantity(now.get(name) ?? 0n)]))
    }
    await expect.poll(counted, { timeout: 20_000 }).toEqual(wanted)
  })

  it('says when the quotas cannot be read', async () => {
    const refusing: Cluster = {
      ...plane.cluster,
      list: () => Promise.reject(new ClusterRefusal('forbidden', 403, 'x: the API server refused it: no such right')),
    }
    const notes: string[] = []
    expect(await askQuota(refusing, [await settings('a')], (text) => notes.push(text))).toEqual([])
    expect(notes).toEqual([
      `Whether the quotas of namespace ${plane.namespace} allow this plan is unknown: no such right.`,
    ])
  })
})
