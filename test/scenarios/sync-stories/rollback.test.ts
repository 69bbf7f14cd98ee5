import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, crashing, deployment, job } from '../../flows/manifests.ts'
import { done, imageOf, openStage, readyOf, type Stage } from './stage.ts'

describe.skipIf(!kubeconfig)(`onFailure: rollback${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  test('a crash-looping update is told with its reason, goes back by itself, and holds until Git says the same', async ({
    annotate,
  }) => {
    const { emulator } = stage.harbour
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more: 'sync: { onFailure: rollback }' }])
    const { repository, comment, get, parent } = scene
    await scene.change({
      'shop/web.yaml': deployment('web', { image: 'web:1.0.0' }),
      'shop/old.yaml': configMap('old'),
      'shop/settings.yaml': configMap('settings'),
    })
    const good = await repository.head('main')
    const old = await get('ConfigMap', 'old')

    const broken = await scene.propose({
      'shop/web.yaml': crashing(deployment('web', { image: 'web:2.0.0' })),
      'shop/old.yaml': null,
      'shop/new.yaml': configMap('new'),
      'shop/migrate.yaml': job('migrate', { 'drydock.dev/hook': 'pre-sync' }),
    })
    const bad = await scene.merge(broken)
    await emulator.waitFor(() => scene.deployments('shop')[1]?.statuses[0], { what: 'the start', timeoutMs: 60_000 })
    const began = performance.now()
    await scene.says(broken, /CrashLoopBackOff/)
    const tookMs = Math.round(performance.now() - began)
    await annotate(`told of the crash loop ${tookMs} ms after the sync began`)
    expect(tookMs).toBeLessThan(15_000)

    const log = await scene.says(broken, /^### ❌ Sync failed: 1 of 1 app · 1 rolled back/m)
    expect(log).toMatch(new RegExp(`Deployment .*${scene.namespace}/web.*CrashLoopBackOff.*simulated: crash`))
    expect(log).toContain(`Rolled back to ${good?.slice(0, 7)}`)
    expect(log).toMatch(/What these did stays done: Job .*migrate/)
    const everything = repository.comments(broken).map((each) => each.body)
    expect(everything.join('\n').match(/@bob/g)).toHaveLength(1)
    expect(
      scene
        .deployments('shop')
        .at(-1)
        ?.statuses.map((each) => each.state),
    ).toEqual(['in_progress', 'failure'])

    const web = await scene.until('Deployment', 'web', (object) => readyOf(object) === 1)
    expect(imageOf(web)).toBe('web:1.0.0')
    expect((await get('ConfigMap', 'old'))?.metadata.uid).toBe(old?.metadata.uid)
    expect(await get('ConfigMap', 'new')).toBeUndefined()
    expect((await parent('shop'))?.metadata.annotations).toMatchObject({
      'drydock.dev/revision': good,
      'drydock.dev/pin': expect.stringContaining(`"revision":"${good}"`),
    })
    const revert = repository.pullRequests().find((each) => each.state === 'open')
    expect(revert).toMatchObject({ title: `Revert #${broken}`, author: { type: 'Bot' } })

    // Whatever comes next waits for that, also when only the store still knows of the pin.
    await stage.harbour.emulator.idle()
    await scene.unmark('shop', 'pin')
    const next = await scene.propose({ 'shop/settings.yaml': configMap('settings', {}, 'next') })
    await scene.merge(next)
    const held = await scene.says(next, /^### ⏸ Held: 1 of 1 app/m)
    expect(held).toContain(`shop is held at ${good?.slice(0, 7)} by onFailure: rollback`)
    expect(held).toContain(`${bad.slice(0, 7)} did not become healthy`)
    expect((await get('ConfigMap', 'settings'))?.data).toEqual({ a: '1' })
    expect(comment(next)).not.toContain('@bob')

    const number = revert?.number ?? 0
    expect(await stage.harbour.planned(repository, number)).toBe('success')
    await scene.merge(number)
    await scene.says(number, done)
    expect((await get('ConfigMap', 'settings'))?.data).toEqual({ a: 'next' })
    expect(imageOf(await get('Deployment', 'web'))).toBe('web:1.0.0')
    expect((await get('ConfigMap', 'old'))?.metadata.uid).toBe(old?.metadata.uid)
    expect((await parent('shop'))?.metadata.annotations).not.toHaveProperty(['drydock.dev/pin'])
    await scene.says(next, /⏩ superseded/)
    await scene.change({ 'shop/settings.yaml': configMap('settings', {}, 'free') })
    expect((await get('ConfigMap', 'settings'))?.data).toEqual({ a: 'free' })
  })

  test('killed while it goes back, it ends that after a restart, and everything is there once', async () => {
    const { harbour } = stage
    const { emulator } = harbour
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more: 'sync: { onFailure: rollback }' }])
    const { repository } = scene
    await scene.change({ 'shop/web.yaml': deployment('web', { image: 'web:1' }) })
    const number = await scene.propose({ 'shop/web.yaml': crashing(deployment('web', { image: 'web:2' })) })
    await harbour.stop()
    const kill = await harbour.launch()
    emulator.faults.request({ kind: 'cut', path: /graphql/ })
    await scene.merge(number)
    await scene.marked('shop', 'pin')
    await kill()
    emulator.faults.clear()
    await harbour.start()
    const log = await scene.says(number, /^### ❌ Sync failed: 1 of 1 app · 1 rolled back/m)
    expect(log).toContain('CrashLoopBackOff')
    expect(imageOf(await scene.until('Deployment', 'web', (object) => readyOf(object) === 1))).toBe('web:1')
    expect(repository.pullRequests().filter((each) => each.title === `Revert #${number}`)).toHaveLength(1)
    expect(scene.deployments('shop').map((each) => each.statuses.at(-1)?.state)).toEqual(['success', 'failure'])
    expect(repository.comments(number).filter((each) => each.viaApp)).toHaveLength(1)
    const revert = repository.pullRequests().find((each) => each.state === 'open')?.number ?? 0
    await harbour.planned(repository, revert)
    await scene.merge(revert)
    await scene.says(revert, done)
    expect((await scene.parent('shop'))?.metadata.annotations).not.toHaveProperty(['drydock.dev/pin'])
  })
})
