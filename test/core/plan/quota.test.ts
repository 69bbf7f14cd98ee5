import { describe, expect, it } from 'vitest'
import type { JsonObject, KubeObject, LiveObject } from '../../../src/core/model/object.ts'
import { defaultsOf, podUsage } from '../../../src/core/plan/pod-usage.ts'
import { formatQuantity } from '../../../src/core/plan/quantity.ts'
import { exceeded, grows, limitsClaims, limitsCompute, type Planned } from '../../../src/core/plan/quota.ts'

const source = { path: 'apps/shop/all.yaml', line: 1 }
const resources: Readonly<Record<string, string>> = { StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' }
const resourceOf = ({ kind }: KubeObject) => resources[kind] ?? `${kind.toLowerCase()}s`

function quota(hard: JsonObject, used: JsonObject, spec: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'team', namespace: 'shop' },
    spec: { hard, ...spec },
    status: { hard, used },
  }
}

function object(apiVersion: string, kind: string, name: string, more: JsonObject = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'shop' }, ...more }
}

const planned = (after: KubeObject, before?: KubeObject, line = 1): Planned => ({
  after,
  source: { ...source, line },
  ...(before ? { before: before as LiveObject } : {}),
})

const asks = (requests: JsonObject, limits: JsonObject = {}) => [{ name: 'c', resources: { requests, limits } }]
const deployment = (replicas: number, spec: JsonObject = {}) =>
  object('apps/v1', 'Deployment', 'web', { spec: { replicas, template: { spec } } })

const messages = (of: KubeObject, plan: readonly Planned[], more: object = {}) =>
  exceeded(of, plan, { resourceOf, ...more }).map((each) => each.message)

describe('a quota, summed over a plan', () => {
  it('names what is left, what is needed, and by which manifests', () => {
    const three = ['settings', 'a', 'b'].map((name, index) =>
      planned(object('v1', 'ConfigMap', name), undefined, index + 3),
    )
    expect(exceeded(quota({ configmaps: '5' }, { configmaps: '4' }), three, { resourceOf })).toEqual([
      {
        code: 'cluster-refused',
        message:
          'The quota "team" of namespace shop has 1 of 5 configmaps left; this plan needs 3 more (settings, a, b).',
        source: { ...source, line: 3 },
        hint: expect.stringContaining('Raise the quota'),
      },
    ])
  })

  it('has room for exactly what is left', () => {
    const two = ['a', 'b'].map((name) => planned(object('v1', 'ConfigMap', name)))
    expect(messages(quota({ configmaps: '5' }, { configmaps: '3' }), two)).toEqual([])
    expect(messages(quota({ configmaps: '5' }, { configmaps: '4' }), two)).toHaveLength(1)
  })

  it('counts only what is new, and says nothing while its use is not known', () => {
    const there = object('v1', 'ConfigMap', 'a')
    expect(messages(quota({ configmaps: '5' }, { configmaps: '5' }), [planned(there, there)])).toEqual([])
    expect(messages(quota({ configmaps: '0' }, {}), [planned(there)])).toEqual([])
  })

  it('counts objects of any group by their plural name', () => {
    const deny = quota({ 'count/deployments.apps': '0' }, { 'count/deployments.apps': '0' })
    expect(messages(deny, [planned(deployment(0))])).toEqual([expect.stringContaining('(web)')])
    const secrets = quota({ 'count/secrets': '0' }, { 'count/secrets': '0' })
    expect(messages(secrets, [planned(object('v1', 'Secret', 's'))])).toHaveLength(1)
  })

  it('counts the pods that a workload gets more than before', () => {
    const pods = quota({ pods: '5' }, { pods: '3' })
    expect(messages(pods, [planned(deployment(5), deployment(3))])).toEqual([])
    expect(messages(pods, [planned(deployment(6), deployment(3))])).toEqual([
      'The quota "team" of namespace shop has 2 of 5 pods left; this plan needs 3 more (Deployment web).',
    ])
  })

  it('lets one workload of the plan give what another takes', () => {
    const other = object('apps/v1', 'ReplicaSet', 'other', { spec: { replicas: 2 } })
    const pods = quota({ pods: '3' }, { pods: '3' })
    expect(messages(pods, [planned(deployment(1), deployment(3)), planned(other)])).toEqual([])
  })

  it.each<[string, KubeObject, number]>([
    ['a Deployment without replicas', object('apps/v1', 'Deployment', 'x', { spec: {} }), 1],
    ['a Job', object('batch/v1', 'Job', 'x', { spec: { parallelism: 5, completions: 3 } }), 3],
    ['a suspended Job', object('batch/v1', 'Job', 'x', { spec: { suspend: true } }), 0],
    ['a CronJob', object('batch/v1', 'CronJob', 'x', { spec: {} }), 0],
    ['a DaemonSet', object('apps/v1', 'DaemonSet', 'x', { spec: {} }), 0],
    ['a Pod', object('v1', 'Pod', 'x', { spec: {} }), 1],
    ['a Pod that ended', object('v1', 'Pod', 'x', { spec: {}, status: { phase: 'Succeeded' } }), 0],
  ])('counts the pods of %s', (_, after, pods) => {
    const none = quota({ pods: '0' }, { pods: '0' })
    const said = pods ? [expect.stringContaining(`needs ${pods} more`)] : []
    expect(messages(none, [planned(after)])).toEqual(said)
  })

  it('sums what containers ask for, in their own units', () => {
    const web = deployment(3, { containers: asks({ cpu: '500m', memory: '512Mi' }, { memory: '1Gi' }) })
    const hard = { 'requests.cpu': '4', cpu: '4', 'limits.memory': '2Gi', memory: '10Gi' }
    const used = { 'requests.cpu': '3', cpu: '3', 'limits.memory': '0', memory: '0' }
    expect(messages(quota(hard, used), [planned(web)])).toEqual([
      'The quota "team" of namespace shop has 1 of 4 cpu left; this plan needs 1500m more (Deployment web).',
      'The quota "team" of namespace shop has 2Gi of 2Gi limits.memory left; this plan needs 3Gi more (Deployment web).',
      'The quota "team" of namespace shop has 1 of 4 requests.cpu left; this plan needs 1500m more (Deployment web).',
    ])
  })

  it('counts the defaults of LimitRanges', () => {
    const defaults = defaultsOf([
      object('v1', 'LimitRange', 'd', {
        spec: { limits: [{ type: 'Container', default: { cpu: '2' }, defaultRequest: { cpu: '1' } }] },
      }),
    ])
    const plan = [planned(deployment(1, { containers: [{ name: 'c' }] }))]
    const cpu = quota({ 'requests.cpu': '0', 'limits.cpu': '0' }, { 'requests.cpu': '0', 'limits.cpu': '0' })
    expect(messages(cpu, plan)).toEqual([])
    expect(messages(cpu, plan, { defaults })).toEqual([
      expect.stringContaining('needs 2 more'),
      expect.stringContaining('needs 1 more'),
    ])
  })

  it('counts ports and balancers of Services', () => {
    const ports = [{ port: 80 }, { port: 443 }]
    const service = (type: string, more: JsonObject = {}) =>
      object('v1', 'Service', 'web', { spec: { type, ports, ...more } })
    const names = ['services', 'services.nodeports', 'services.loadbalancers']
    const none = Object.fromEntries(names.map((name) => [name, '0']))
    expect(messages(quota(none, none), [planned(service('LoadBalancer'))])).toHaveLength(3)
    expect(messages(quota(none, none), [planned(service('ClusterIP'))])).toHaveLength(1)
    const [said] = messages(quota(none, none), [planned(service('NodePort'), service('ClusterIP'))])
    expect(said).toContain('services.nodeports left; this plan needs 2 more')
    const bare = service('LoadBalancer', { allocateLoadBalancerNodePorts: false })
    expect(messages(quota(none, none), [planned(bare)]).join()).not.toContain('nodeports')
  })

  it('counts storage, also by class, and the claims that a StatefulSet makes', () => {
    const spec = { storageClassName: 'fast', resources: { requests: { storage: '10Gi' } } }
    const claim = object('v1', 'PersistentVolumeClaim', 'data', { spec })
    const hard = {
      'requests.storage': '5Gi',
      persistentvolumeclaims: '2',
      'fast.storageclass.storage.k8s.io/requests.storage': '5Gi',
    }
    const used = { ...hard, 'requests.storage': '0', persistentvolumeclaims: '0' }
    const all = quota(hard, { ...used, 'fast.storageclass.storage.k8s.io/requests.storage': '0' })
    expect(messages(all, [planned(claim)])).toHaveLength(2)
    const set = (replicas: number) =>
      object('apps/v1', 'StatefulSet', 'db', {
        spec: { replicas, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { resources: {} } }] },
      })
    expect(messages(all, [planned(set(3))])).toEqual([
      'The quota "team" of namespace shop has 2 of 2 persistentvolumeclaims left; this plan needs 3 more (StatefulSet db).',
    ])
    // Claims outlive a StatefulSet.
    expect(messages(all, [planned(set(3))], { claims: new Set(['data-db-0']) })).toEqual([])
    expect(messages(all, [planned(set(3), set(2))])).toEqual([])
  })

  it('chooses pods by its scopes, and counts nothing else then', () => {
    const none = { pods: '0', configmaps: '0' }
    const scoped = (...scopes: string[]) => quota(none, none, { scopes })
    const cheap = planned(deployment(1, { containers: [{ name: 'c' }] }))
    const dear = planned(deployment(1, { containers: asks({ cpu: '1' }) }))
    const short = planned(deployment(1, { containers: [{ name: 'c' }], activeDeadlineSeconds: 5 }))
    expect(messages(scoped('BestEffort'), [cheap])).toHaveLength(1)
    expect(messages(scoped('BestEffort'), [dear])).toEqual([])
    expect(messages(scoped('NotBestEffort'), [dear])).toHaveLength(1)
    expect(messages(scoped('Terminating'), [cheap, dear])).toEqual([])
    expect(messages(scoped('Terminating'), [short])).toHaveLength(1)
    expect(messages(scoped('NotTerminating', 'BestEffort'), [cheap])).toHaveLength(1)
    expect(messages(scoped('CrossNamespacePodAffinity'), [cheap])).toEqual([])
    expect(messages(scoped('BestEffort'), [planned(object('v1', 'ConfigMap', 'a'))])).toEqual([])
  })

  it('chooses pods by their priority class', () => {
    const none = { pods: '0' }
    const by = (operator: string, values: readonly string[] = []) =>
      quota(none, none, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] } })
    const high = planned(deployment(1, { priorityClassName: 'high' }))
    const plain = planned(deployment(1, {}))
    const counted = (of: KubeObject) => [high, plain].map((each) => messages(of, [each]).length)
    expect(counted(by('In', ['high']))).toEqual([1, 0])
    expect(counted(by('NotIn', ['high']))).toEqual([0, 1])
    expect(counted(by('Exists'))).toEqual([1, 0])
    expect(counted(by('DoesNotExist'))).toEqual([0, 1])
  })

  it('has the room that the same plan gives it', () => {
    const old = quota({ configmaps: '1' }, { configmaps: '1' })
    const raised = quota({ configmaps: '2' }, {})
    const plan = [planned(object('v1', 'ConfigMap', 'a'))]
    expect(messages(old, plan)).toHaveLength(1)
    expect(messages(old, [...plan, planned(raised, old)])).toEqual([])
  })

  it('never has less than nothing left, and shortens long lists', () => {
    const many = Array.from({ length: 8 }, (_, index) => planned(object('v1', 'Secret', `s${index}`)))
    expect(messages(quota({ secrets: '2' }, { secrets: '3' }), many)).toEqual([
      'The quota "team" of namespace shop has 0 of 2 secrets left; this plan needs 8 more (s0, s1, s2, s3, s4, 3 more).',
    ])
  })

  it('knows beforehand what can matter', () => {
    expect(grows(planned(deployment(1), deployment(2)), { resourceOf })).toBe(false)
    expect(grows(planned(deployment(2), deployment(1)), { resourceOf })).toBe(true)
    expect(grows(planned(object('v1', 'ConfigMap', 'a')), { resourceOf })).toBe(true)
    expect(limitsCompute(quota({ 'requests.storage': '1', pods: '1' }, {}))).toBe(false)
    expect(limitsCompute(quota({ 'requests.nvidia.com/gpu': '1' }, {}))).toBe(true)
    expect(limitsClaims(quota({ 'requests.storage': '1' }, {}))).toBe(true)
    expect(limitsClaims(quota({ pods: '1' }, {}))).toBe(false)
  })
})

describe('what one pod takes', () => {
  const cpu = (spec: JsonObject) => formatQuantity(podUsage(spec).usage.get('requests.cpu') ?? 0n)
  const initial = (amount: string, more: JsonObject = {}) => ({
    name: amount,
    resources: { requests: { cpu: amount } },
    ...more,
  })

  it('is the larger of its containers and its largest init container', () => {
    expect(cpu({ containers: [...asks({ cpu: '1' }), ...asks({ cpu: '500m' })] })).toBe('1500m')
    expect(cpu({ containers: asks({ cpu: '1' }), initContainers: [initial('3'), initial('2')] })).toBe('3')
  })

  it('holds sidecars beside containers and later init containers', () => {
    const sidecar = initial('1', { restartPolicy: 'Always' })
    expect(cpu({ containers: asks({ cpu: '1' }), initContainers: [sidecar] })).toBe('2')
    expect(cpu({ containers: asks({ cpu: '1' }), initContainers: [sidecar, initial('3')] })).toBe('4')
    expect(cpu({ containers: asks({ cpu: '1' }), initContainers: [initial('3'), sidecar] })).toBe('3')
  })

  it('is its limit where it requests nothing, and its own where the pod says so', () => {
    expect(cpu({ containers: asks({}, { cpu: '2' }) })).toBe('2')
    expect(cpu({ containers: asks({ cpu: '1' }, { cpu: '2' }) })).toBe('1')
    expect(cpu({ containers: asks({ cpu: '1' }), resources: { requests: { cpu: '4' } } })).toBe('4')
  })

  it('is named as quotas name it', () => {
    const { usage } = podUsage({ containers: asks({ 'nvidia.com/gpu': '2', memory: '1Gi' }) })
    expect([...usage.keys()].sort()).toEqual([
      'count/pods',
      'memory',
      'pods',
      'requests.memory',
      'requests.nvidia.com/gpu',
    ])
  })
})
