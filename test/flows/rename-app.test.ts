import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { applySetId, partOfLabel } from '../../src/core/model/inventory.ts'
import { at } from '../../src/core/model/object.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../adapters/kubernetes/control-plane.ts'
import { configMap, insideOf, type Repository, repositoryIn, writing } from './repository.ts'

describe.skipIf(!kubeconfig)(`an app by another name${skipped}`, { timeout: 60_000 }, () => {
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

  const used = () => ({ web: randomName('web'), old: randomName('old'), fresh: randomName('fresh') })
  const commitRename = ({ web, old, fresh }: ReturnType<typeof used>) => {
    repository.commit('one', { shop: { web: configMap(web), old: configMap(old) } })
    repository.commit('two', { shop: { web: configMap(web), fresh: configMap(fresh) } }, { named: { shop: 'store' } })
  }

  it('goes on with what it had, and prunes what this commit drops', async () => {
    const names = used()
    commitRename(names)
    await done('one', 'shop')
    const before = await inside.uid(names.web)
    const { changes } = await repository.plan('two', 'store')
    expect(changes.map(({ action, name }) => [action, name]).sort()).toEqual(
      [
        ['create', names.fresh],
        ['delete', names.old],
        ['update', names.web],
      ].sort(),
    )
    await done('two', 'store')
    expect([await inside.uid(names.web), await label(names.web)]).toEqual([
      before,
      applySetId(repository.name, 'store'),
    ])
    expect(await inside.live(names.old)).toBeUndefined()
    expect([await repository.inventory('shop'), await repository.inventory('store')]).toEqual([
      [],
      [names.fresh, names.web].sort(),
    ])
    expect(await repository.plan('two', 'store')).toMatchObject({ changes: [], drift: [], unchanged: 2 })
  })

  it('keeps drift apart from what the commit changes, and says that it is set right', async () => {
    const names = used()
    commitRename(names)
    await done('one', 'shop')
    await inside.patch(names.web, { data: { a: 'edited' } })
    const { changes, drift } = await repository.plan('two', 'store')
    expect(drift).toMatchObject([{ name: names.web, managers: ['kubectl-edit'], onSync: 'restored' }])
    expect(changes.find((each) => each.name === names.web)?.fields).toEqual([])
    await done('two', 'store')
    expect(at(await inside.live(names.web), 'data', 'a')).toBe('1')
  })

  it('can be told again after a crash at any write', async () => {
    const names = used()
    commitRename(names)
    await done('one', 'shop')
    const before = await inside.uid(names.web)
    for (let survived = 0; ; survived += 1) {
      let left = survived
      const stop = new AbortController()
      const killed = writing(plane.cluster, () => {
        left -= 1
        if (left >= 0) return
        stop.abort()
        throw new Error('killed')
      })
      const outcome = await repository
        .shopAt('two', 'store', killed)
        .sync('two', { signal: stop.signal })
        .catch(() => undefined)
      if (outcome?.state === 'succeeded') break
      expect(survived).toBeLessThan(20)
    }
    await done('two', 'store')
    expect([await inside.uid(names.web), await inside.live(names.old)]).toEqual([before, undefined])
    expect([await repository.inventory('shop'), await repository.inventory('store')]).toEqual([
      [],
      [names.fresh, names.web].sort(),
    ])
  })

  it('is named back', async () => {
    const names = used()
    commitRename(names)
    await done('one', 'shop')
    const before = await inside.uid(names.web)
    await done('two', 'store')
    repository.commit('three', { shop: { web: configMap(names.web) } })
    await done('three', 'shop')
    expect([await inside.uid(names.web), await inside.live(names.fresh)]).toEqual([before, undefined])
    expect([await repository.inventory('shop'), await repository.inventory('store')]).toEqual([[names.web], []])
  })

  it('that moves to another path is another app: its objects are handed over, what it drops stays', async () => {
    const names = used()
    commitRename(names)
    await done('one', 'shop')
    const before = await inside.uid(names.web)
    repository.commit('two', { store: { web: configMap(names.web) } })
    await done('two', 'store')
    expect([await inside.uid(names.web), await label(names.web)]).toEqual([
      before,
      applySetId(repository.name, 'store'),
    ])
    expect(await inside.live(names.old)).toBeDefined()
  })
})
