import { existsSync } from 'node:fs'
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DemoCluster } from '../../../../src/entry/demo/cluster/demo-cluster.ts'
import { startInMemoryCluster } from '../../../../src/entry/demo/cluster/in-memory.ts'
import { deployment, paths, type Talk, talkTo } from './talk.ts'

const at = paths('shop')
const configMap = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data })
type Live = { metadata: Record<string, never>; spec: { replicas: number }; status: Record<string, never> }
const live = async (talk: Talk, path: string) => (await talk.send('GET', path)).body as unknown as Live

describe("the demo's in-memory stand-in", () => {
  let cluster: DemoCluster
  let talk: Talk
  beforeAll(async () => {
    cluster = await startInMemoryCluster()
    talk = talkTo(cluster)
    await talk.apply(at.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  })
  afterAll(async () => {
    await talk.close()
    await cluster.close()
  })

  it('says what it is', async () => {
    expect((await talk.send('GET', '/version')).body).toMatchObject({
      gitVersion: 'v1.35.0-drydock-demo',
      platform: 'drydock-demo/in-memory',
    })
  })

  it.each([
    '/apis/batch/v1/jobs',
    '/api/v1/pods',
    '/api/v1/namespaces/shop/pods/x',
    '/openapi/v3',
    '/apis/apps/v1/x/y/z/a',
  ])('answers 501 to %s', async (path) => {
    const said = await talk.send('GET', path)
    expect(said.status).toBe(501)
    expect(said.body).toMatchObject({ kind: 'Status', code: 501 })
    expect(said.body.message).toContain("the demo's in-memory stand-in serves only Namespace, ConfigMap")
  })

  it('lists its kinds the new way and the old way', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const apps = await talk.send('GET', '/apis', undefined, undefined, accept)
    expect(apps.body).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      items: [
        { metadata: { name: 'apps' }, versions: [{ resources: [{ resource: 'deployments', scope: 'Namespaced' }] }] },
      ],
    })
    const core = (await talk.send('GET', '/api/v1')).body as { resources: { name: string }[] }
    expect(core.resources.map((each) => each.name).filter((name) => !name.includes('/'))).toEqual([
      'namespaces',
      'configmaps',
      'secrets',
      'services',
      'serviceaccounts',
    ])
  })

  it('has a kube-system namespace with a UID, found by the Kubernetes client through the kubeconfig', async () => {
    const config = new KubeConfig()
    config.loadFromFile(cluster.kubeconfig)
    expect(config.getCurrentContext()).toBe(cluster.context)
    const namespace = await config.makeApiClient(CoreV1Api).readNamespace({ name: 'kube-system' })
    expect(namespace.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('keeps nothing of a dry run', async () => {
    const dry = await talk.apply(
      at.configMap('dry'),
      { ...configMap({}), metadata: { name: 'dry' } },
      'fieldManager=x&dryRun=All',
    )
    expect(dry.status).toBe(201)
    expect((await talk.send('GET', at.configMap('dry'))).status).toBe(404)
  })

  it('leaves the resourceVersion alone when an apply changes nothing', async () => {
    const first = await talk.apply(at.configMap('web'), configMap({ a: '1' }))
    const second = await talk.apply(at.configMap('web'), configMap({ a: '1' }))
    expect(second).toEqual({ ...first, status: 200 })
  })

  it("knows somebody's edit by its manager, refuses to take it without force, and takes it with force", async () => {
    await talk.apply(at.configMap('web'), configMap({ a: '1' }))
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'web' }
    const edited = await cluster.edit(reference, { data: { a: '2' } }, 'kubectl-edit')
    expect(edited).toMatchObject({ data: { a: '2' } })
    expect(edited.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:data': { 'f:a': {} } } }),
    )
    const refused = await talk.apply(at.configMap('web'), configMap({ a: '1' }), 'fieldManager=drydock')
    expect(refused.status).toBe(409)
    expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.a')
    expect((await talk.apply(at.configMap('web'), configMap({ a: '1' }))).body).toMatchObject({ data: { a: '1' } })
  })

  it('names a misspelt field', async () => {
    const said = await talk.apply(
      at.deployment('bad'),
      deployment((it) => Object.assign(it, { metadata: { name: 'bad' }, spec: { ...it.spec, replica: 2 } })),
    )
    expect(said.status).toBe(500)
    expect(said.body.message).toBe(
      'failed to create typed patch object (/bad; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema',
    )
  })

  it('makes a Deployment ready, says so to a watch, and does it again for a new spec', async () => {
    await talk.apply(at.deployment('web'), deployment())
    const path = `${at.deployment('').slice(0, -1)}?watch=1&fieldSelector=metadata.name%3Dweb`
    const ready = (replicas: number) => (events: { object: { status?: Record<string, unknown> } }[]) =>
      events.at(-1)?.object.status?.availableReplicas === replicas
    const events = await talk.watch(path, ready(2))
    expect(events[0]?.type).toBe('ADDED')
    expect(events.at(-1)?.object.status).toMatchObject({ observedGeneration: 1, readyReplicas: 2, updatedReplicas: 2 })

    await talk.apply(
      at.deployment('web'),
      deployment((it) => Object.assign(it.spec, { replicas: 3 })),
    )
    const more = await talk.watch(path, ready(3))
    expect(more.at(-1)?.object.status).toMatchObject({ observedGeneration: 2 })
    expect((await live(talk, at.deployment('web'))).metadata.generation).toBe(2)
  })

  it('never makes an image with the tag broken ready, and says why', async () => {
    const broken = deployment((it) => {
      it.metadata.name = 'broken'
      Object.assign(it.spec.template.spec.containers[0] ?? {}, { image: 'registry.example/web:broken' })
    })
    await talk.apply(at.deployment('broken'), broken)
    const path = `${at.deployment('').slice(0, -1)}?watch=1&fieldSelector=metadata.name%3Dbroken`
    const says = (text: string) => (events: unknown[]) => JSON.stringify(events.at(-1)).includes(text)
    const events = await talk.watch(path, says('ProgressDeadlineExceeded'))
    expect(events.at(-1)?.object.status).not.toHaveProperty('availableReplicas')
    expect(JSON.stringify(events.at(-1))).toContain('registry.example/web:broken')
  })

  it('replays what a watch missed, and nothing older', async () => {
    const before = (await talk.send('GET', at.configMap('').slice(0, -1))).body as {
      metadata: { resourceVersion: string }
    }
    await talk.apply(at.configMap('late'), { ...configMap({ a: '1' }), metadata: { name: 'late' } })
    await talk.send('DELETE', at.configMap('late'))
    const path = `${at.configMap('').slice(0, -1)}?watch=1&resourceVersion=${before.metadata.resourceVersion}`
    const events = await talk.watch(path, (seen) => seen.length === 2)
    expect(events.map((event) => [event.type, event.object.metadata.name])).toEqual([
      ['ADDED', 'late'],
      ['DELETED', 'late'],
    ])
  })

  it('deletes a namespace with all that is in it', async () => {
    const gone = paths('gone')
    await talk.apply(gone.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gone' } })
    await talk.apply(gone.configMap('web'), configMap({}))
    expect((await talk.send('DELETE', gone.namespace)).body).toMatchObject({ status: { phase: 'Terminating' } })
    await talk.watch('/api/v1/namespaces?watch=1&resourceVersion=1', (events) =>
      events.some((event) => event.type === 'DELETED' && event.object.metadata.name === 'gone'),
    )
    expect((await talk.send('GET', gone.configMap('web'))).status).toBe(404)
  })

  it('does not answer to another name than its own address', async () => {
    const { request } = await import('node:http')
    const status = await new Promise((resolve) => {
      request(`${cluster.url}/version`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      }).end()
    })
    expect(status).toBe(403)
  })

  it('is gone when it is closed, twice without harm', async () => {
    const other = await startInMemoryCluster()
    expect(existsSync(other.kubeconfig)).toBe(true)
    await other.close()
    await other.close()
    expect(existsSync(other.kubeconfig)).toBe(false)
    await expect(fetch(`${other.url}/version`)).rejects.toThrow()
  })
})
