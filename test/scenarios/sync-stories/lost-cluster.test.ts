import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startInMemoryCluster } from '../../../src/entry/demo/cluster/in-memory.ts'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, deployment } from '../../flows/manifests.ts'
import { openLive } from '../../support/live.ts'
import { done, imageOf, openStage, type Scene, type Stage } from './stage.ts'

const run = promisify(execFile)

describe.skipIf(!kubeconfig)(`a cluster that is another one${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  /** What must not have been touched, by what the API server counts. */
  const versions = async (scene: Scene) => {
    const found = await Promise.all([scene.get('Deployment', 'web'), scene.get('ConfigMap', 'settings')])
    return found.map((each) => [each?.metadata.uid, each?.metadata.generation ?? each?.metadata.resourceVersion])
  }
  const files = (image: string) => ({
    'shop/web.yaml': deployment('web', { image }),
    'shop/settings.yaml': configMap('settings'),
  })

  test('on another cluster behind the same name nothing is applied; back on the right one it is', async () => {
    const { harbour } = stage
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change(files('web:1'))
    const before = await versions(scene)
    const other = await startInMemoryCluster()
    const there = await openLive(other.kubeconfig)
    try {
      const number = await scene.propose(files('web:2'))
      await harbour.stop()
      await harbour.start(other.kubeconfig)
      await scene.merge(number)
      const held = await scene.says(number, /^### ⏸ Held: 1 of 1 app needs a person/m)
      expect(held).toContain('is not the one that shop was synced to')
      expect(held).toContain('npx drydock sync --app shop')
      expect(await there.cluster.list('v1', 'ConfigMap')).toEqual([])
      expect(await versions(scene)).toEqual(before)

      await harbour.stop()
      await harbour.start()
      await scene.command(number, 'bob', '/sync shop')
      await scene.says(number, done)
      expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:2')
    } finally {
      await there.close()
      await other.close()
    }
  })

  test('without its parent object an app is held, and goes on as the comment says', async () => {
    const { harbour, plane } = stage
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    const { repository } = scene
    await scene.change(files('web:1'))
    const before = await versions(scene)
    const parent = await scene.parent('shop')
    await plane.raw('DELETE', `/api/v1/namespaces/drydock/configmaps/${parent?.metadata.name}`)
    const number = await scene.propose({ ...files('web:2'), 'shop/settings.yaml': null })
    await scene.merge(number)
    const held = await scene.says(number, /^### ⏸ Held: 1 of 1 app needs a person/m)
    expect(held).toContain(`its inventory there (ConfigMap drydock/${parent?.metadata.name}) is gone`)
    expect(await versions(scene)).toEqual(before)

    const checkout = join(harbour.environment.DATA_DIR ?? '', '..', scene.namespace)
    await run('git', ['clone', '--quiet', repository.folder, checkout])
    await run('git', ['-C', checkout, 'remote', 'set-url', 'origin', repository.cloneUrl])
    const command = [join(process.cwd(), 'src/main.ts'), 'sync', checkout, '--app', 'shop']
    await run(process.execPath, command, { env: harbour.environment, cwd: checkout })
    await scene.command(number, 'bob', '/sync shop')
    await scene.says(number, done)
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:2')
    // Nobody knew any more whose it was.
    expect(await scene.get('ConfigMap', 'settings')).toBeDefined()
  })
})
