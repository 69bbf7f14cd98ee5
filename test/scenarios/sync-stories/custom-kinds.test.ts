import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap } from '../../flows/manifests.ts'
import { fresh } from '../../support/harbour.ts'
import { done, openStage, type Stage } from './stage.ts'

const group = `${fresh('shop')}.example.com`

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { kind: Widget, plural: widgets, singular: widget }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, properties: { size: { type: integer } } }
            status: { type: object, x-kubernetes-preserve-unknown-fields: true }
`

const widget = `apiVersion: ${group}/v1
kind: Widget
metadata: { name: first }
spec: { size: 3 }
`

/** Its service isn't there: nothing that it is asked for may be refused by that. */
const webhook = (namespace: string) => `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: widgets.${group} }
webhooks:
  - name: widgets.${group}
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 1
    clientConfig: { service: { name: widgets, namespace: ${namespace} } }
    rules: [{ apiGroups: ["${group}"], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [widgets] }]
`

describe.skipIf(!kubeconfig)(`custom kinds${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  test('a kind, its webhook and its first object come in one commit, and what needs the object waits until it is ready', async () => {
    const { plane, harbour } = stage
    const rule = `{ group: ${group}, kind: Widget, healthy: "object.status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')" }`
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more: `health: [${rule}]` }])
    plane.later(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`)
    plane.later(`/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/widgets.${group}`)
    const number = await scene.propose({
      'shop/a-widget.yaml': widget,
      'shop/b-webhook.yaml': webhook(scene.namespace),
      'shop/c-definition.yaml': definition,
      'shop/later.yaml': configMap('later', { 'drydock.dev/wave': '1' }),
    })
    expect(await harbour.planned(scene.repository, number)).toBe('success')
    expect(scene.comment(number)).toContain('4 to create')
    await scene.merge(number)
    await scene.says(number, /waiting for .*Widget .*first/)
    expect(await scene.get('ConfigMap', 'later')).toBeUndefined()

    const path = `/apis/${group}/v1/namespaces/${scene.namespace}/widgets/first/status`
    const conditions = [{ type: 'Ready', status: 'True', reason: 'Built', lastTransitionTime: '2026-01-01T00:00:00Z' }]
    const patch = { contentType: 'application/merge-patch+json' } as const
    const answer = await plane.raw('PATCH', path, { status: { conditions } }, patch)
    expect(answer.status).toBe(200)
    expect(await scene.says(number, done)).toContain('4 created')
    expect(await scene.get('ConfigMap', 'later')).toBeDefined()

    // By the conventions of custom kinds, without a rule: what says that it isn't ready isn't.
    const unready = [{ ...conditions[0], status: 'False', reason: 'NoSpace', message: 'the shelf is full' }]
    await plane.raw('PATCH', path, { status: { conditions: unready } }, patch)
    const next = await scene.propose({
      ...scene.configuration([{ name: 'shop', path: 'shop' }]),
      'shop/a-widget.yaml': widget.replace('size: 3', 'size: 4'),
    })
    await scene.merge(next)
    await scene.says(next, /waiting for .*Widget .*first.*the shelf is full/)
    await plane.raw('PATCH', path, { status: { conditions } }, patch)
    await scene.says(next, done)
  })
})
