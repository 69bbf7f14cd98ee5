import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, deployment, job } from '../../flows/manifests.ts'
import { done, imageOf, openStage, readyOf, type Scene, type Stage } from '../sync-stories/stage.ts'

const web = (version: string) => deployment('web', { image: `web:${version}` })
const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

describe.skipIf(!kubeconfig)(`what /rollback asks, and what it says in Git${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  const isBack = (scene: Scene, version: string) =>
    scene.until('Deployment', 'web', (live) => readyOf(live) === 1 && imageOf(live) === `web:${version}`)
  const openPull = ({ repository }: Scene) => repository.pullRequests().find((each) => each.state === 'open')

  test('what would be lost with its data stays, whatever else is accepted', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': web('1') })
    const bad = await scene.propose({
      'shop/web.yaml': web('2'),
      'shop/data.yaml': claim,
      'shop/migrate.yaml': job('migrate', { 'drydock.dev/hook': 'pre-sync' }),
    })
    await scene.merge(bad)
    await scene.says(bad, /data: not bound yet/)
    const asked = await scene.command(bad, 'bob', '/rollback')
    expect(asked).toMatch(/PersistentVolumeClaim .*data.* is left there, because something would be lost with it/)
    expect(await scene.command(bad, 'bob', '/approve')).toContain('Accepted 1 risk.')
    await isBack(scene, '1')
    await scene.says(bad, /^### ⏪ Rolled back 1 app/m)
    expect((await scene.get('PersistentVolumeClaim', 'data'))?.metadata.deletionTimestamp).toBeUndefined()
  })

  test('what was accepted on the way there is asked about on the way back', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': web('1') })
    const other = web('1').replaceAll('app: web', 'app: other')
    const number = await scene.propose({ 'shop/web.yaml': other })
    expect(await scene.command(number, 'bob', '/approve')).toContain('Accepted 1 risk.')
    await scene.says(number, /1 risk accepted/)
    await scene.merge(number)
    await scene.says(number, done)
    const uid = (await scene.get('Deployment', 'web'))?.metadata.uid
    const asked = await scene.command(number, 'bob', '/rollback')
    expect(asked).toContain('⏸ `shop` did not go back to')
    expect((await scene.get('Deployment', 'web'))?.metadata.uid).toBe(uid)
    expect(await scene.command(number, 'bob', '/approve')).toContain('Accepted 1 risk.')
    await scene.says(number, /^### ⏪ Rolled back 1 app/m)
    expect((await scene.get('Deployment', 'web'))?.metadata.uid).not.toBe(uid)
  })

  test('where more went back than its pull request, Git is asked for all of it', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': web('1'), 'shop/map.yaml': configMap('map') })
    const bad = await scene.change({ 'shop/web.yaml': web('2') })
    const later = await scene.change({ 'shop/map.yaml': configMap('map', {}, 'later') })
    const answer = await scene.command(bad, 'bob', '/rollback')
    expect(answer).toContain(`This takes back what #${later} changed in it, too.`)
    await isBack(scene, '1')
    const revert = openPull(scene)
    expect(revert?.title).toBe(`Take shop back to before #${bad}`)
    const number = revert?.number ?? 0
    expect(await stage.harbour.planned(scene.repository, number)).toBe('success')
    expect(await scene.says(number, /It is live already/)).toContain('No changes')
    await scene.merge(number)
    await scene.says(number, done)
    expect((await scene.get('ConfigMap', 'map'))?.data).toEqual({ a: '1' })
    await isBack(scene, '1')
  })

  test('a merge that changes only how an app is configured is applied, and taken back', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'one' }])
    await scene.change({ 'one/map.yaml': configMap('map', {}, 'one'), 'two/map.yaml': configMap('map', {}, 'two') })
    const number = await scene.change(scene.configuration([{ name: 'shop', path: 'two' }]))
    expect((await scene.get('ConfigMap', 'map'))?.data).toEqual({ a: 'two' })
    expect(await scene.command(number, 'bob', '/rollback')).toContain('✅ `shop` is back at')
    expect((await scene.get('ConfigMap', 'map'))?.data).toEqual({ a: 'one' })
  })

  test('nobody brings rules of his own by another target branch', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    const { repository } = scene
    await scene.change({ 'shop/map.yaml': configMap('map') })
    const number = await scene.propose({ 'shop/map.yaml': configMap('map', {}, 'next') })
    await scene.command(number, 'bob', '/lock shop "mine" --keep')
    const main = await repository.file('main', '.github/drydock.yaml')
    const files = {
      '.github/drydock.yaml': `${main}commands: { lock: ["@alice"], approve: ["@alice"], rollback: write }\n`,
    }
    await repository.commit('rules', files, 'Rules', 'alice')
    const base = { base: 'rules', title: 'A trick', author: 'alice' }
    const trick = await repository.openPullRequest({
      ...base,
      head: 'trick',
      files: { 'shop/map.yaml': configMap('map') },
    })
    for (const command of ['/unlock shop', '/approve', '/rollback shop', '/lock shop', '/sync']) {
      expect(await scene.command(trick, 'alice', command)).toContain('Only `main` is synced')
    }
    expect(await scene.command(trick, 'bob', '/status')).toContain('locked by bob')
  })
})
