import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clusterOn } from '../../../src/adapters/kubernetes/cluster.ts'
import { connect } from '../../../src/adapters/kubernetes/connection.ts'
import { parentName } from '../../../src/core/model/inventory.ts'
import { at, type KubeObject } from '../../../src/core/model/object.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'
import {
  allowed,
  type ControlPlane,
  kubeconfig,
  kubeconfigWith,
  openControlPlane,
  randomName,
  refusalOf,
  skipped,
} from './control-plane.ts'

describe.skipIf(!kubeconfig)(`a cluster${skipped}`, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('adapter')
  })
  afterAll(() => plane.close())

  const object = (name: string, more: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: plane.namespace },
    data: { a: '1' },
    ...more,
  })

  it('says who it is, and what it serves', async () => {
    expect(await plane.cluster.identify()).toMatchObject({
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      version: expect.stringMatching(/^v1\.\d+/),
    })
    const kinds = await plane.cluster.kinds()
    expect(kinds.find('apps/v1', 'Deployment')).toMatchObject({ resource: 'deployments', namespaced: true })
    expect(kinds.find('v1', 'Namespace')).toMatchObject({ namespaced: false })
    expect(kinds.find('v1', 'Deployment')).toBeUndefined()
  })

  it('has no object, and refuses a kind that nobody serves', async () => {
    expect(await plane.cluster.get(referenceOf(object('none')))).toBeUndefined()
    await expect(plane.cluster.get({ apiVersion: 'acme.dev/v1', kind: 'Thing', name: 'x' })).rejects.toMatchObject({
      code: 'unknown-kind',
    })
  })

  it('previews a creation, an update and a deletion without changing anything', async () => {
    const answer = await plane.cluster.previewApply(object('preview'))
    expect(answer).toMatchObject({ created: true, object: { data: { a: '1' } } })
    expect(await plane.cluster.get(referenceOf(object('preview')))).toBeUndefined()

    await plane.raw('POST', `/api/v1/namespaces/${plane.namespace}/configmaps`, object('there'))
    const before = await plane.cluster.get(referenceOf(object('there')))
    const update = await plane.cluster.previewApply(object('there', { data: { a: '2' } }))
    expect(update).toMatchObject({ created: false, object: { data: { a: '2' } } })
    await plane.cluster.previewDelete(referenceOf(object('there')))
    expect(await plane.cluster.get(referenceOf(object('there')))).toEqual(before)
    // What is gone already needs no deletion.
    await plane.cluster.previewDelete(referenceOf(object('none')))
  })

  it('writes what was authorised, the same way as it was previewed', async () => {
    const wanted = object('written')
    const { object: predicted } = await plane.cluster.previewApply(wanted)
    const writer = plane.cluster.writer(allowed('create', wanted))
    const written = await writer.apply(wanted)
    expect(written).toMatchObject({ created: true, object: { data: predicted.data } })
    expect(at(written.object, 'metadata', 'managedFields', 0)).toMatchObject({ manager: 'drydock', operation: 'Apply' })
    const again = await writer.apply(wanted)
    expect(again.object.metadata.resourceVersion).toBe(written.object.metadata.resourceVersion)
  })

  it('refuses to write what was not authorised, or only for something else', async () => {
    const writer = plane.cluster.writer(allowed('update', object('mine')))
    await expect(writer.apply(object('other'))).rejects.toMatchObject({ code: 'forbidden-target' })
    await expect(writer.apply(object('mine', { kind: 'Secret' }))).rejects.toMatchObject({ code: 'forbidden-target' })
    await expect(writer.delete(referenceOf(object('mine')), 'uid')).rejects.toMatchObject({ code: 'forbidden-target' })
    const deleter = plane.cluster.writer(allowed('delete', object('mine')))
    await expect(deleter.apply(object('mine'))).rejects.toMatchObject({ code: 'forbidden-target' })
    const confined = clusterOn('test', plane.connection, { namespaces: ['elsewhere'] })
    await expect(confined.writer(allowed('create', object('mine'))).apply(object('mine'))).rejects.toMatchObject({
      code: 'forbidden-target',
    })
    expect(await plane.cluster.get(referenceOf(object('mine')))).toBeUndefined()
  })

  it('deletes only the object with the UID that was seen', async () => {
    await plane.raw('POST', `/api/v1/namespaces/${plane.namespace}/configmaps`, object('namesake'))
    const writer = plane.cluster.writer(allowed('delete', object('namesake')))
    const refusal = await refusalOf(
      writer.delete(referenceOf(object('namesake')), '00000000-0000-0000-0000-000000000000'),
    )
    expect(refusal.kind).toBe('conflict')
    const live = await plane.cluster.get(referenceOf(object('namesake')))
    await writer.delete(referenceOf(object('namesake')), live?.metadata.uid ?? '')
    expect(await plane.cluster.get(referenceOf(object('namesake')))).toBeUndefined()
    await writer.delete(referenceOf(object('namesake')), live?.metadata.uid ?? '')
  })

  it('lists by label, page after page, with apiVersion and kind', async () => {
    const make = (index: number) =>
      plane.raw('POST', `/api/v1/namespaces/${plane.namespace}/configmaps`, {
        metadata: { name: `page-${index}`, labels: { page: 'yes' } },
      })
    for (let index = 0; index < 501; index += 50)
      await Promise.all(Array.from({ length: Math.min(50, 501 - index) }, (_, each) => make(index + each)))
    const found = await plane.cluster.list('v1', 'ConfigMap', { namespace: plane.namespace, labelSelector: 'page=yes' })
    expect(found).toHaveLength(501)
    expect(found[500]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' })
  })

  it('keeps integers past 2^53, sources of a NetworkPolicy and defaults of a schema', async () => {
    const policy: KubeObject = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'np', namespace: plane.namespace },
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { a: 'b' } } }] }] },
    }
    const { object: stored } = await plane.cluster.writer(allowed('create', policy)).apply(policy)
    expect(at(stored, 'spec', 'ingress', 0, 'from')).toEqual([{ podSelector: { matchLabels: { a: 'b' } } }])

    const group = `${randomName('g')}.example.com`
    const schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: {
            size: { type: 'integer', default: 5, enum: [5, 6] },
            big: { type: 'integer', format: 'int64' },
          },
        },
      },
    }
    const definition: KubeObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    }
    plane.later(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.${group}`)
    const made = await plane.cluster.writer(allowed('create', definition)).apply(definition)
    expect(at(made.object, 'spec', 'versions', 0, 'schema', 'openAPIV3Schema')).toEqual(schema)

    const thing: KubeObject = {
      apiVersion: `${group}/v1`,
      kind: 'Thing',
      metadata: { name: 'a', namespace: plane.namespace },
      spec: { big: 9007199254740993n, brandNew: { nested: [1] } },
    }
    await expect
      .poll(async () => (await plane.cluster.kinds({ fresh: true })).find(`${group}/v1`, 'Thing'), { timeout: 10_000 })
      .toBeDefined()
    await plane.cluster.writer(allowed('create', thing)).apply(thing)
    const live = await plane.cluster.get(referenceOf(thing))
    expect(live?.spec).toEqual({ size: 5, big: 9007199254740993n, brandNew: { nested: [1] } })
  })

  it('keeps the inventory, and tells when another sync changed it', async () => {
    const repository = `acme/${plane.namespace}`
    const empty = await plane.cluster.inventory(repository, 'shop')
    expect(empty).toMatchObject({ objects: [], repository, app: 'shop' })
    expect(empty.revision).toBeUndefined()
    const writer = plane.cluster.writer(allowed('create'))
    const entries = [
      { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'a', name: 'x', uid: '0b7c6a52-6d0e-4b5c-8a2e-1f2d3c4b5a69' },
      { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'b', name: 'y' },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'a role with: spaces' },
    ]
    const saved = await writer.saveInventory({ ...empty, objects: entries, revision: 'abc', digest: 'sha256:1' })
    const read = await plane.cluster.inventory(repository, 'shop')
    plane.later(`/api/v1/namespaces/drydock/configmaps/${parentName(repository, 'shop')}`)
    expect(read).toEqual(saved)
    expect(read).toMatchObject({ revision: 'abc', digest: 'sha256:1' })
    expect([...read.objects].sort((one, other) => (one.name < other.name ? 1 : -1))).toEqual(
      [...entries].sort((one, other) => (one.name < other.name ? 1 : -1)),
    )
    await writer.saveInventory({ ...read, revision: 'def' })
    await expect(writer.saveInventory({ ...read, revision: 'ghi' })).rejects.toMatchObject({ code: 'busy' })
    await expect(writer.saveInventory({ ...empty, revision: 'ghi' })).rejects.toMatchObject({ code: 'busy' })
    expect((await plane.cluster.inventory(repository, 'shop')).revision).toBe('def')
  })

  it('does not prune by an inventory that somebody broke', async () => {
    const repository = `acme/broken-${plane.namespace}`
    const empty = await plane.cluster.inventory(repository, 'shop')
    await plane.cluster.writer(allowed('create')).saveInventory({ ...empty, revision: 'abc' })
    const path = `/api/v1/namespaces/drydock/configmaps/${parentName(repository, 'shop')}`
    plane.later(path)
    for (const patch of [
      { data: { objects: 'not json' } },
      { data: { objects: '[]' } },
      { data: null },
      { metadata: { labels: { 'applyset.kubernetes.io/id': 'other' } } },
    ]) {
      await plane.raw('PATCH', path, patch, { contentType: 'application/merge-patch+json' })
      await expect(plane.cluster.inventory(repository, 'shop')).rejects.toMatchObject({ code: 'store-failed' })
    }
  })

  it('passes on what the server warns of', async () => {
    const pod = {
      restartPolicy: 'Always',
      containers: [{ name: 'a', image: 'a', ports: [{ containerPort: 80, name: 'x' }] }],
    }
    const answer = await plane.cluster.previewApply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'warned', namespace: plane.namespace },
      spec: {
        selector: { matchLabels: { a: 'a' } },
        template: {
          metadata: {
            labels: { a: 'a' },
            annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' },
          },
          spec: pod,
        },
      },
    })
    expect(answer.warnings.join()).toContain('apparmor')
  })

  it('is unreachable where nobody answers, and forbids what the token may not do', async () => {
    const nowhere = kubeconfigWith({ server: 'https://127.0.0.1:1' })
    const viewer = kubeconfigWith({ token: 'viewer-token' })
    const stranger = kubeconfigWith({ token: 'CANARY-token' })
    try {
      const dead = clusterOn('dead', await connect({ kubeconfig: nowhere.path }))
      await expect(dead.identify()).rejects.toMatchObject({ code: 'cluster-unreachable' })
      await expect(dead.kinds()).rejects.toMatchObject({ message: expect.stringContaining('127.0.0.1:1') })
      await dead.close()
      const weak = clusterOn('weak', await connect({ kubeconfig: viewer.path }))
      const refusal = await refusalOf(weak.previewApply(object('x')))
      expect(refusal).toMatchObject({ kind: 'forbidden', hint: expect.stringContaining('permission') })
      await weak.close()
      const unknown = clusterOn('unknown', await connect({ kubeconfig: stranger.path }))
      const thrown = await unknown.identify().catch((cause: unknown) => cause)
      expect(thrown).toMatchObject({ code: 'cluster-unreachable' })
      expect(String(thrown)).not.toContain('CANARY')
      await unknown.close()
    } finally {
      for (const each of [nowhere, viewer, stranger]) each.remove()
    }
  })

  it('counts dry runs apart from writes', async () => {
    const before = plane.cluster.requests()
    await plane.cluster.previewApply(object('counted'))
    const after = plane.cluster.requests()
    expect((after['PATCH dry-run'] ?? 0) - (before['PATCH dry-run'] ?? 0)).toBe(1)
    expect(after.PATCH).toBe(before.PATCH)
  })
})
