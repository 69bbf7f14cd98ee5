import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/core/model/object.ts'
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
import { objectsOf } from './refused-objects.ts'

describe.skipIf(!kubeconfig)(`what the API server refuses${skipped}`, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('refusal')
  })
  afterAll(() => plane.close())
  const { object, change, pod, workload } = objectsOf(() => plane)

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
