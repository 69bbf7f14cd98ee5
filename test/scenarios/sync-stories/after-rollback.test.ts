import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, crashing, deployment } from '../../flows/manifests.ts'
import { done, imageOf, openStage, readyOf, type Scene, type Stage } from './stage.ts'

const shop = { name: 'shop', path: 'shop', more: 'sync: { onFailure: rollback }' }
const web = (image: string) => ({ 'shop/web.yaml': deployment('web', { image }) })
const broken = (image: string) => ({ 'shop/web.yaml': crashing(deployment('web', { image })) })
const failedBack = /^### ❌ Sync failed: 1 of 1 app · 1 rolled back/m

describe.skipIf(!kubeconfig)(`after a rollback${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  const checkOf = (scene: Scene, sha: string) =>
    stage.harbour.emulator.waitFor(
      () => scene.repository.checkRuns(sha).find((each) => each.name === 'drydock / shop'),
      { what: 'the check of the push', timeoutMs: 25_000 },
    )
  const pinOf = async (scene: Scene) => (await scene.parent('shop'))?.metadata.annotations?.['drydock.dev/pin']

  test('a fix is held until somebody asks for it', async () => {
    const scene = await stage.scene([shop])
    await scene.change(web('web:1'))
    const bad = await scene.propose(broken('web:2'))
    await scene.merge(bad)
    await scene.says(bad, failedBack)
    const fix = await scene.propose(web('web:3'))
    await scene.merge(fix)
    expect(await scene.says(fix, /^### ⏸ Held: 1 of 1 app needs a person/m)).toContain('/sync shop')
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:1')
    await scene.command(fix, 'bob', '/sync shop')
    await scene.says(fix, done)
    expect(imageOf(await scene.until('Deployment', 'web', (object) => readyOf(object) === 1))).toBe('web:3')
    expect(await pinOf(scene)).toBeUndefined()
    await scene.change({ 'shop/more.yaml': configMap('more') })
  })

  test('of a direct push, a push that says the same as what is live ends the pin', async () => {
    const scene = await stage.scene([shop])
    const { repository } = scene
    await scene.change(web('web:1'))
    const bad = await checkOf(scene, await repository.commit('main', broken('web:2'), 'At once', 'carol'))
    expect(bad.conclusion).toBe('failure')
    expect(bad.summary).toContain('CrashLoopBackOff')
    expect(bad.summary).toContain('Rolled back to')
    expect(repository.pullRequests().filter((each) => each.state === 'open')).toEqual([])
    expect(await pinOf(scene)).toContain('onFailure: rollback')
    const more = await checkOf(
      scene,
      await repository.commit('main', { 'shop/more.yaml': configMap('more') }, 'More', 'carol'),
    )
    expect(more.summary).toContain('shop is held at')
    const back = { ...web('web:1'), 'shop/more.yaml': null }
    const good = await checkOf(scene, await repository.commit('main', back, 'Back', 'carol'))
    expect(good.conclusion).toBe('success')
    expect(await pinOf(scene)).toBeUndefined()
    await scene.change(web('web:4'))
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:4')
  })

  test('a first sync that fails has nothing to go back to, and a fix goes ahead', async () => {
    const scene = await stage.scene([shop])
    const first = await scene.propose(broken('web:1'))
    await scene.merge(first)
    const log = await scene.says(first, /^### ❌ Sync failed: 1 of 1 app$/m)
    expect(log).toContain('CrashLoopBackOff')
    expect(await scene.get('Deployment', 'web')).toBeDefined()
    await scene.change(web('web:2'))
    expect(await pinOf(scene)).toBeUndefined()
  })
})
