import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject, LiveObject } from '../../../src/core/model/object.ts'
import { ClusterRefusal } from '../../../src/core/model/refusal.ts'
import { consequencesOf } from '../../../src/flows/plan/ask-consequences.ts'
import type { Cluster } from '../../../src/flows/ports.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../../adapters/kubernetes/control-plane.ts'

const refusal = (words: string) => new ClusterRefusal('forbidden', 403, `x: the API server refused it: ${words}`)

describe.skipIf(!kubeconfig)(`asking what goes with a deletion${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  let here: string
  beforeAll(async () => {
    plane = await openControlPlane('goes')
    here = `/api/v1/namespaces/${plane.namespace}`
  })
  afterAll(() => plane.close())

  const make = async (path: string, body: object): Promise<LiveObject> => {
    const answer = await plane.raw('POST', path, body)
    expect(answer.status).toBe(201)
    return answer.body as unknown as LiveObject
  }

  /** A claim of this name, bound to a volume of its own. */
  const bound = async (name: string, policy: string, space = here, labels: JsonObject = {}) => {
    const volume = randomName('volume')
    const [accessModes, storageClassName] = [['ReadWriteOnce'], volume]
    plane.later(`/api/v1/persistentvolumes/${volume}`)
    const made = await make('/api/v1/persistentvolumes', {
      metadata: { name: volume },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes,
        storageClassName,
        persistentVolumeReclaimPolicy: policy,
        csi: { driver: 'test.example.com', volumeHandle: volume },
      },
    })
    const claim = await make(`${space}/persistentvolumeclaims`, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, labels },
      spec: { accessModes, storageClassName, volumeName: volume, resources: { requests: { storage: '10Gi' } } },
    })
    return { volume, made, claim }
  }

  it('says whether the data of a claim goes', async () => {
    const lost = await bound('lost', 'Delete')
    expect(await consequencesOf(plane.cluster, lost.claim)).toEqual([
      `the volume ${lost.volume} (10Gi) and its data: its reclaim policy is Delete`,
    ])
    expect(await consequencesOf(plane.cluster, lost.made)).toEqual([
      'the storage behind it (10Gi) and its data: its reclaim policy is Delete',
    ])
    const kept = await bound('kept', 'Retain')
    expect(await consequencesOf(plane.cluster, kept.claim)).toEqual([
      `the volume ${kept.volume} (10Gi) stays: its reclaim policy is Retain`,
    ])
    const loose = { ...kept.claim, spec: {} }
    expect(await consequencesOf(plane.cluster, loose)).toEqual([])
    const gone = { ...kept.claim, spec: { volumeName: 'no-such-volume' } }
    expect(await consequencesOf(plane.cluster, gone)).toEqual(['the volume no-such-volume is gone already'])
  })

  it('says that it does not know, and why', async () => {
    const { claim } = await bound('unseen', 'Delete')
    const blind: Cluster = { ...plane.cluster, get: () => Promise.reject(refusal('cannot get resource')) }
    expect(await consequencesOf(blind, claim)).toEqual(['what happens to its volume is unknown: cannot get resource'])
    const dead: Cluster = { ...plane.cluster, get: () => Promise.reject(new Error('no route')) }
    await expect(consequencesOf(dead, claim)).rejects.toThrow('no route')
  })

  it('counts the objects of a definition, over all namespaces', async () => {
    const group = `${randomName('g')}.example.com`
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    plane.later(`${definitions}/widgets.${group}`)
    const version = (name: string, storage: boolean) => ({
      name,
      served: true,
      storage,
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    })
    const definition = await make(definitions, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
        versions: [version('v1', false), version('v2', true)],
      },
    })
    // Not served yet, as far as this cluster knows.
    expect(await consequencesOf(plane.cluster, definition)).toEqual([
      expect.stringMatching(/^how many objects of the kind Widget go with it is unknown: The cluster does not serve/),
    ])
    const find = async () => (await plane.cluster.kinds({ fresh: true })).find(`${group}/v2`, 'Widget')
    await expect.poll(find, { timeout: 20_000 }).toBeDefined()
    expect(await consequencesOf(plane.cluster, definition)).toEqual(['no Widget exists'])
    const widget = { apiVersion: `${group}/v1`, kind: 'Widget' }
    for (const [index, space] of [plane.namespace, plane.namespace, 'default'].entries()) {
      const name = `w${index}`
      const path = `/apis/${group}/v1/namespaces/${space}/widgets`
      const create = async () => (await plane.raw('POST', path, { ...widget, metadata: { name } })).status
      await expect.poll(create, { timeout: 20_000 }).toBe(201)
    }
    expect(await consequencesOf(plane.cluster, definition)).toEqual(['3 Widgets in this cluster'])
  })

  it('counts what is in a namespace, without what every namespace has', async () => {
    const name = randomName('full')
    const space = `/api/v1/namespaces/${name}`
    const live = await make('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    plane.later(space)
    const path = `${space}/configmaps/kube-root-ca.crt`
    await expect.poll(async () => (await plane.raw('GET', path)).status, { timeout: 20_000 }).toBe(200)
    expect(await consequencesOf(plane.cluster, live)).toEqual(['nothing is in it'])

    for (const each of ['a', 'b', 'c']) await make(`${space}/configmaps`, { metadata: { name: each } })
    for (const each of ['a', 'b']) await make(`${space}/secrets`, { metadata: { name: each } })
    await make(`${space}/serviceaccounts`, { metadata: { name: 'robot' } })
    await make(`/apis/coordination.k8s.io/v1/namespaces/${name}/leases`, { metadata: { name: 'leader' } })
    expect(await consequencesOf(plane.cluster, live)).toEqual(['3 ConfigMaps, 2 Secrets and 1 ServiceAccount'])

    const lost = await bound('lost', 'Delete', space)
    await bound('kept', 'Retain', space)
    expect(await consequencesOf(plane.cluster, live)).toEqual([
      '3 ConfigMaps, 2 PersistentVolumeClaims, 2 Secrets and 1 ServiceAccount',
      `the volume ${lost.volume} (10Gi) of lost and its data: its reclaim policy is Delete`,
      '1 volume stays: its reclaim policy is Retain',
    ])

    const blind: Cluster = {
      ...plane.cluster,
      count: (apiVersion, kind, namespace) =>
        ['Secret', 'Role'].includes(kind)
          ? Promise.reject(refusal(`cannot list resource "${kind.toLowerCase()}s"`))
          : kind === 'Pod'
            ? Promise.reject(new ClusterRefusal('kind-missing', 404, 'x: the API server refused it: not found'))
            : plane.cluster.count(apiVersion, kind, namespace),
    }
    expect(await consequencesOf(blind, live)).toEqual([
      expect.stringContaining('3 ConfigMaps'),
      expect.stringContaining('its reclaim policy is Delete'),
      '1 volume stays: its reclaim policy is Retain',
      'whether it holds Roles and Secrets is unknown: cannot list resource "…"',
    ])
  })

  it('says whether the claims of a StatefulSet stay', async () => {
    const set = (policy: JsonObject): LiveObject => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: plane.namespace, uid: 'u', resourceVersion: '1' },
      spec: {
        selector: { matchLabels: { app: 'db' } },
        volumeClaimTemplates: [{ metadata: { name: 'data' } }],
        persistentVolumeClaimRetentionPolicy: policy,
      },
    })
    const { volume } = await bound('data-db-0', 'Delete', here, { app: 'db' })
    await bound('data-db-other', 'Delete', here, { app: 'db' })
    expect(await consequencesOf(plane.cluster, set({ whenDeleted: 'Retain' }))).toEqual([
      'its volume claims (data) stay',
    ])
    expect(await consequencesOf(plane.cluster, set({ whenDeleted: 'Delete' }))).toEqual([
      'its volume claims go: persistentVolumeClaimRetentionPolicy.whenDeleted is Delete',
      `the volume ${volume} (10Gi) of data-db-0 and its data: its reclaim policy is Delete`,
    ])
    expect(await consequencesOf(plane.cluster, { ...set({}), spec: {} })).toEqual([])
  })

  it('says nothing of what takes nothing along', async () => {
    const metadata = { name: 'a', namespace: plane.namespace, uid: 'u', resourceVersion: '1' }
    expect(await consequencesOf(plane.cluster, { apiVersion: 'v1', kind: 'ConfigMap', metadata })).toEqual([])
    const own = { apiVersion: 'acme.dev/v1', kind: 'Namespace', metadata }
    expect(await consequencesOf(plane.cluster, own)).toEqual([])
  })
})
