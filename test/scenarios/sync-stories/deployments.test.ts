import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, crashing, deployment } from '../../flows/manifests.ts'
import { done, openStage, type Stage } from './stage.ts'

describe.skipIf(!kubeconfig)(`deployments on GitHub${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  test('each app of a monorepo has its own, with commit and result, told to the pull request that changed it', async () => {
    const scene = await stage.scene([
      { name: 'shop', path: 'shop' },
      { name: 'bank', path: 'bank' },
    ])
    const { repository } = scene
    const states = (app: string) => scene.deployments(app).map((each) => each.statuses.map(({ state }) => state))
    const both = await scene.change({ 'shop/web.yaml': deployment('web'), 'bank/bank.yaml': configMap('bank') })
    expect(scene.comment(both)).toContain('✅ Synced 2 apps')
    expect([states('shop'), states('bank')]).toEqual([[['in_progress', 'success']], [['in_progress', 'success']]])

    const one = await scene.propose({ 'bank/bank.yaml': configMap('bank', {}, '2') })
    const two = await scene.propose({ 'shop/web.yaml': crashing(deployment('web', { image: 'web:2' })) })
    const commits = [await scene.merge(one), await scene.merge(two)]
    const ofBank = await scene.says(one, done)
    const ofShop = await scene.says(two, /^### ❌ Sync failed: 1 of 1 app/m)
    expect(ofBank).toContain('`bank` → `default`')
    expect(ofBank).not.toContain('shop')
    expect(ofShop).toContain('`shop` → `default`')
    expect(ofShop).not.toContain('bank')

    const last = { shop: scene.deployments('shop').at(-1), bank: scene.deployments('bank').at(-1) }
    expect(last.bank).toMatchObject({ environment: 'default/bank', description: `#${one} by bob` })
    expect(last.shop).toMatchObject({ environment: 'default/shop', description: `#${two} by bob`, sha: commits[1] })
    expect([states('shop'), states('bank')]).toEqual([
      [
        ['in_progress', 'success'],
        ['in_progress', 'failure'],
      ],
      [
        ['in_progress', 'success', 'inactive'],
        ['in_progress', 'success'],
      ],
    ])
    expect(last.shop?.statuses.at(-1)?.description).toMatch(/Deployment .*web/)
    for (const number of [both, one, two]) {
      expect(repository.comments(number).filter((each) => each.viaApp)).toHaveLength(1)
    }
    expect([both, one].some((number) => scene.comment(number).includes('@bob'))).toBe(false)
  })
})
