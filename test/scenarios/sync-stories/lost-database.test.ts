import { cp, rename, rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, deployment } from '../../flows/manifests.ts'
import { done, imageOf, openStage, type Scene, type Stage } from './stage.ts'

describe.skipIf(!kubeconfig)(`a database that is lost${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  const folder = () => stage.harbour.environment.DATA_DIR ?? ''

  /** What must not have been touched, by what the API server counts. */
  const versions = async (scene: Scene) => {
    const found = await Promise.all([scene.get('Deployment', 'web'), scene.get('ConfigMap', 'settings')])
    return found.map((each) => [each?.metadata.uid, each?.metadata.generation ?? each?.metadata.resourceVersion])
  }
  const files = (image: string) => ({
    'shop/web.yaml': deployment('web', { image }),
    'shop/settings.yaml': configMap('settings'),
  })

  test('a database that is thrown away is rebuilt: nothing is touched, locks and pins hold, the next merge syncs', async () => {
    const { harbour, plane } = stage
    const scene = await stage.scene([
      { name: 'shop', path: 'shop' },
      { name: 'bank', path: 'bank' },
    ])
    const { repository } = scene
    const first = await scene.change({ ...files('web:1'), 'bank/bank.yaml': configMap('bank') })
    await scene.command(first, 'alice', '/lock shop "the database moves" --keep')
    const pin = { revision: '1'.repeat(40), by: 'bob', at: new Date().toISOString(), reason: '2.0 loses orders' }
    await plane.cluster.saveMarks(repository.fullName, 'bank', () => ({ pin }))
    const before = await versions(scene)

    await harbour.stop()
    await rm(folder(), { recursive: true })
    await harbour.start()
    const number = await scene.propose({ ...files('web:2'), 'bank/bank.yaml': configMap('bank', {}, '2') })
    await scene.merge(number)
    const held = await scene.says(number, /^### ⏸ Held: 2 of 2 apps/m)
    expect(held).toMatch(/shop is locked by alice .*the database moves/)
    expect(held).toMatch(/bank is held at 1111111 by bob.*2\.0 loses orders/)
    expect(await versions(scene)).toEqual(before)
    expect((await scene.get('ConfigMap', 'bank'))?.data).toEqual({ a: '1' })

    await scene.command(number, 'alice', '/unlock shop')
    await scene.command(number, 'bob', '/unlock bank')
    await scene.says(number, done)
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:2')
    const [web, settings] = await versions(scene)
    expect(web?.[0]).toBe(before[0]?.[0])
    expect(settings).toEqual(before[1])
    // What was synced before the loss is still known: what goes now is deleted.
    await scene.change({ 'shop/settings.yaml': null })
    expect(await scene.get('ConfigMap', 'settings')).toBeUndefined()
  })

  test('a merge that waited when the database was lost is not forgotten', async () => {
    const { harbour } = stage
    const scene = await stage.scene([
      { name: 'shop', path: 'shop' },
      { name: 'bank', path: 'bank' },
    ])
    const first = await scene.change({ ...files('web:1'), 'bank/bank.yaml': configMap('bank') })
    await scene.command(first, 'alice', '/lock bank --keep')
    const waiting = await scene.propose({ 'bank/bank.yaml': configMap('bank', {}, '2') })
    await scene.merge(waiting)
    await scene.says(waiting, /^### ⏸ Held: 1 of 1 app/m)
    await harbour.stop()
    await rm(folder(), { recursive: true })
    await harbour.start()
    const number = await scene.propose(files('web:2'))
    await scene.merge(number)
    await scene.says(number, /`shop` → `default` \| ✅ synced/)
    expect(await scene.command(number, 'alice', '/unlock bank')).toContain('is unlocked')
    await scene.until('ConfigMap', 'bank', (object) => JSON.stringify(object?.data) === '{"a":"2"}')
  })

  test('an older copy of the database believes the cluster', async () => {
    const { harbour } = stage
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change(files('web:1'))
    const copy = `${folder()}-copy`
    await harbour.stop()
    await cp(folder(), copy, { recursive: true })
    await harbour.start()
    await scene.change({ ...files('web:2'), 'shop/late.yaml': configMap('late') })
    await harbour.stop()
    await rm(folder(), { recursive: true })
    await rename(copy, folder())
    await harbour.start()
    const before = await versions(scene)
    await scene.change({ 'shop/late.yaml': null })
    expect(await versions(scene)).toEqual(before)
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:2')
    expect(await scene.get('ConfigMap', 'late')).toBeUndefined()
  })
})
