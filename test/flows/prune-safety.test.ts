import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DrydockError } from '../../src/core/model/errors.ts'
import { applySetId, fieldManager, parentName, partOfLabel } from '../../src/core/model/inventory.ts'
import type { SyncOutcome } from '../../src/core/model/outcome.ts'
import { ClusterRefusal } from '../../src/core/model/refusal.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../adapters/kubernetes/control-plane.ts'
import { configMap, deployment, insideOf, type Repository, repositoryIn, writing } from './repository.ts'

const annotated = (name: string, annotation: string) => configMap(name, `, annotations: {${annotation}}`)

describe.skipIf(!kubeconfig)(`prune safety${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  let inside: ReturnType<typeof insideOf>
  let repository: Repository
  beforeAll(async () => {
    plane = await openControlPlane('prune')
    inside = insideOf(plane)
  })
  afterAll(() => plane.close())
  beforeEach(() => {
    repository = repositoryIn(plane)
  })

  const done = async (id: string, ...names: string[]) => {
    for (const name of names)
      expect(await repository.sync(id, name), name).toMatchObject({ state: 'succeeded', problems: [] })
  }
  it('makes an object in its new namespace before it takes the old one away', async () => {
    const [name, space] = [randomName('web'), randomName('space')]
    plane.later(`/api/v1/namespaces/${space}`)
    await plane.raw('POST', '/api/v1/namespaces', { metadata: { name: space } })
    const there = `, namespace: ${space}`
    repository.commit('one', { shop: { web: deployment(name) } })
    repository.commit('sick', { shop: { web: deployment(name, there, 'crash') } })
    repository.commit('well', { shop: { web: deployment(name, there) } })
    await done('one', 'shop')
    const old = () => inside.live(name, 'Deployment')
    const quick = repository.shopAt('sick', 'shop').as({}, { timeoutMs: 3_000 })
    expect(await quick.sync('sick')).toMatchObject({ state: 'failed' })
    expect(await old()).toBeDefined()
    await done('well', 'shop')
    expect(await old()).toBeUndefined()
    expect((await inside.live(name, 'Deployment', space))?.status).toMatchObject({ availableReplicas: 1 })
  })

  describe('what protects an object', () => {
    it.each([
      ['drydock.dev/prune: disabled'],
      ['argocd.argoproj.io/sync-options: Prune=false'],
      ['argocd.argoproj.io/sync-options: Delete=false'],
      ['kustomize.toolkit.fluxcd.io/prune: disabled'],
      ['helm.sh/resource-policy: keep'],
    ])('is %s', async (annotation) => {
      const [stays, old] = [randomName('stays'), randomName('old')]
      repository.commit('one', { shop: { stays: configMap(stays), old: annotated(old, annotation) } })
      repository.commit('two', { shop: { stays: configMap(stays) } })
      await done('one', 'shop')
      expect(await repository.plan('two', 'shop')).toMatchObject({
        changes: [],
        notes: [expect.stringContaining(annotation)],
      })
      // Also when somebody takes it off: the last manifest said so.
      const key = annotation.split(':')[0] ?? ''
      await inside.patch(old, { metadata: { annotations: { [key]: null } } })
      await done('two', 'shop')
      expect(await inside.live(old)).toBeDefined()
      expect(await repository.inventory('shop')).toContain(old)
    })

    it.each([
      ['an annotation of it', 'drydock.dev/prune: confirm', ''],
      ['an option of Argo CD', 'argocd.argoproj.io/sync-options: Prune=confirm', ''],
      ['the app', 'a: b', ', sync: {prune: confirm}'],
    ])('is %s that asks for a confirmation: the rest is synced, and it waits', async (_name, annotation, settings) => {
      const [one, two, old] = [randomName('one'), randomName('two'), randomName('old')]
      repository.commit('one', { shop: { one: configMap(one), old: annotated(old, annotation) } }, { settings })
      repository.commit('two', { shop: { two: configMap(two), one: configMap(one) } }, { settings })
      await done('one', 'shop')
      expect((await repository.plan('two', 'shop')).changes).toMatchObject([
        { action: 'create', name: two, risks: [] },
        { action: 'delete', name: old, risks: ['unconfirmed'] },
      ])
      const outcome = await repository.sync('two', 'shop')
      expect(outcome).toMatchObject({ state: 'succeeded' })
      expect(outcome.objects).toContainEqual(expect.objectContaining({ name: old, result: 'kept' }))
      expect([await inside.uid(two), await inside.uid(old), await repository.inventory('shop')]).toEqual([
        expect.any(String),
        expect.any(String),
        [one, two, old].sort(),
      ])
      expect(await repository.sync('two', 'shop', true)).toMatchObject({ state: 'succeeded' })
      expect([await inside.live(old), await repository.inventory('shop')]).toEqual([undefined, [one, two].sort()])
    })

    it('is sync.prune: false', async () => {
      const [one, old] = [randomName('one'), randomName('old')]
      repository.commit(
        'one',
        { shop: { one: configMap(one), old: configMap(old) } },
        { settings: ', sync: {prune: false}' },
      )
      repository.commit('two', { shop: { one: configMap(one) } }, { settings: ', sync: {prune: false}' })
      await done('one', 'shop')
      await done('two', 'shop')
      expect([await inside.uid(old), await repository.inventory('shop')]).toEqual([
        expect.any(String),
        [one, old].sort(),
      ])
    })
  })

  it('deletes nothing for a label that somebody copied', async () => {
    const [one, copied, taken] = [randomName('one'), randomName('copied'), randomName('taken')]
    repository.commit('one', { shop: { one: configMap(one), taken: configMap(taken) } })
    repository.commit('two', { shop: { one: configMap(one) } })
    await done('one', 'shop')
    const labels = { [partOfLabel]: applySetId(repository.name, 'shop') }
    // In no inventory, though labelled, and as if we had written it.
    await inside.make('configmaps', { metadata: { name: copied, labels } }, fieldManager)
    // In the inventory, but made by somebody after ours was gone.
    await inside.remove(taken)
    await inside.make('configmaps', { metadata: { name: taken, labels } }, fieldManager)
    await done('two', 'shop')
    expect([await inside.uid(copied), await inside.uid(taken)]).toEqual([expect.any(String), expect.any(String)])
  })

  it('deletes nothing once its inventory is lost', async () => {
    const [one, old] = [randomName('one'), randomName('old')]
    repository.commit('one', { shop: { one: configMap(one), old: configMap(old) } })
    repository.commit('two', { shop: { one: configMap(one) } })
    await done('one', 'shop')
    await plane.raw('DELETE', `/api/v1/namespaces/drydock/configmaps/${parentName(repository.name, 'shop')}`)
    await done('two', 'shop')
    expect([await inside.uid(old), await repository.inventory('shop')]).toEqual([expect.any(String), [one]])
  })

  describe('a deletion that fails', () => {
    it('stays in the inventory, and is tried again', async () => {
      const [one, old] = [randomName('one'), randomName('old')]
      repository.commit('one', { shop: { one: configMap(one), old: configMap(old) } })
      repository.commit('two', { shop: { one: configMap(one) } })
      await done('one', 'shop')
      const failing = writing(plane.cluster, (what) => {
        if (what === 'delete') throw new DrydockError('cluster-refused', 'a webhook says no')
      })
      expect(await repository.shopAt('two', 'shop', failing).sync('two')).toMatchObject({
        state: 'failed',
        problems: [{ message: 'a webhook says no' }],
        objects: [{ name: old, result: 'failed' }],
      })
      expect(await repository.inventory('shop')).toEqual([one, old].sort())
      await done('two', 'shop')
      expect([await inside.live(old), await repository.inventory('shop')]).toEqual([undefined, [one]])
    })

    it('fails while pruning, also after more tries: what was applied is healthy, and stays', async () => {
      const [one, old] = [randomName('one'), randomName('old')]
      repository.commit('one', { shop: { one: configMap(one), old: configMap(old) } })
      repository.commit('two', { shop: { one: configMap(one) } })
      await done('one', 'shop')
      const busy = writing(plane.cluster, (what) => {
        if (what === 'delete') throw new ClusterRefusal('transient', 429, 'the server is busy')
      })
      const patient = repository.shopAt('two', 'shop', busy).as({}, { retry: { limit: 1, backoffMs: 1 } })
      const told: SyncOutcome[] = []
      expect(await patient.sync('two', { progress: (outcome) => told.push(outcome) })).toMatchObject({
        state: 'failed',
        phase: 'pruning',
      })
      expect(told.at(-1)).toMatchObject({ phase: 'pruning', waiting: ['the server is busy (tried again)'] })
    })

    it('is not over while a finalizer holds the object', async () => {
      const [one, old] = [randomName('one'), randomName('old')]
      repository.commit('one', { shop: { one: configMap(one), old: configMap(old) } })
      repository.commit('two', { shop: { one: configMap(one) } })
      await done('one', 'shop')
      await inside.patch(old, { metadata: { finalizers: ['example.com/hold'] } })
      await done('two', 'shop')
      expect(await repository.inventory('shop')).toEqual([one, old].sort())
      expect(await repository.plan('two', 'shop')).toMatchObject({
        changes: [],
        notes: [expect.stringContaining('being deleted')],
      })
      await inside.patch(old, { metadata: { finalizers: null } })
      await done('two', 'shop')
      expect(await repository.inventory('shop')).toEqual([one])
    })
  })

  it.each([
    ['render of nothing', { one: '# nothing\n' }, 'render-empty'],
    ['render that fails', { one: 'kind: [' }, 'yaml-invalid'],
    ['missing path', {}, 'path-missing'],
  ])('deletes nothing for a %s', async (_name, files, code) => {
    const name = randomName('web')
    repository.commit('one', { shop: { one: configMap(name) } })
    repository.commit('two', { shop: files })
    await done('one', 'shop')
    expect(await repository.sync('two', 'shop', true)).toMatchObject({ state: 'failed', problems: [{ code }] })
    expect([await inside.uid(name), await repository.inventory('shop')]).toEqual([expect.any(String), [name]])
  })
})
