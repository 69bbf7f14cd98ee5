import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/core/model/app.ts'
import { at, type Json, type LiveObject } from '../../src/core/model/object.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../adapters/kubernetes/control-plane.ts'
import { type History, shopIn } from './support.ts'

const merge = 'application/merge-patch+json'
const strategic = 'application/strategic-merge-patch+json'

describe.skipIf(!kubeconfig)(`what others added${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('added')
  })
  afterAll(() => plane.close())

  const shop = (history: History, app: Partial<App> = {}, sync: Partial<App['sync']> = {}) =>
    shopIn(plane, history, app, sync)
  const path = (kind: 'deployments' | 'configmaps' | 'services', name: string) =>
    `${kind === 'deployments' ? '/apis/apps/v1' : '/api/v1'}/namespaces/${plane.namespace}/${kind}/${name}`
  const read = async (where: string) => (await plane.raw('GET', where)).body as unknown as LiveObject
  const patch = async (where: string, body: object, fieldManager: string, contentType = merge) => {
    const answer = await plane.raw('PATCH', where, body, { query: { fieldManager }, contentType })
    expect(answer.status).toBe(200)
  }
  const deployment = (name: string, more = '', containers = '') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 0
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: web
          image: web:1${more}
${containers}`
  const configMap = (name: string, data: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: ${data}\n`
  const managersOf = (live: LiveObject) =>
    (live.metadata.managedFields ?? []).filter((each) => !each.subresource).map((each) => each.manager)

  it('shows a sidecar and an env entry of kubectl as drift, keeps them without selfHeal, takes them away with it', async () => {
    const name = randomName('web')
    const history: History = {
      a: { 'apps/shop/web.yaml': deployment(name) },
      b: { 'apps/shop/web.yaml': deployment(name).replace('web:1', 'web:2') },
    }
    const careful = shop(history)
    expect(await careful.sync('a')).toMatchObject({ state: 'succeeded' })
    const containers = [
      { name: 'web', env: [{ name: 'DEBUG', value: '1' }] },
      { name: 'sidecar', image: 'side:1' },
    ]
    await patch(path('deployments', name), { spec: { template: { spec: { containers } } } }, 'kubectl-edit', strategic)
    const drift = await careful.plan('a')
    expect(drift).toMatchObject({ changes: [], drift: [{ onSync: 'kept', managers: ['kubectl-edit'] }] })
    expect(drift.drift[0]?.fields.map((field) => field.path).sort()).toEqual([
      '/spec/template/spec/containers[name=sidecar]',
      '/spec/template/spec/containers[name=web]/env',
    ])
    expect(drift.drift[0]?.fields[0]).toMatchObject({ takenFrom: 'kubectl-edit', takenAt: expect.any(String) })

    const change = await careful.plan('b')
    expect(change.changes).toMatchObject([{ action: 'update', summary: ['web: image 1 → 2'], fields: [{}] }])
    expect(change.drift).toMatchObject([{ onSync: 'kept', fields: [{}, {}] }])
    expect(await careful.sync('b')).toMatchObject({ state: 'succeeded' })
    expect(at(await read(path('deployments', name)), 'spec', 'template', 'spec', 'containers', 1, 'name')).toBe(
      'sidecar',
    )

    const healing = careful.as({}, { selfHeal: true })
    const heal = await healing.plan('b')
    expect(heal).toMatchObject({ changes: [], drift: [{ onSync: 'restored', fields: [{}, {}] }] })
    expect(await healing.sync('b')).toMatchObject({ state: 'succeeded' })
    const live = await read(path('deployments', name))
    expect(at(live, 'spec', 'template', 'spec', 'containers')).toMatchObject([{ name: 'web', image: 'web:2' }])
    expect(at(live, 'spec', 'template', 'spec', 'containers', 0, 'env')).toBeUndefined()
    expect(await healing.plan('b')).toMatchObject({ changes: [], drift: [] })
  })

  it('adopts what kubectl apply made: what the manifest lacks goes, and a later removal works', async () => {
    const name = randomName('web')
    const made = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        labels: { old: 'yes' },
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"secret":"CANARY"}' },
      },
      data: { left: 'CANARY-LEFT', stays: '1', later: '1' },
    }
    await plane.raw('POST', `/api/v1/namespaces/${plane.namespace}/configmaps`, made, {
      query: { fieldManager: 'kubectl-client-side-apply' },
    })
    const { plan, sync } = shop({
      a: { 'apps/shop/c.yaml': configMap(name, '{stays: "1", later: "1"}') },
      b: { 'apps/shop/c.yaml': configMap(name, '{stays: "1"}') },
    })
    const adopted = await plan('a')
    expect(adopted).toMatchObject({ drift: [], changes: [{ action: 'adopt', preview: 'client' }] })
    const paths = adopted.changes[0]?.fields.map((field) => field.path)
    expect(paths).toEqual(['/data/left', '/metadata/labels/old'])
    expect(await sync('a')).toMatchObject({ state: 'succeeded' })
    const live = await read(path('configmaps', name))
    expect(live).toMatchObject({ data: { stays: '1', later: '1' } })
    expect(Object.keys((live.data ?? {}) as object)).toEqual(['later', 'stays'])
    expect(live.metadata.annotations).toBeUndefined()
    expect(managersOf(live)).toEqual(['drydock'])
    expect(await plan('b')).toMatchObject({ changes: [{ fields: [{ path: '/data/later' }], preview: 'server' }] })
    await sync('b')
    expect((await read(path('configmaps', name))).data).toEqual({ stays: '1' })
  })

  it('removes what leaves Git although kubectl holds it too, or nobody is written down any more', async () => {
    const [shared, stripped] = [randomName('shared'), randomName('stripped')]
    const files = (data: string) => ({
      'apps/shop/a.yaml': configMap(shared, data),
      'apps/shop/b.yaml': configMap(stripped, data),
    })
    const { plan, sync } = shop({ a: files('{keep: "1", drop: "1"}'), b: files('{keep: "1"}') })
    await sync('a')
    await patch(path('configmaps', shared), { data: { drop: '2' } }, 'kubectl-edit')
    await patch(path('configmaps', shared), { data: { drop: '1', mine: 'x' } }, 'kubectl-edit')
    await patch(path('configmaps', stripped), { metadata: { managedFields: [{}] } }, 'velero')
    const change = await plan('b')
    expect(change.changes.map((each) => each.fields.map((field) => field.path))).toEqual([
      ['/data/drop'],
      ['/data/drop'],
    ])
    expect(change.drift).toMatchObject([{ name: shared, onSync: 'kept', fields: [{ path: '/data/mine' }] }])
    expect(await sync('b')).toMatchObject({ state: 'succeeded' })
    expect((await read(path('configmaps', shared))).data).toEqual({ keep: '1', mine: 'x' })
    expect((await read(path('configmaps', stripped))).data).toEqual({ keep: '1' })
    expect((await plan('b')).changes).toEqual([])
  })

  it('says what stays although the commit takes it out: a program that is not ours to empty holds it', async () => {
    const name = randomName('held')
    const files = (data: string) => ({ 'apps/shop/a.yaml': configMap(name, data) })
    const { plan, sync } = shop({ a: files('{keep: "1", drop: "1"}'), b: files('{keep: "2"}') })
    await sync('a')
    const query = { fieldManager: 'bob', force: 'true' }
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { drop: '1' } }
    await plane.raw('PATCH', path('configmaps', name), body, { query, contentType: 'application/apply-patch+yaml' })
    expect(await plan('b')).toMatchObject({
      changes: [{ fields: [{ path: '/data/keep' }] }],
      notes: [`ConfigMap ${plane.namespace}/${name} keeps what this commit takes out: data.drop (held by bob).`],
    })
    await sync('b')
    expect((await read(path('configmaps', name))).data).toEqual({ drop: '1', keep: '2' })
  })

  it('tells a renamed key by both its names, and leaves alone what controllers and kubectl scale set', async () => {
    const [map, web] = [randomName('map'), randomName('web')]
    const { plan, as } = shop({
      a: {
        'apps/shop/a.yaml': configMap(map, '{old: "1"}'),
        'apps/shop/b.yaml': deployment(web).replace('  replicas: 0\n', ''),
      },
    })
    const healing = as({}, { selfHeal: true })
    await healing.sync('a')
    await patch(path('configmaps', map), { data: { old: null, new: '1' } }, 'kubectl-edit')
    await patch(path('deployments', web), { metadata: { annotations: { 'c.io/x': '1' } }, spec: { paused: true } }, 'c')
    await plane.raw(
      'PATCH',
      `${path('deployments', web)}/scale`,
      { spec: { replicas: 2 } },
      {
        query: { fieldManager: 'kubectl' },
        contentType: merge,
      },
    )
    const drift = await plan('a')
    expect(drift.drift).toMatchObject([{ name: map, managers: ['kubectl-edit'] }])
    expect(drift.drift[0]?.fields).toMatchObject([
      { path: '/data/new', before: '(sensitive 1)' },
      { path: '/data/old', after: '1' },
    ])
    await healing.sync('a')
    expect((await read(path('configmaps', map))).data).toEqual({ old: '1' })
    expect(await read(path('deployments', web))).toMatchObject({ spec: { replicas: 2, paused: true } })
  })

  it('leaves an ignored part of a list to itself, with and without selfHeal', async () => {
    const name = randomName('env')
    const history = { a: { 'apps/shop/a.yaml': `${deployment(name)}\n          env: [{name: X, value: "1"}]\n` } }
    const ignore = [{ kind: 'Deployment', jsonPointers: ['/spec/template/spec/containers/0/env'] }]
    const careful = shop(history, { ignore })
    await careful.sync('a')
    const env = [
      { name: 'X', value: '2' },
      { name: 'Z', value: '3' },
    ]
    const spec = { template: { spec: { containers: [{ name: 'web', env }] } } }
    await patch(path('deployments', name), { spec }, 'kubectl-set', strategic)
    expect(await careful.plan('a')).toMatchObject({ changes: [], drift: [] })
    const healing = careful.as({}, { selfHeal: true })
    await healing.sync('a')
    expect(at(await read(path('deployments', name)), 'spec', 'template', 'spec', 'containers', 0, 'env')).toEqual(env)
  })

  it('leaves an ignored field to itself, by rule and by annotation, also when its object is adopted', async () => {
    const [ruled, noted, adopted] = [randomName('ruled'), randomName('noted'), randomName('adopted')]
    const annotated = (name: string) =>
      deployment(name).replace(`{name: ${name}}`, `{name: ${name}, annotations: {drydock.dev/ignore: /spec/replicas}}`)
    const history = {
      a: { 'apps/shop/a.yaml': deployment(ruled), 'apps/shop/b.yaml': annotated(noted) },
      b: {
        'apps/shop/a.yaml': deployment(ruled).replace('web:1', 'web:2'),
        'apps/shop/b.yaml': annotated(noted).replace('web:1', 'web:2'),
        'apps/shop/c.yaml': annotated(adopted),
      },
    }
    const ignore = [{ kind: 'Deployment', name: ruled, jsonPointers: ['/spec/replicas'] }]
    const { plan, sync } = shop(history, { ignore }, { selfHeal: true })
    await sync('a')
    const scaled: Json = { spec: { replicas: 3 } }
    for (const name of [ruled, noted]) await patch(path('deployments', name), scaled as object, 'drydock')
    await plane.raw(
      'POST',
      `/apis/apps/v1/namespaces/${plane.namespace}/deployments`,
      {
        metadata: { name: adopted },
        spec: {
          replicas: 3,
          selector: { matchLabels: { app: adopted } },
          template: { metadata: { labels: { app: adopted } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
        },
      },
      { query: { fieldManager: 'kubectl-client-side-apply' } },
    )
    expect(await plan('a')).toMatchObject({ changes: [], drift: [] })
    const change = await plan('b')
    expect(change.changes.map((each) => [each.name, each.summary])).toEqual([
      [ruled, ['web: image 1 → 2']],
      [noted, ['web: image 1 → 2']],
      [adopted, ['annotation drydock.dev/ignore added']],
    ])
    await sync('b')
    for (const name of [ruled, noted, adopted]) {
      expect(await read(path('deployments', name))).toMatchObject({ spec: { replicas: 3 } })
    }
  })
})
