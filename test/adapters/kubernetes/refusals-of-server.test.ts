import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { healthOf } from '../../../src/core/health/health.ts'
import type { KubeObject, LiveObject } from '../../../src/core/model/object.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'
import { desiredObject } from '../../../src/core/plan/desired.ts'
import {
  allowed,
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  refusalOf,
  skipped,
} from './control-plane.ts'

type Spec = { readonly [key: string]: unknown }

describe.skipIf(!kubeconfig)(`what the API server refuses${skipped}`, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('refusal')
  })
  afterAll(() => plane.close())

  const object = (apiVersion: string, kind: string, more: Spec, name = 'x'): KubeObject =>
    ({ apiVersion, kind, metadata: { name, namespace: plane.namespace }, ...more }) as unknown as KubeObject
  const clusterWide = (apiVersion: string, kind: string, resource: string, more: Spec, name = randomName('x')) => {
    plane.later(`/apis/${apiVersion}/${resource}/${name}`)
    return { apiVersion, kind, metadata: { name }, ...more } as unknown as KubeObject
  }
  /** A definition keeps its scope from the moment that it is established. */
  const established = async (definition: KubeObject) => {
    const done = new AbortController()
    const signal = AbortSignal.any([done.signal, AbortSignal.timeout(20_000)])
    const seen = (_reference: unknown, live: LiveObject | undefined) => {
      if (live && healthOf(live).status === 'healthy') done.abort()
    }
    await plane.cluster.observe([referenceOf(definition)], seen, { signal })
  }
  /** Creates the one and asks for the other. */
  const change = async (before: KubeObject, after: Spec) => {
    await plane.cluster.writer(allowed('create', before)).apply(before)
    if (before.kind === 'CustomResourceDefinition') await established(before)
    return refusalOf(plane.cluster.previewApply({ ...before, ...after } as KubeObject))
  }
  const pod = (app: string, more: Spec = {}) => ({
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'c', image: 'a' }], ...more },
  })
  const workload = (app: string, more: Spec = {}) => ({
    spec: { selector: { matchLabels: { app } }, template: pod(app, { nodeSelector: { no: 'where' } }), ...more },
  })
  const job = (image: string) => ({
    spec: { suspend: true, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } } },
  })
  const claim = (mode: string) => ({
    spec: { accessModes: [mode], resources: { requests: { storage: '1Gi' } } },
  })
  const role = (name: string) => ({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name } })

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
  it.each(Object.keys(immutable))('as immutable: %s', async (name) => {
    expect(await immutable[name]?.()).toMatchObject({ kind: 'immutable' })
  })

  it('as invalid: an immutable field beside another mistake, which a new object would have, too', async () => {
    const before = object('apps/v1', 'Deployment', workload('a'), 'two-mistakes')
    expect((await change(before, workload('b', { replicas: -1 }))).kind).toBe('invalid')
  })

  it.each([
    ['an unknown field', { spec: { replica: 1 } }, '.spec.replica'],
    ['a wrong type', { spec: { replicas: 'three' } }, '.spec.replicas'],
    ['a label that says "is immutable"', { metadata: { name: 'y', labels: { a: 'it is immutable' } } }, 'label'],
    [
      'an entry that is there twice',
      { spec: { template: { spec: { containers: [{ name: 'a' }, { name: 'a' }] } } } },
      'duplicate',
    ],
  ])('as invalid: %s, with the place', async (_name, more, place) => {
    const { metadata, ...rest } = more as { metadata?: object }
    const wrong = object('apps/v1', 'Deployment', { ...workload('a'), ...rest }, 'wrong')
    const refusal = await refusalOf(
      plane.cluster.previewApply({ ...wrong, metadata: { ...wrong.metadata, ...metadata } } as KubeObject),
    )
    expect(refusal).toMatchObject({ kind: 'invalid', message: expect.stringContaining(place) })
  })

  it('for want of a namespace', async () => {
    const lost = { ...object('v1', 'ConfigMap', {}), metadata: { name: 'x', namespace: randomName('none') } }
    expect(await refusalOf(plane.cluster.previewApply(lost))).toMatchObject({
      kind: 'namespace-missing',
      hint: expect.stringContaining(lost.metadata.namespace),
    })
  })

  it('by a quota', async () => {
    const quota = object('v1', 'ResourceQuota', { spec: { hard: { 'count/leases.coordination.k8s.io': '0' } } })
    await plane.cluster.writer(allowed('create', quota)).apply(quota)
    const lease = object('coordination.k8s.io/v1', 'Lease', {})
    // The quota counts once its controller has seen it.
    const answer = async () => (await plane.cluster.previewApply(lease).catch((cause: unknown) => cause)) as object
    await expect.poll(answer, { timeout: 20_000 }).toMatchObject({ kind: 'invalid', status: 403 })
    expect(await answer()).toMatchObject({
      message: expect.stringContaining('exceeded quota'),
      hint: expect.stringContaining('quota'),
    })
  })

  it('by Pod Security, as a warning for a template and as a refusal of a Pod', async () => {
    const labels = {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    }
    const space = `/api/v1/namespaces/${plane.namespace}`
    const merge = { contentType: 'application/merge-patch+json' }
    await plane.raw('PATCH', space, { metadata: { labels } }, merge)
    try {
      const answer = await plane.cluster.previewApply(object('apps/v1', 'Deployment', workload('a'), 'secured'))
      expect(answer.warnings.join()).toContain('would violate PodSecurity "restricted:latest"')
      const refusal = await refusalOf(
        plane.cluster.previewApply(object('v1', 'Pod', { spec: pod('a').spec }, 'secured')),
      )
      expect(refusal).toMatchObject({ kind: 'invalid', message: expect.stringContaining('violates PodSecurity') })
    } finally {
      const gone = Object.fromEntries(Object.keys(labels).map((key) => [key, null]))
      await plane.raw('PATCH', space, { metadata: { labels: gone } }, merge)
    }
  })

  it('for a while, when a webhook is down: it says so', async () => {
    const name = randomName('down')
    plane.later(`/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${name}`)
    await plane.raw('POST', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
      metadata: { name },
      webhooks: [
        {
          name: 'schema.conversion.dev',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': plane.namespace } },
          rules: [
            { apiGroups: ['networking.k8s.io'], apiVersions: ['v1'], operations: ['*'], resources: ['ingresses'] },
          ],
        },
      ],
    })
    const ingress = object('networking.k8s.io/v1', 'Ingress', {
      spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } },
    })
    const answer = async () => (await plane.cluster.previewApply(ingress).catch((cause: unknown) => cause)) as object
    await expect.poll(answer, { timeout: 10_000 }).toMatchObject({ kind: 'transient' })
    expect(await answer()).toMatchObject({
      message: expect.stringContaining('failed calling webhook "schema.conversion.dev"'),
      hint: expect.stringContaining('webhook'),
    })
  })

  it.each([
    ['that is no base64', { data: { a: 'CANARY-!' } }],
    ['with a quote', { data: { a: 'x"CANARY' } }],
    ['that is a number', { data: { a: 48151623 } }],
    ['that is a map', { data: { a: { b: 'x}y"CANARY' } } }],
    ['in a list', { data: ['CANARY'] }],
    ['in place of the map', { data: 'CANARY' }],
    ['that is a number in stringData', { stringData: { a: 48151623 } }],
    [
      'of a broken docker configuration',
      { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{"CANARY": x' } },
    ],
    ['under an unknown field', { dota: { a: 'CANARY' } }],
  ])('without the value of a Secret %s', async (_name, more) => {
    const secret = desiredObject(object('v1', 'Secret', more, 'canary'), 'applyset-x-v1')
    const refusal = await refusalOf(plane.cluster.previewApply(secret))
    expect(refusal.kind).toBe('invalid')
    expect(refusal.message).toContain('Secret')
    for (const secretText of ['CANARY', '48151623', Buffer.from('{"CANARY": x').toString('base64')]) {
      expect(refusal.message).not.toContain(secretText)
    }
  })
})
