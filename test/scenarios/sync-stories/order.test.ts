import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { failPods } from '../../flows/fail-pods.ts'
import { beginJournal } from '../../flows/journal.ts'
import { configMap, crashing, deployment, job } from '../../flows/manifests.ts'
import { imageOf, openStage, type Stage } from './stage.ts'

describe.skipIf(!kubeconfig)(`what comes first${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  test('of two apps in one merge the one that depends on the other comes second, or waits until that one is mended', async () => {
    const scene = await stage.scene([
      { name: 'shop-web', path: 'web', more: 'dependsOn: [shop-db]' },
      { name: 'shop-db', path: 'db' },
    ])
    const journal = await beginJournal(stage.plane, scene.namespace)
    await scene.change({
      'db/db.yaml': deployment('db', { slow: true }),
      'web/web.yaml': deployment('web', { image: 'web:1' }),
    })
    expect(await journal.lines()).toEqual([
      '+ Deployment db',
      '= Deployment db',
      '+ Deployment web',
      '= Deployment web',
    ])

    const both = await scene.propose({
      'db/db.yaml': crashing(deployment('db', { image: 'db:2' })),
      'web/web.yaml': deployment('web', { image: 'web:2' }),
    })
    await scene.merge(both)
    const log = await scene.says(both, /the sync of shop-db to \w+ failed/)
    expect(log).toMatch(/^### ❌ Sync failed: 1 of 2 apps/m)
    expect(log).toContain('CrashLoopBackOff')
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:1')
    expect(scene.deployments('shop-web').every((each) => each.statuses.at(-1)?.state === 'success')).toBe(true)

    await scene.change({ 'db/db.yaml': deployment('db', { image: 'db:3' }) })
    await scene.says(both, /`shop-web` → `default` \| ✅ synced/)
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:2')
  })

  test('a wave that fails stops the next one, and nothing is pruned', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/first.yaml': deployment('first'), 'shop/old.yaml': configMap('old') })
    const number = await scene.propose({
      'shop/first.yaml': crashing(deployment('first', { image: 'web:2' })),
      'shop/second.yaml': configMap('second', { 'argocd.argoproj.io/sync-wave': '1' }),
      'shop/old.yaml': null,
    })
    expect(scene.comment(number)).toContain('wave 1')
    await scene.merge(number)
    const log = await scene.says(number, /^### ❌ Sync failed/m)
    expect(log).toContain('CrashLoopBackOff')
    expect(log).toContain('/sync shop')
    expect(await scene.get('ConfigMap', 'second')).toBeUndefined()
    expect(await scene.get('ConfigMap', 'old')).toBeDefined()
  })

  test('a hook before the sync that fails leaves the old version live, with its reason', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': deployment('web', { image: 'web:1' }) })
    const before = await scene.get('Deployment', 'web')
    const number = await scene.propose({
      'shop/web.yaml': deployment('web', { image: 'web:2' }),
      'shop/migrate.yaml': job('migrate', { 'argocd.argoproj.io/hook': 'PreSync' }, { fails: true }),
    })
    expect(scene.comment(number)).toMatch(/hook · pre-sync.*Job .*migrate/)
    const failing = failPods(stage.plane, scene.namespace)
    await scene.merge(number)
    const log = await scene.says(number, /^### ❌ Sync failed/m)
    failing.abort()
    expect(log).toMatch(/Job .*migrate.*BackoffLimitExceeded/)
    expect(log).toMatch(/exit code 3|exited with 3|code 3/)
    const after = await scene.get('Deployment', 'web')
    expect(imageOf(after)).toBe('web:1')
    expect(after?.metadata.generation).toBe(before?.metadata.generation)
  })
})
