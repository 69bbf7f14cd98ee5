import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/core/model/app.ts'
import { type ControlPlane, kubeconfig, openControlPlane, skipped } from '../adapters/kubernetes/control-plane.ts'
import { configMap, crashing, deployment, files, job } from './manifests.ts'
import { ownApp } from './own-app.ts'
import type { History } from './support.ts'

describe.skipIf(!kubeconfig)(`annotations of a sync${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('directives')
  })
  afterAll(() => plane.close())

  const begin = (history: History, sync: Partial<App['sync']> = {}) => ownApp(plane, history, sync)

  describe('sync options of Argo CD', () => {
    const options = (words: string) => ({ 'argocd.argoproj.io/sync-options': words })

    it('Prune=false and Delete=false keep an object, Prune=confirm asks, PruneLast is so anyway', async () => {
      const { sync, lines, inventory } = await begin({
        a: files(
          configMap('web'),
          configMap('kept', options('Prune=false')),
          configMap('undeleted', options('Delete=false')),
          configMap('asked', options('Prune=confirm')),
          configMap('last', options('PruneLast=true')),
        ),
        b: files(configMap('web')),
      })
      await sync('a')
      const before = (await lines()).length
      const outcome = await sync('b')
      expect(outcome).toMatchObject({ state: 'succeeded', problems: [] })
      expect((await lines()).slice(before)).toEqual(['- ConfigMap last'])
      expect(outcome.objects.find((each) => each.name === 'asked')).toMatchObject({ result: 'kept' })
      const owned = (await inventory()).objects.map((each) => each.name)
      expect(owned.sort()).toEqual(['asked', 'kept', 'undeleted', 'web'])
      expect(await sync('b', { accept: true })).toMatchObject({ state: 'succeeded' })
      expect((await lines()).slice(before)).toEqual(['- ConfigMap last', '- ConfigMap asked'])
    })

    it('Force=true,Replace=true makes a changed Job again without an approval', async () => {
      const app = (image: string) => files(job('load', options('Force=true,Replace=true'), { image }))
      const { sync, lines } = await begin({ a: app('tool:1'), b: app('tool:2') })
      await sync('a')
      expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: 'load', result: 'replaced' }] })
      expect(await lines()).toEqual([...['+ Job load', '= Job load'], ...['- Job load', '+ Job load', '= Job load']])
    })

    it('Replace=true takes away what others added', async () => {
      const app = (data: string) =>
        files(configMap('replaced', options('Replace=true'), data), configMap('applied', {}, data))
      const { sync, get, edit } = await begin({ a: app('1'), b: app('2') })
      await sync('a')
      for (const name of ['replaced', 'applied']) await edit(name, { data: { added: 'by it' } }, 'operator')
      expect(await sync('b')).toMatchObject({ state: 'succeeded', problems: [] })
      expect((await get('ConfigMap', 'applied'))?.data).toEqual({ a: '2', added: 'by it' })
      expect((await get('ConfigMap', 'replaced'))?.data).toEqual({ a: '2' })
    })

    it('Validate=false can not let a field through that the kind does not have, and that is said', async () => {
      const web = `${configMap('web', options('Validate=false'))}spec: {unknown: true}\n`
      const { plan } = await begin({ a: files(web) })
      const { errors, notes } = await plan('a')
      expect(errors[0]?.message).toContain('.spec: field not declared in schema')
      expect(notes?.join('\n')).toContain('Validate=false has no effect')
    })

    it('PrunePropagationPolicy=orphan leaves what the object had made', async () => {
      const web = deployment('web', { annotations: options('PrunePropagationPolicy=orphan') })
      const { sync, cluster, namespace } = await begin({ a: files(configMap('x'), web), b: files(configMap('x')) })
      await sync('a')
      expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: 'web', result: 'deleted' }] })
      await expect.poll(() => cluster.list('apps/v1', 'Deployment', { namespace })).toEqual([])
      const sets = await cluster.list('apps/v1', 'ReplicaSet', { namespace })
      expect(sets.map((each) => [each.metadata.ownerReferences ?? [], each.metadata.deletionTimestamp])).toEqual([
        [[], undefined],
      ])
    })
  })

  it('prune: first leaves what the object had made, where that is asked for, too', async () => {
    const annotations = {
      'drydock.dev/prune': 'first',
      'argocd.argoproj.io/sync-options': 'PrunePropagationPolicy=orphan',
    }
    const { sync, cluster, namespace } = await begin({
      a: files(configMap('x'), deployment('web', { annotations })),
      b: files(configMap('x')),
    })
    await sync('a')
    expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: 'web', result: 'deleted' }] })
    const sets = await cluster.list('apps/v1', 'ReplicaSet', { namespace })
    expect(sets.map((each) => each.metadata.ownerReferences ?? [])).toEqual([[]])
  })

  describe('annotations of Flux', () => {
    const flux = (name: string, value: string) => ({ [`kustomize.toolkit.fluxcd.io/${name}`]: value })

    it('ssa: IfNotPresent creates an object and leaves it to others from then on, but prunes it', async () => {
      const once = (data: string) => configMap('once', flux('ssa', 'IfNotPresent'), data)
      const { sync, plan, get, edit } = await begin(
        { a: files(once('1'), configMap('web')), b: files(once('2'), configMap('web')), c: files(configMap('web')) },
        { selfHeal: true },
      )
      await sync('a')
      await edit('once', { data: { a: 'theirs' } })
      expect(await plan('b')).toMatchObject({ changes: [], drift: [], errors: [] })
      expect((await plan('b')).notes?.join()).toContain('ConfigMap')
      expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [] })
      expect((await get('ConfigMap', 'once'))?.data).toEqual({ a: 'theirs' })
      expect(await sync('c')).toMatchObject({ state: 'succeeded', objects: [{ name: 'once', result: 'deleted' }] })
    })

    it("ssa: Ignore leaves somebody's object alone, without owning it", async () => {
      const { sync, get, namespace, inventory } = await begin({
        a: files(configMap('theirs', flux('ssa', 'Ignore')), configMap('web')),
        b: files(configMap('web', {}, '2')),
      })
      await plane.raw('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
        metadata: { name: 'theirs' },
        data: { a: 'x' },
      })
      expect(await sync('a')).toMatchObject({ state: 'succeeded', objects: [{ name: 'web' }] })
      expect((await inventory()).objects.map((each) => each.name)).toEqual(['web'])
      expect(await sync('b')).toMatchObject({ state: 'succeeded' })
      expect((await get('ConfigMap', 'theirs'))?.data).toEqual({ a: 'x' })
    })

    it('ssa: Merge keeps what others added, also where that would be healed', async () => {
      const app = (data: string) =>
        files(configMap('merged', flux('ssa', 'Merge'), data), configMap('healed', {}, data))
      const { sync, get, edit } = await begin({ a: app('1'), b: app('2') }, { selfHeal: true })
      await sync('a')
      for (const name of ['merged', 'healed']) await edit(name, { data: { added: 'x' } })
      expect(await sync('b')).toMatchObject({ state: 'succeeded', problems: [] })
      expect((await get('ConfigMap', 'merged'))?.data).toEqual({ a: '2', added: 'x' })
      expect((await get('ConfigMap', 'healed'))?.data).toEqual({ a: '2' })
    })

    it('force: enabled makes an object anew whose immutable field changes', async () => {
      const app = (image: string) => files(job('load', flux('force', 'enabled'), { image }))
      const { sync } = await begin({ a: app('tool:1'), b: app('tool:2') })
      await sync('a')
      expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: 'load', result: 'replaced' }] })
    })

    it('reconcile: disabled on the cluster pauses an object, until its source says enabled', async () => {
      const { sync, get, edit, plan } = await begin(
        {
          a: files(configMap('paused'), configMap('web')),
          b: files(configMap('paused', {}, '2'), configMap('web')),
          c: files(configMap('web')),
          d: files(configMap('paused', flux('reconcile', 'enabled'), '3'), configMap('web')),
        },
        { selfHeal: true },
      )
      await sync('a')
      await edit('paused', { metadata: { annotations: flux('reconcile', 'disabled') }, data: { a: 'theirs' } })
      expect((await plan('b')).notes?.join()).toContain('paused')
      expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [], problems: [] })
      expect(await sync('c')).toMatchObject({ state: 'succeeded', objects: [] })
      expect((await get('ConfigMap', 'paused'))?.data).toEqual({ a: 'theirs' })
      expect(await sync('d')).toMatchObject({ state: 'succeeded', objects: [{ name: 'paused' }] })
      expect((await get('ConfigMap', 'paused'))?.data).toEqual({ a: '3' })
    })

    it('reconcile: disabled in the source: the object is neither made nor changed nor pruned', async () => {
      const { sync, lines } = await begin({
        a: files(configMap('web'), configMap('was')),
        b: files(
          configMap('web'),
          configMap('was', flux('reconcile', 'disabled'), '2'),
          configMap('new', flux('reconcile', 'disabled')),
        ),
      })
      await sync('a')
      expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [] })
      // Both at a time, in any order.
      expect((await lines()).toSorted()).toEqual(['+ ConfigMap was', '+ ConfigMap web'])
    })
  })

  it('ignore-healthcheck: a sync does not wait for what is ill', async () => {
    const web = crashing(deployment('web', { annotations: { 'argocd.argoproj.io/ignore-healthcheck': 'true' } }))
    const { sync } = await begin({ a: files(web) })
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
  })

  it('tells where an annotation is that can not be read, or is not known', async () => {
    const { plan, sync, lines } = await begin({
      a: files(
        configMap('a', { 'argocd.argoproj.io/sync-wave': 'first' }),
        configMap('b', { 'drydock.dev/waves': '1' }),
      ),
    })
    const { errors, notes } = await plan('a')
    expect(errors).toMatchObject([{ code: 'manifest-invalid', source: { path: 'apps/shop/0.yaml' } }])
    expect(errors[0]?.message).toContain('argocd.argoproj.io/sync-wave is "first"')
    expect(notes?.join()).toMatch(/apps\/shop\/1\.yaml.*Did you mean drydock\.dev\/wave\?/)
    expect(await sync('a')).toMatchObject({ state: 'failed' })
    expect(await lines()).toEqual([])
  })
})
