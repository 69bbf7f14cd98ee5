import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, deployment } from '../../flows/manifests.ts'
import { done, openStage, type Scene, type Stage } from './stage.ts'

const nodePort = 30_000 + Math.floor(Math.random() * 2_700)

const exposed = (name: string, annotations = '{}') => `apiVersion: v1
kind: Service
metadata: { name: ${name}, annotations: ${annotations} }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: ${nodePort} }] }
`

describe.skipIf(!kubeconfig)(`what moves${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  const objectsOf = async (scene: Scene, app: string) => JSON.stringify((await scene.parent(app))?.data)

  test('an object that moves to another app, and all of an app that is renamed, are the same objects afterwards', async () => {
    const scene = await stage.scene([
      { name: 'shop', path: 'shop' },
      { name: 'bank', path: 'bank' },
    ])
    await scene.change({
      'shop/web.yaml': deployment('web'),
      'shop/shared.yaml': configMap('shared'),
      'bank/bank.yaml': configMap('bank'),
    })
    const names = [['Deployment', 'web'] as const, ['ConfigMap', 'shared'] as const, ['ConfigMap', 'bank'] as const]
    const uids = () => Promise.all(names.map(async ([kind, name]) => (await scene.get(kind, name))?.metadata.uid))
    const before = await uids()
    expect(before).not.toContain(undefined)
    const moved = await scene.change({ 'shop/shared.yaml': null, 'bank/shared.yaml': configMap('shared') })
    expect(await uids()).toEqual(before)
    expect(scene.comment(moved)).not.toContain('**deleted**')
    expect(await objectsOf(scene, 'bank')).toContain('shared')

    const renamed = scene.configuration([
      { name: 'store', path: 'shop' },
      { name: 'bank', path: 'bank' },
    ])
    const number = await scene.change(renamed)
    expect(scene.comment(number)).not.toMatch(/\*\*(deleted|created)\*\*/)
    expect(await uids()).toEqual(before)
    expect(await objectsOf(scene, 'store')).toContain('web')
    expect(await objectsOf(scene, 'shop')).not.toContain(scene.namespace)
    await scene.change({ 'shop/web.yaml': null, 'shop/new.yaml': configMap('new') })
    expect(await scene.get('Deployment', 'web')).toBeUndefined()
    expect((await scene.get('ConfigMap', 'shared'))?.metadata.uid).toBe(before[1])
    expect(await objectsOf(scene, 'store')).not.toContain('shared')
  })

  test('what moves to an app that is locked stays until that one may take it', async () => {
    const scene = await stage.scene([
      { name: 'shop', path: 'shop' },
      { name: 'bank', path: 'bank' },
    ])
    const first = await scene.change({
      'shop/web.yaml': configMap('web'),
      'shop/shared.yaml': configMap('shared'),
      'bank/bank.yaml': configMap('bank'),
    })
    const uid = (await scene.get('ConfigMap', 'shared'))?.metadata.uid
    await scene.command(first, 'alice', '/lock bank --keep')
    const number = await scene.propose({
      'shop/shared.yaml': null,
      'shop/web.yaml': configMap('web', {}, '2'),
      'bank/shared.yaml': configMap('shared', {}, '2'),
    })
    await scene.merge(number)
    const held = await scene.says(number, /^### ⏸ Held: 1 of 2 apps needs a person$/m)
    expect(held).toMatch(/`shop` → `default` \| ✅ synced/)
    expect(await scene.get('ConfigMap', 'shared')).toMatchObject({ metadata: { uid }, data: { a: '1' } })
    // Whoever comes by meanwhile leaves it alone, too.
    await scene.change({ 'shop/web.yaml': configMap('web', {}, '3') })
    expect((await scene.get('ConfigMap', 'shared'))?.metadata.uid).toBe(uid)
    await scene.command(number, 'alice', '/unlock bank')
    await scene.says(number, done)
    expect(await scene.get('ConfigMap', 'shared')).toMatchObject({ metadata: { uid }, data: { a: '2' } })
  })

  test('a node port that two Services can not have at once moves when somebody approved it', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/old.yaml': exposed('old') })
    const number = await scene.propose({ 'shop/old.yaml': null, 'shop/new.yaml': exposed('new') })
    expect(await stage.harbour.planned(scene.repository, number)).toBe('action_required')
    expect(scene.comment(number)).toContain(`node port ${nodePort}`)
    await scene.merge(number)
    expect(await scene.says(number, /^### ⏸ Held: 1 of 1 app needs a person/m)).toContain('/approve shop')
    expect(await scene.get('Service', 'old')).toBeDefined()
    await scene.command(number, 'bob', '/approve shop')
    await scene.says(number, done)
    expect(await scene.get('Service', 'old')).toBeUndefined()
    expect(await scene.get('Service', 'new')).toBeDefined()
    // Its own annotation says as much as an approval.
    const first = '{ drydock.dev/prune: first }'
    await scene.change({ 'shop/new.yaml': exposed('new', first) })
    await scene.change({ 'shop/new.yaml': null, 'shop/newer.yaml': exposed('newer') })
    expect(await scene.get('Service', 'newer')).toBeDefined()
  })
})
