import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clusterOn } from '../../src/adapters/kubernetes/cluster.ts'
import type { App } from '../../src/core/model/app.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../adapters/kubernetes/control-plane.ts'
import { type History, shopIn } from './support.ts'

describe.skipIf(!kubeconfig)(`what a dry run alone can't tell${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('previews')
  })
  afterAll(() => plane.close())

  const shop = (history: History, app: Partial<App> = {}) => shopIn(plane, history, app)
  const definition = (group: string, properties: string) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: ${properties}
`
  const widget = (group: string, spec: string) =>
    `apiVersion: ${group}/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  ${spec}\n`
  const size = '{size: {type: integer, maximum: 5}, colour: {type: string, default: red}}'

  it('checks an object of a new kind against the schema in the commit, with its defaults', async () => {
    const group = `${randomName('g')}.example.com`
    plane.later(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`)
    const files = (spec: string) => ({
      'apps/shop/a.yaml': definition(group, size),
      'apps/shop/b.yaml': widget(group, spec),
    })
    const { plan, sync } = shop({ good: files('size: 3'), bad: files('size: 9\n  colur: blue') })
    const bad = await plan('bad')
    expect(bad.errors).toMatchObject([
      {
        code: 'manifest-invalid',
        message: expect.stringContaining('colur'),
        source: { path: 'apps/shop/b.yaml', line: 6 },
      },
      {
        code: 'manifest-invalid',
        message: expect.stringContaining('size'),
        source: { path: 'apps/shop/b.yaml', line: 5 },
      },
    ])
    const good = await plan('good')
    expect(good).toMatchObject({
      errors: [],
      changes: [
        { kind: 'CustomResourceDefinition', preview: 'server' },
        { kind: 'Widget', action: 'create', preview: 'client', previewReason: 'this commit creates its kind' },
      ],
    })
    expect(good.changes[1]?.hunks).toContain('+  colour: red')
    expect(await sync('good')).toMatchObject({ state: 'succeeded' })
    expect(await plan('good')).toMatchObject({ changes: [], drift: [], errors: [] })
  })

  it('asks of a changed definition what its objects will be: the new one decides', async () => {
    const group = `${randomName('g')}.example.com`
    plane.later(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`)
    const commit = (properties: string, spec: string) => ({
      'apps/shop/a.yaml': definition(group, properties),
      'apps/shop/b.yaml': widget(group, spec),
    })
    const { plan, sync } = shop({
      a: commit(size, 'size: 3'),
      more: commit(size.replace('size:', 'depth: {type: integer}, size:'), 'depth: 1'),
      less: commit('{colour: {type: string}}', 'size: 3'),
    })
    await sync('a')
    expect((await plan('more')).changes).toMatchObject([
      { kind: 'CustomResourceDefinition', action: 'update' },
      {
        kind: 'Widget',
        preview: 'client',
        previewReason: expect.stringMatching(/^this commit changes its CustomResourceDefinition/),
      },
    ])
    expect((await plan('less')).errors).toMatchObject([
      { code: 'manifest-invalid', message: expect.stringContaining('size'), source: { line: 5 } },
    ])
    expect(await sync('more')).toMatchObject({ state: 'succeeded' })
    expect(await plan('more')).toMatchObject({ changes: [], drift: [] })
  })

  it('asks about objects of a new namespace all the same: a misspelt field is an error', async () => {
    const space = randomName('space')
    plane.later(`/api/v1/namespaces/${space}`)
    const files = (field: string) => ({
      'apps/shop/a.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${space}}\n`,
      'apps/shop/b.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n${field}: {a: "1"}\n`,
    })
    const { plan } = shop({ good: files('data'), bad: files('dta') }, { namespace: space })
    expect(await plan('good')).toMatchObject({
      errors: [],
      changes: [{ kind: 'Namespace' }, { preview: 'client', previewReason: 'this commit creates its namespace' }],
    })
    expect((await plan('bad')).errors).toMatchObject([
      { message: expect.stringContaining('dta'), source: { path: 'apps/shop/b.yaml', line: 4 } },
    ])
  })

  it('plans an object of an API that is down, and says that it could not be asked about', async () => {
    const group = `${randomName('down')}.example.com`
    const services = '/apis/apiregistration.k8s.io/v1/apiservices'
    plane.later(`${services}/v1.${group}`)
    await plane.raw('POST', services, {
      metadata: { name: `v1.${group}` },
      spec: {
        group,
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { namespace: plane.namespace, name: 'nowhere' },
      },
    })
    const cluster = clusterOn('test', plane.connection)
    await expect
      .poll(async () => (await cluster.kinds({ fresh: true })).unavailable, { timeout: 20_000 })
      .toContain(group)
    const { plan } = shop({ a: { 'apps/shop/b.yaml': widget(group, 'size: 1') } })
    expect(await plan('a')).toMatchObject({
      errors: [],
      changes: [{ kind: 'Widget', preview: 'client', previewReason: `its API group ${group} does not answer` }],
    })
  })

  it('shows a replacement as the new object will be, and what others lose by it', async () => {
    const name = randomName('map')
    const files = (value: string) => ({
      'apps/shop/a.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}}
immutable: true
binaryData: {}
data: {a: "${value}"}
`,
    })
    const { plan, sync } = shop({ a: files('1'), b: files('2') })
    await sync('a')
    expect(await plan('a')).toMatchObject({ changes: [], drift: [] })
    const path = `/api/v1/namespaces/${plane.namespace}/configmaps/${name}`
    const query = { fieldManager: 'others' }
    await plane.raw(
      'PATCH',
      path,
      { metadata: { labels: { team: 'x' } } },
      { query, contentType: 'application/merge-patch+json' },
    )
    const planned = await plan('b')
    expect(planned.changes).toMatchObject([{ action: 'replace', risks: ['immutable'], preview: 'client' }])
    expect(planned.changes[0]?.fields).toMatchObject([
      { path: '/data/a', before: '1', after: '2' },
      { path: '/metadata/labels/team', before: 'x' },
    ])
    expect(await sync('b', { accept: true })).toMatchObject({ state: 'succeeded' })
    expect((await plane.raw('GET', path)).body.metadata).not.toHaveProperty('labels.team')
  })

  it('says before the merge that no pod would be let in, at the container that is to blame', async () => {
    const space = randomName('strict')
    plane.later(`/api/v1/namespaces/${space}`)
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    await plane.raw('POST', '/api/v1/namespaces', { metadata: { name: space, labels } })
    const { plan } = shop(
      {
        a: {
          'apps/shop/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: true
      containers: [{name: web, image: web}]
`,
        },
      },
      { namespace: space },
    )
    expect((await plan('a')).errors).toMatchObject([
      {
        code: 'cluster-refused',
        message: expect.stringMatching(/its pods would be refused: .*restricted.*hostNetwork/),
      },
    ])
  })

  it('changes a strategy although a default of the old one is in the way', async () => {
    const name = randomName('web')
    const web = (strategy: string) => ({
      'apps/shop/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 0
${strategy}  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web}]
`,
    })
    const { plan, sync } = shop({ a: web(''), b: web('  strategy: {type: Recreate}\n') })
    await sync('a')
    expect(await plan('b')).toMatchObject({
      errors: [],
      drift: [],
      changes: [
        { fields: [{ path: '/spec/strategy/rollingUpdate' }, { path: '/spec/strategy/type', after: 'Recreate' }] },
      ],
    })
    expect(await sync('b')).toMatchObject({ state: 'succeeded' })
    const path = `/apis/apps/v1/namespaces/${plane.namespace}/deployments/${name}`
    expect((await plane.raw('GET', path)).body.spec).toMatchObject({ strategy: { type: 'Recreate' } })
    expect(await plan('b')).toMatchObject({ changes: [], drift: [] })
  })
})
