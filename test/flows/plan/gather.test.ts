import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../../src/core/model/app.ts'
import { DrydockError } from '../../../src/core/model/errors.ts'
import { partOfLabel } from '../../../src/core/model/inventory.ts'
import { at } from '../../../src/core/model/object.ts'
import {
  allowed,
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../../adapters/kubernetes/control-plane.ts'
import { appOf } from '../../core/plan/facts.ts'
import { type History, shopIn, shopOf } from '../support.ts'

const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const merge = { contentType: 'application/merge-patch+json' }

describe.skipIf(!kubeconfig)(`asking about an app${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('gather')
  })
  afterAll(() => plane.close())

  const shop = (history: History, app: Partial<App> = {}) => shopIn(plane, history, app)
  const configMap = (name: string, data = '1') =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "${data}"}\n`
  const get = (name: string) =>
    plane.cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: plane.namespace, name })

  it('prunes nothing while it cannot see: an API that is down is not an API without objects', async () => {
    const group = `${randomName('down')}.example.com`
    const [kept, leaves] = [randomName('kept'), randomName('leaves')]
    const { sync, cluster, repository } = shop({
      a: { 'apps/shop/kept.yaml': configMap(kept), 'apps/shop/leaves.yaml': configMap(leaves) },
      b: { 'apps/shop/kept.yaml': configMap(kept) },
    })
    await sync('a')
    const inventory = await cluster.inventory(repository, 'shop')
    const entry = (of: string) => ({ apiVersion: `${of}/v1`, kind: 'Thing', namespace: plane.namespace, name: 'x' })
    const stored = await cluster
      .writer(allowed('create'))
      .saveInventory({ ...inventory, objects: [...inventory.objects, entry(group)] })
    await plane.raw('POST', apiServices, {
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
    try {
      await expect
        .poll(async () => (await cluster.kinds({ fresh: true })).unavailable, { timeout: 20_000 })
        .toContain(group)
      expect((await cluster.kinds()).find('apps/v1', 'Deployment')).toBeDefined()
      expect(await sync('b')).toMatchObject({
        state: 'failed',
        objects: [],
        problems: [{ code: 'unknown-kind', message: expect.stringContaining(group) }],
      })
      expect(await get(leaves)).toBeDefined()

      // A kind that is gone for good holds up nothing, though another API is down.
      const gone = { ...stored, objects: [...inventory.objects, entry('gone.example.com')] }
      await cluster.writer(allowed('create')).saveInventory(gone)
      expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: leaves, result: 'deleted' }] })
      expect((await cluster.inventory(repository, 'shop')).objects).toMatchObject([{ name: kept }])
    } finally {
      await plane.raw('DELETE', `${apiServices}/v1.${group}`)
    }
  })

  it('prunes an object by another version, when its own is no longer served', async () => {
    const group = `${randomName('g')}.example.com`
    const version = (name: string, served: boolean) => ({
      name,
      served,
      storage: name === 'v1',
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    })
    const definition = (old: boolean) => ({
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [version('v1', true), version('v1alpha1', old)],
      },
    })
    plane.later(`${definitions}/things.${group}`)
    await plane.raw('POST', definitions, definition(true))
    const [kept, thing] = [randomName('kept'), randomName('thing')]
    const { sync, cluster } = shop({
      a: {
        'apps/shop/kept.yaml': configMap(kept),
        'apps/shop/thing.yaml': `apiVersion: ${group}/v1alpha1\nkind: Thing\nmetadata: {name: ${thing}}\n`,
      },
      b: { 'apps/shop/kept.yaml': configMap(kept) },
    })
    const served = async (name: string) => (await cluster.kinds({ fresh: true })).find(`${group}/${name}`, 'Thing')
    await expect.poll(() => served('v1alpha1'), { timeout: 20_000 }).toBeDefined()
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    await plane.raw('PATCH', `${definitions}/things.${group}`, definition(false), merge)
    await expect.poll(() => served('v1alpha1'), { timeout: 20_000 }).toBeUndefined()
    const reference = { apiVersion: `${group}/v1`, kind: 'Thing', namespace: plane.namespace, name: thing }
    expect(await cluster.get(reference)).toBeDefined()
    expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: thing, result: 'deleted' }] })
    expect(await cluster.get(reference)).toBeUndefined()
  })

  it('tells drift from change in one object, and from whom a field is taken', async () => {
    const name = randomName('web')
    const data = (a: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata:\n  a: "${a}"\n  b: "1"\n`
    const { sync, plan } = shop({ a: { 'apps/shop/web.yaml': data('1') }, b: { 'apps/shop/web.yaml': data('2') } })
    await sync('a')
    const path = `/api/v1/namespaces/${plane.namespace}/configmaps/${name}`
    const query = { fieldManager: 'kubectl-edit' }
    await plane.raw('PATCH', path, { data: { b: 'edited', extra: 'CANARY' } }, { ...merge, query })
    const planned = await plan('b')
    expect(planned).toMatchObject({
      changes: [{ action: 'update', fields: [{ path: '/data/a', before: '1', after: '2' }] }],
      drift: [
        {
          onSync: 'restored',
          managers: ['kubectl-edit'],
          fields: [{ path: '/data/b', before: 'edited', after: '1', takenFrom: 'kubectl-edit' }],
        },
        // That it is there is said, not what it is: Git never showed it.
        { onSync: 'kept', fields: [{ path: '/data/extra', before: '(sensitive 1)', takenFrom: 'kubectl-edit' }] },
      ],
    })
    expect(JSON.stringify(planned)).not.toContain('CANARY')
    await sync('b')
    expect((await get(name))?.data).toEqual({ a: '2', b: '1', extra: 'CANARY' })
  })

  it('adopts what nobody claims, and refuses what another tool does', async () => {
    const [free, taken] = [randomName('free'), randomName('taken')]
    const path = `/api/v1/namespaces/${plane.namespace}/configmaps`
    await plane.raw('POST', path, { metadata: { name: free }, data: { a: '1' } })
    const annotations = { 'meta.helm.sh/release-name': 'other' }
    await plane.raw('POST', path, { metadata: { name: taken, annotations }, data: { a: '1' } })
    const history = { a: { 'apps/shop/x.yaml': `${configMap(free)}---\n${configMap(taken)}` } }
    const careful = shop(history)
    const refused = await careful.sync('a')
    expect(refused).toMatchObject({
      state: 'failed',
      problems: [{ code: 'already-owned', message: expect.stringContaining('Helm (release other)') }],
    })
    expect(at(await get(free), 'metadata', 'labels', partOfLabel)).toBeUndefined()
    const adopting = shop(history, { adopt: true })
    expect((await adopting.plan('a')).changes.map((each) => each.action)).toEqual(['adopt', 'adopt'])
    expect(await adopting.sync('a')).toMatchObject({ state: 'succeeded' })
    expect(at(await get(taken), 'metadata', 'labels', partOfLabel)).toMatch(/^applyset-/)
  })

  it('leaves an ignored field to who owns it', async () => {
    const name = randomName('web')
    const path = `/api/v1/namespaces/${plane.namespace}/configmaps/${name}`
    const history = Object.fromEntries(
      ['1', '2'].map((b) => [
        b,
        {
          'apps/shop/x.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "${b}", b: "${b}"}\n`,
        },
      ]),
    )
    const { sync, plan } = shop(history, { ignore: [{ kind: 'ConfigMap', jsonPointers: ['/data/a'] }] })
    await sync('1')
    expect((await get(name))?.data).toEqual({ a: '1', b: '1' })
    await plane.raw('PATCH', path, { data: { a: 'theirs' } }, { ...merge, query: { fieldManager: 'hpa' } })
    expect((await plan('1')).drift).toEqual([])
    expect(await sync('2')).toMatchObject({ state: 'succeeded' })
    expect((await get(name))?.data).toEqual({ a: 'theirs', b: '2' })
  })

  it('compares in the version of the manifest, when that moves to another one', async () => {
    const name = randomName('scaler')
    const scaler = (version: string, metrics: string) =>
      `apiVersion: autoscaling/${version}
kind: HorizontalPodAutoscaler
metadata: {name: ${name}}
spec:
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  ${metrics}
`
    const cpu =
      'metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]'
    const { sync, plan, cluster, repository } = shop({
      a: { 'apps/shop/x.yaml': scaler('v1', 'targetCPUUtilizationPercentage: 80') },
      b: { 'apps/shop/x.yaml': scaler('v2', cpu) },
    })
    expect(await sync('a')).toMatchObject({ state: 'succeeded' })
    expect(await plan('b')).toMatchObject({ changes: [], drift: [], errors: [] })
    expect(await sync('b')).toMatchObject({ state: 'succeeded' })
    expect((await cluster.inventory(repository, 'shop')).objects).toMatchObject([{ apiVersion: 'autoscaling/v2' }])
  })

  it('says once that the cluster is gone, and not of each object', async () => {
    const texts = Array.from({ length: 40 }, (_, index) => configMap(`web-${index}`)).join('---\n')
    const history = { a: { 'apps/shop/x.yaml': texts } }
    let asked = 0
    const lost = {
      ...plane.cluster,
      previewApply: async () => {
        asked += 1
        throw new DrydockError('cluster-unreachable', 'gone')
      },
    }
    const outcome = await shopOf(lost, 'acme/lost', history, appOf({ namespace: plane.namespace })).sync('a')
    expect(outcome).toMatchObject({ state: 'failed', problems: [{ code: 'cluster-unreachable' }] })
    expect(outcome.problems).toHaveLength(1)
    expect(asked).toBeLessThan(40)
  })
})
