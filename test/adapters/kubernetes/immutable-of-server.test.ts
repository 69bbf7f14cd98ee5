import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { KubeObject } from '../../../src/core/model/object.ts'
import {
  allowed,
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  refusalOf,
  skipped,
} from './control-plane.ts'
import { objectsOf, type Spec } from './refused-objects.ts'

describe.skipIf(!kubeconfig)(`what the API server keeps as it is${skipped}`, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('immutable')
  })
  afterAll(() => plane.close())
  const { object, clusterWide, established, change, pod, workload, job, claim, role } = objectsOf(() => plane)

  const immutable: Record<string, () => Promise<unknown>> = {
    'the selector of a Deployment': () => change(object('apps/v1', 'Deployment', workload('a')), workload('b')),
    'the selector of a DaemonSet': () => change(object('apps/v1', 'DaemonSet', workload('a')), workload('b')),
    'the service of a StatefulSet': () =>
      change(
        object('apps/v1', 'StatefulSet', workload('a', { serviceName: 'a' })),
        workload('a', { serviceName: 'b' }),
      ),
    'the template of a Job': () => change(object('batch/v1', 'Job', job('a')), job('b')),
    'the access mode of a claim': () =>
      change(object('v1', 'PersistentVolumeClaim', claim('ReadWriteOnce')), claim('ReadWriteMany')),
    'the type of a Secret': () =>
      change(object('v1', 'Secret', { type: 'Opaque', data: { a: 'YQ==' } }), { type: 'a/b', data: { a: 'YQ==' } }),
    'an immutable ConfigMap': () =>
      change(object('v1', 'ConfigMap', { immutable: true, data: { a: '1' } }), { data: { a: '2' } }),
    'a bare Pod': () =>
      change(object('v1', 'Pod', { spec: pod('a').spec }), { spec: pod('a', { hostNetwork: true }).spec }),
    'the role of a binding': () =>
      change(object('rbac.authorization.k8s.io/v1', 'RoleBinding', role('view')), role('edit')),
    'the address of a Service': async () => {
      const { body } = await plane.raw('GET', '/api/v1/namespaces/default/services/kubernetes')
      const network = (body as { spec?: { clusterIP?: string } }).spec?.clusterIP?.replace(/\d+$/, '') ?? ''
      const at = (last: number) => ({ spec: { clusterIP: `${network}${last}`, ports: [{ port: 80 }] } })
      const last = 20 + Math.floor(Math.random() * 200)
      return change(object('v1', 'Service', at(last)), at(last + 1))
    },
    'the scope of a CustomResourceDefinition': () => {
      const group = `${randomName('g')}.example.com`
      const of = (scope: string) => ({
        spec: {
          group,
          scope,
          names: { plural: 'things', kind: 'Thing' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      })
      const api = 'apiextensions.k8s.io/v1'
      const kind = 'CustomResourceDefinition'
      const name = `things.${group}`
      return change(clusterWide(api, kind, 'customresourcedefinitions', of('Namespaced'), name), of('Cluster'))
    },
    'a StorageClass': () =>
      change(clusterWide('storage.k8s.io/v1', 'StorageClass', 'storageclasses', { provisioner: 'a.b/c' }), {
        provisioner: 'd.e/f',
      }),
    'a PriorityClass': () =>
      change(clusterWide('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', { value: 1 }), { value: 2 }),
    'an IngressClass': () =>
      change(clusterWide('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', { spec: { controller: 'a.b/c' } }), {
        spec: { controller: 'd.e/f' },
      }),
  }
  const storage = (more: Spec, name?: string) =>
    clusterWide('storage.k8s.io/v1', 'StorageClass', 'storageclasses', { provisioner: 'a.b/c', ...more }, name)
  const volume = (more: Spec) => ({
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/a' }, ...more },
  })
  const needs = (key: string) => ({
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'Exists' }] }] } },
  })
  const persistentVolume = (more: Spec) => {
    const name = randomName('x')
    plane.later(`/api/v1/persistentvolumes/${name}`)
    return { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, ...volume(more) } as unknown as KubeObject
  }
  const volumeOfSet = (size: string) => ({
    volumeClaimTemplates: [
      { metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } } } },
    ],
  })
  const others: typeof immutable = {
    'the selector of a ReplicaSet': () => change(object('apps/v1', 'ReplicaSet', workload('a')), workload('b')),
    'the claims of a StatefulSet': () =>
      change(
        object('apps/v1', 'StatefulSet', workload('a', volumeOfSet('1Gi')), 'claims'),
        workload('a', volumeOfSet('2Gi')),
      ),
    'the completions of a Job': () =>
      change(object('batch/v1', 'Job', { spec: { ...job('a').spec, completions: 1 } }, 'completions'), {
        spec: { ...job('a').spec, completions: 2 },
      }),
    'the storage class of a claim': () =>
      change(
        object('v1', 'PersistentVolumeClaim', { spec: { ...claim('ReadWriteOnce').spec, storageClassName: 'a' } }, 'c'),
        { spec: { ...claim('ReadWriteOnce').spec, storageClassName: 'b' } },
      ),
    'an immutable Secret': () =>
      change(object('v1', 'Secret', { immutable: true, data: { a: 'YQ==' } }, 'locked'), { data: { a: 'Yg==' } }),
    'an immutable Secret that shall be mutable': () =>
      change(object('v1', 'Secret', { immutable: true, data: { a: 'YQ==' } }, 'unlocked'), { immutable: false }),
    'the bytes of an immutable ConfigMap': () =>
      change(object('v1', 'ConfigMap', { immutable: true, binaryData: { a: 'YQ==' } }, 'bytes'), {
        binaryData: { a: 'Yg==' },
      }),
    'the role of a cluster-wide binding': () =>
      change(clusterWide('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', role('view')), {
        ...role('edit'),
      }),
    'a Service that shall have no address': () =>
      change(object('v1', 'Service', { spec: { ports: [{ port: 80 }] } }, 'headless'), {
        spec: { clusterIP: 'None', ports: [{ port: 80 }] },
      }),
    'the class of a load balancer': () => {
      const of = (name: string) => ({
        spec: { type: 'LoadBalancer', loadBalancerClass: `a.b/${name}`, ports: [{ port: 80 }] },
      })
      return change(object('v1', 'Service', of('c'), 'balanced'), of('d'))
    },
    'the parameters of a StorageClass': () => change(storage({ parameters: { a: '1' } }), { parameters: { a: '2' } }),
    'the reclaim policy of a StorageClass': () => change(storage({}), { reclaimPolicy: 'Retain' }),
    'the binding mode of a StorageClass': () => change(storage({}), { volumeBindingMode: 'WaitForFirstConsumer' }),
    'the preemption of a PriorityClass': () =>
      change(clusterWide('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', { value: 1 }), {
        preemptionPolicy: 'Never',
      }),
    'the path of a volume': () => change(persistentVolume({}), volume({ hostPath: { path: '/b' } })),
    'the nodes of a volume': () => change(persistentVolume(needs('a')), volume(needs('b'))),
    'the mode of a volume': () => change(persistentVolume({}), volume({ volumeMode: 'Block' })),
    'a CSIDriver': () =>
      change(clusterWide('storage.k8s.io/v1', 'CSIDriver', 'csidrivers', { spec: { attachRequired: true } }), {
        spec: { attachRequired: false },
      }),
    'the handler of a RuntimeClass': () =>
      change(clusterWide('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', { handler: 'a' }), { handler: 'b' }),
    'the addresses of an EndpointSlice': () =>
      change(object('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4', endpoints: [] }), {
        addressType: 'IPv6',
      }),
    'the scopes of a ResourceQuota': () =>
      change(object('v1', 'ResourceQuota', { spec: { hard: { pods: '9' }, scopes: ['BestEffort'] } }, 'scoped'), {
        spec: { hard: { pods: '9' }, scopes: ['NotBestEffort'] },
      }),
    'a ControllerRevision': () =>
      change(object('apps/v1', 'ControllerRevision', { revision: 1, data: { a: 'x' } }), { data: { a: 'y' } }),
  }
  const all = { ...immutable, ...others }
  it.each(Object.keys(all))('as immutable: %s', async (name) => {
    expect(await all[name]?.()).toMatchObject({ kind: 'immutable' })
  })

  describe('of custom objects', () => {
    const group = `${randomName('g')}.example.com`
    const api = `${group}/v1`
    const rule = (more: Spec) => ({ type: 'string', maxLength: 9, 'x-kubernetes-validations': [{ ...more }] })
    const widget = (spec: Spec, name: string) => object(api, 'Widget', { spec }, name)
    beforeAll(async () => {
      const properties = {
        said: rule({ rule: 'self == oldSelf', message: 'Value is immutable' }),
        unsaid: rule({ rule: 'self == oldSelf' }),
        other: rule({ rule: 'self == oldSelf', message: 'cannot be changed after creation' }),
        plain: rule({ rule: 'self != "bad"', message: 'bad is not good' }),
        number: { type: 'integer', minimum: 1 },
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name', 'port'],
          items: {
            type: 'object',
            required: ['name', 'port'],
            properties: { name: { type: 'string' }, port: { type: 'integer' }, note: { type: 'string', maxLength: 3 } },
          },
        },
      }
      const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } }
      const definition = clusterWide(
        'apiextensions.k8s.io/v1',
        'CustomResourceDefinition',
        'customresourcedefinitions',
        {
          spec: {
            group,
            scope: 'Namespaced',
            names: { plural: 'widgets', kind: 'Widget' },
            versions: [{ name: 'v1', served: true, storage: true, schema }],
          },
        },
        `widgets.${group}`,
      )
      await plane.cluster.writer(allowed('create', definition)).apply(definition)
      await established(definition)
      await plane.cluster.kinds({ fresh: true })
      await vi.waitFor(() => plane.cluster.previewApply(widget({}, 'probe')), { timeout: 20_000, interval: 200 })
    })

    it.each(['said', 'unsaid', 'other'])('as immutable: a transition rule (%s)', async (field) => {
      const refusal = await change(widget({ [field]: 'a' }, field), { spec: { [field]: 'b' } })
      expect(refusal).toMatchObject({ kind: 'immutable', faults: [{ path: ['spec', field] }] })
    })

    it('as invalid: a transition rule beside another mistake', async () => {
      const refusal = await change(widget({ said: 'a' }, 'both'), { spec: { said: 'b', number: 0 } })
      expect(refusal.kind).toBe('invalid')
      expect(refusal.faults.map((fault) => fault.path.join('.')).sort()).toEqual(['spec.number', 'spec.said'])
    })

    it.each([
      ['a rule that a new object breaks, too', { plain: 'bad' }, ['spec', 'plain']],
      [
        'an unknown field of an item',
        {
          items: [
            { name: 'a', port: 1 },
            { name: 'b', port: 2, x: 1 },
          ],
        },
        ['spec', 'items', 1, 'x'],
      ],
      ['a wrong field of an item', { items: [{ name: 'a', port: 1, note: 'long' }] }, ['spec', 'items', 0, 'note']],
      [
        'an item that is there twice',
        {
          items: [
            { name: 'a', port: 1 },
            { name: 'a', port: 1 },
          ],
        },
        ['spec', 'items', 1],
      ],
    ])('as invalid, at its field: %s', async (_name, spec, path) => {
      const refusal = await refusalOf(plane.cluster.previewApply(widget(spec, 'wrong')))
      expect(refusal).toMatchObject({ kind: 'invalid', faults: [{ path }] })
    })
  })

  it('as invalid: what a policy calls immutable', async () => {
    const name = randomName('policy')
    const api = 'admissionregistration.k8s.io/v1'
    const expression = '!has(object.data) || !("denied" in object.data)'
    const policy = clusterWide(
      api,
      'ValidatingAdmissionPolicy',
      'validatingadmissionpolicies',
      {
        spec: {
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
            ],
          },
          validations: [{ expression, message: 'data is immutable, and updates to it are forbidden' }],
        },
      },
      name,
    )
    const matchLabels = { 'kubernetes.io/metadata.name': plane.namespace }
    const binding = clusterWide(
      api,
      'ValidatingAdmissionPolicyBinding',
      'validatingadmissionpolicybindings',
      {
        spec: { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector: { matchLabels } } },
      },
      name,
    )
    for (const each of [policy, binding]) await plane.cluster.writer(allowed('create', each)).apply(each)
    const before = object('v1', 'ConfigMap', { data: { a: '1' } }, 'policed')
    await plane.cluster.writer(allowed('create', before)).apply(before)
    const denied = { ...before, data: { denied: 'x' } } as KubeObject
    const answer = async () => (await plane.cluster.previewApply(denied).catch((cause: unknown) => cause)) as object
    await expect.poll(answer, { timeout: 20_000 }).toMatchObject({ kind: 'invalid', faults: [] })
  })
})
