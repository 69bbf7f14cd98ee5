import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap } from '../../flows/manifests.ts'
import { done, openStage, type Stage } from './stage.ts'

describe.skipIf(!kubeconfig)(`what goes${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  test('with prune: confirm the rest is synced, the deletion waits for /approve, and a missing path deletes nothing', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more: 'sync: { prune: confirm }' }])
    await scene.change({ 'shop/web.yaml': configMap('web'), 'shop/old.yaml': configMap('old') })
    const number = await scene.propose({ 'shop/web.yaml': configMap('web', {}, '2'), 'shop/old.yaml': null })
    await scene.merge(number)
    const log = await scene.says(number, done)
    expect(log).toMatch(/\*\*kept\*\* ConfigMap .*old/)
    expect(log).toContain('its deletion waits for `/approve`')
    expect((await scene.get('ConfigMap', 'web'))?.data).toEqual({ a: '2' })
    const old = await scene.get('ConfigMap', 'old')
    expect(old).toBeDefined()
    expect(await scene.command(number, 'alice', '/approve shop')).toMatch(/needs|may/)
    expect((await scene.get('ConfigMap', 'old'))?.metadata.uid).toBe(old?.metadata.uid)
    expect(await scene.command(number, 'bob', '/approve shop')).toContain('Accepted 1 risk')
    await scene.until('ConfigMap', 'old', (object) => object === undefined)
    await scene.says(number, /\*\*deleted\*\* ConfigMap .*old/)

    const gone = await scene.propose({ 'shop/web.yaml': null, 'README.md': 'nothing here' })
    expect(await stage.harbour.planned(scene.repository, gone)).toBe('failure')
    expect(scene.comment(gone)).toContain('There is no folder shop in this commit')
    await scene.merge(gone)
    expect(await scene.says(gone, /^### ❌ Sync failed/m)).toContain('There is no folder shop')
    expect((await scene.get('ConfigMap', 'web'))?.data).toEqual({ a: '2' })
  })

  test('a render without objects deletes nothing', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': configMap('web') })
    const web = await scene.get('ConfigMap', 'web')
    const number = await scene.propose({ 'shop/web.yaml': '# moved elsewhere\n' })
    expect(await stage.harbour.planned(scene.repository, number)).toBe('failure')
    await scene.merge(number)
    await scene.says(number, /^### ❌ Sync failed/m)
    expect((await scene.get('ConfigMap', 'web'))?.metadata.uid).toBe(web?.metadata.uid)
  })

  test('more deletions than maxPrune wait for /approve, with the command to copy', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more: 'sync: { maxPrune: 1 }' }])
    const old = { 'shop/one.yaml': configMap('one'), 'shop/two.yaml': configMap('two') }
    await scene.change({ ...old, 'shop/web.yaml': configMap('web') })
    const number = await scene.propose({
      'shop/one.yaml': null,
      'shop/two.yaml': null,
      'shop/web.yaml': configMap('web', {}, '2'),
    })
    expect(await stage.harbour.planned(scene.repository, number)).toBe('action_required')
    await scene.merge(number)
    const held = await scene.says(number, /^### ⏸ Held: 1 of 1 app needs a person/m)
    expect(held).toContain('```\n/approve shop\n```')
    expect((await scene.get('ConfigMap', 'web'))?.data).toEqual({ a: '1' })
    await scene.command(number, 'bob', '/approve shop')
    await scene.says(number, done)
    expect(await scene.get('ConfigMap', 'one')).toBeUndefined()
    expect((await scene.get('ConfigMap', 'web'))?.data).toEqual({ a: '2' })
  })
})
