import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { applySetId, partOfLabel } from '../../src/core/model/inventory.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../adapters/kubernetes/control-plane.ts'
import { configMap, insideOf, type Repository, repositoryIn, writing } from './repository.ts'

describe.skipIf(!kubeconfig)(`what moves between apps${skipped}`, { timeout: 60_000 }, () => {
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
  const label = async (name: string) => (await inside.live(name))?.metadata.labels?.[partOfLabel]

  describe('an object that moves from one app to another', () => {
    const names = () => ({ moved: randomName('moved'), a: randomName('a'), b: randomName('b') })
    const commitMove = ({ moved, a, b }: ReturnType<typeof names>, settings: Record<string, string> = {}) => {
      repository.commit('one', { left: { a: configMap(a), moved: configMap(moved) }, right: { b: configMap(b) } })
      repository.commit(
        'two',
        { left: { a: configMap(a) }, right: { b: configMap(b), moved: configMap(moved) } },
        { settings },
      )
    }

    it.each([
      ['the old app', ['left', 'right']],
      ['the new app', ['right', 'left']],
    ])('is handed over when %s is synced first', async (_name, order) => {
      const used = names()
      commitMove(used)
      await done('one', 'left', 'right')
      const before = await inside.uid(used.moved)
      for (const name of order) {
        const { changes } = await repository.plan('two', name)
        expect(changes.filter((each) => each.action === 'delete')).toEqual([])
        if (name === 'right') expect(changes).toMatchObject([{ action: 'update', name: used.moved, from: 'left' }])
        await done('two', name)
      }
      expect(await inside.uid(used.moved)).toBe(before)
      expect(await label(used.moved)).toBe(applySetId(repository.name, 'right'))
      // Whoever came first knows by the next time.
      await done('two', 'left', 'right')
      expect([await repository.inventory('left'), await repository.inventory('right')]).toEqual([
        [used.a],
        [used.b, used.moved].sort(),
      ])
      expect([await repository.plan('two', 'left'), await repository.plan('two', 'right')]).toMatchObject([
        { changes: [], drift: [] },
        { changes: [], drift: [] },
      ])
    })

    it('is pruned by whoever has its label, when it goes after all', async () => {
      const used = names()
      commitMove(used)
      repository.commit('three', { left: { a: configMap(used.a) }, right: { b: configMap(used.b) } })
      await done('one', 'left', 'right')
      // The new app never came so far as to take it.
      await done('two', 'left')
      await done('three', 'right')
      expect(await inside.live(used.moved)).toBeDefined()
      await done('three', 'left')
      expect(await inside.live(used.moved)).toBeUndefined()
    })

    it('goes back as it came', async () => {
      const used = names()
      commitMove(used)
      await done('one', 'left', 'right')
      const before = await inside.uid(used.moved)
      await done('two', 'left', 'right')
      await done('one', 'right', 'left')
      expect(await inside.uid(used.moved)).toBe(before)
      expect(await label(used.moved)).toBe(applySetId(repository.name, 'left'))
    })

    it('is taken from an app that is gone from the configuration', async () => {
      const used = names()
      commitMove(used)
      repository.commit('two', { right: { b: configMap(used.b), moved: configMap(used.moved) } })
      await done('one', 'left', 'right')
      const before = await inside.uid(used.moved)
      await done('two', 'right')
      expect([await inside.uid(used.moved), await label(used.moved)]).toEqual([
        before,
        applySetId(repository.name, 'right'),
      ])
      // What nobody has now is nobody's to delete.
      expect(await inside.live(used.a)).toBeDefined()
    })

    it('is not taken from an app that still renders it, nor from another repository', async () => {
      const used = names()
      commitMove(used)
      repository.commit('both', { left: { moved: configMap(used.moved) }, right: { moved: configMap(used.moved) } })
      await done('one', 'left')
      expect(await repository.sync('both', 'right')).toMatchObject({
        state: 'failed',
        problems: [{ code: 'already-owned' }],
      })
      expect(await repository.elsewhere('two', 'right').sync('two')).toMatchObject({
        state: 'failed',
        problems: [{ code: 'already-owned' }],
      })
      expect(await label(used.moved)).toBe(applySetId(repository.name, 'left'))
    })

    it.each([
      ['can not be rendered', () => ({ broken: 'kind: [' }), /right/],
      ['is not there', () => ({}), /right/],
    ])('is kept where the other app %s', async (_name, files, who) => {
      const used = names()
      commitMove(used)
      await done('one', 'left', 'right')
      repository.commit('two', { left: { a: configMap(used.a) }, right: files() })
      const outcome = await repository.sync('two', 'left')
      expect(outcome.state).toBe('succeeded')
      expect((await repository.plan('two', 'left')).notes?.join()).toMatch(who)
      expect([await inside.live(used.moved), await repository.inventory('left')]).toEqual([
        expect.anything(),
        [used.a, used.moved].sort(),
      ])
      // Once that can be told again, it is pruned.
      repository.commit('three', { left: { a: configMap(used.a) }, right: { b: configMap(used.b) } })
      await done('three', 'left')
      expect(await inside.live(used.moved)).toBeUndefined()
    })

    it('is handed over to an app that calls the cluster by another name', async () => {
      const used = names()
      commitMove(used, { right: ', cluster: other' })
      await done('one', 'left')
      expect(await repository.plan('two', 'left')).toMatchObject({
        changes: [],
        notes: [expect.stringContaining('handed over to right')],
      })
    })

    it('is not deleted when another app takes it while the sync is on its way', async () => {
      const used = names()
      commitMove(used)
      repository.commit('two', { left: { a: configMap(used.a, '', '2') }, right: { b: configMap(used.b) } })
      await done('one', 'left', 'right')
      const labels = { [partOfLabel]: applySetId(repository.name, 'right') }
      const meanwhile = writing(plane.cluster, async (what) => {
        if (what === 'apply') await inside.patch(used.moved, { metadata: { labels } })
      })
      expect((await repository.plan('two', 'left')).changes).toContainEqual(
        expect.objectContaining({ action: 'delete', name: used.moved }),
      )
      await repository.shopAt('two', 'left', meanwhile).sync('two')
      expect(await inside.live(used.moved)).toBeDefined()
    })

    it('is kept where the configuration can not be read', async () => {
      const used = names()
      commitMove(used)
      await done('one', 'left')
      const shop = repository.shopAt('two', 'left')
      repository.breakConfig('two')
      expect((await shop.plan('two')).changes).toEqual([])
      expect(await shop.sync('two')).toMatchObject({ state: 'succeeded' })
      expect(await inside.live(used.moved)).toBeDefined()
    })
  })

  it('keeps a Namespace that another app has objects in, and deletes it once it is empty', async () => {
    const [space, a, b] = [randomName('space'), randomName('a'), randomName('b')]
    plane.later(`/api/v1/namespaces/${space}`)
    const namespace = `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${space}}\n`
    repository.commit('one', {
      left: { a: configMap(a), space: namespace },
      right: { b: configMap(b, `, namespace: ${space}`) },
    })
    repository.commit('two', { left: { a: configMap(a) }, right: { b: configMap(b, `, namespace: ${space}`) } })
    repository.commit('three', { left: { a: configMap(a) }, right: { b: configMap(b) } })
    await done('one', 'left', 'right')
    expect(await repository.plan('two', 'left')).toMatchObject({
      changes: [],
      notes: [expect.stringContaining('right has objects in it')],
    })
    await done('two', 'left')
    expect(await repository.inventory('left')).toContain(space)
    await done('three', 'right')
    expect((await repository.plan('three', 'left')).changes).toMatchObject([
      { action: 'delete', kind: 'Namespace', risks: ['namespace-deletion'] },
    ])
  })

  it('does not look at other apps where nothing would be deleted', async () => {
    const name = randomName('web')
    repository.commit('one', { left: { a: configMap(name) }, right: { b: configMap(randomName('b')) } })
    repository.commit('two', { left: { a: configMap(name, '', '2') }, right: { broken: 'kind: [' } })
    await done('one', 'left')
    expect(await repository.plan('two', 'left')).not.toHaveProperty('notes')
    await done('two', 'left')
  })
})
