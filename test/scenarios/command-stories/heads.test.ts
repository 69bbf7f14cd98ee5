import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap } from '../../flows/manifests.ts'
import { done, openStage, type Scene, type Stage } from '../sync-stories/stage.ts'

describe.skipIf(!kubeconfig)(`heads that come and go${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  const open = async (scene: Scene, head: string, files: Readonly<Record<string, string | null>>) => {
    const given = { head, title: 'A change', author: 'alice', files }
    const number = await scene.repository.openPullRequest(given)
    await stage.harbour.planned(scene.repository, number)
    return number
  }
  const headOf = ({ repository }: Scene, number: number) => repository.pullRequest(number).headSha

  test('A → B → A: what was accepted of A counts for A, and nothing of B was', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more: 'sync: { maxPrune: 1 }' }])
    const { repository } = scene
    const names = ['a', 'b', 'c', 'd']
    await scene.change(Object.fromEntries(names.map((name) => [`shop/${name}.yaml`, configMap(name)])))
    const number = await open(scene, 'there-and-back', { 'shop/a.yaml': null, 'shop/b.yaml': null })
    const first = headOf(scene, number)
    expect(await scene.command(number, 'bob', '/approve')).toContain('Accepted 1 risk.')
    await scene.says(number, /1 risk accepted/)

    await repository.commit('there-and-back', { 'shop/c.yaml': null }, 'One more', 'alice')
    await scene.says(number, /### ⚠️ 3 to delete/)
    expect(await stage.harbour.planned(repository, number)).toBe('action_required')

    await repository.forcePush('there-and-back', first, 'alice')
    await scene.says(number, /### ✅ 2 to delete · 1 risk accepted/)
    expect(headOf(scene, number)).toBe(first)
    expect(await stage.harbour.planned(repository, number)).toBe('success')
    await scene.merge(number)
    await scene.says(number, done)
    expect([await scene.get('ConfigMap', 'a'), await scene.get('ConfigMap', 'b')]).toEqual([undefined, undefined])
    expect(await scene.get('ConfigMap', 'c')).toBeDefined()
  })

  test('a preview is of the head that was shown, and a later push is another wish', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more: 'preview: true' }])
    const { repository } = scene
    await scene.change({ 'shop/map.yaml': configMap('map') })
    const number = await open(scene, 'moving', { 'shop/map.yaml': configMap('map', {}, 'first') })
    const { faults } = stage.harbour.emulator
    faults.webhook({ kind: 'drop', event: 'pull_request', action: 'synchronize' })
    faults.webhook({ kind: 'drop', event: 'push' })
    await repository.commit('moving', { 'shop/map.yaml': configMap('map', {}, 'unseen') }, 'Unseen', 'alice')
    expect(await scene.command(number, 'alice', '/sync')).toContain('There is no plan of this head that you have seen.')
    expect((await scene.get('ConfigMap', 'map'))?.data).toEqual({ a: '1' })
    faults.clear()
    expect(await scene.command(number, 'alice', '/plan')).toContain('✅ Planned')
    expect(await scene.command(number, 'alice', '/sync')).toContain('✅ `shop` is at')
    expect((await scene.get('ConfigMap', 'map'))?.data).toEqual({ a: 'unseen' })
  })
})
