import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, crashing, deployment } from '../../flows/manifests.ts'
import { done, imageOf, openStage, readyOf, type Stage } from '../sync-stories/stage.ts'

describe.skipIf(!kubeconfig)(`/rollback${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  test('a bad deploy is back in seconds, held until its revert is merged, and then everything goes on', async ({
    annotate,
  }) => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    const { repository } = scene
    const many = Array.from({ length: 27 }, (_, index) => `extra-${index}`)
    const pods = ['web', 'api', 'worker']
    await scene.change({
      ...Object.fromEntries(many.map((name) => [`shop/${name}.yaml`, configMap(name)])),
      ...Object.fromEntries(pods.map((name) => [`shop/${name}.yaml`, deployment(name, { image: `${name}:1.0.0` })])),
    })
    const good = (await repository.head('main')) ?? ''
    const bad = await scene.propose({
      ...Object.fromEntries(
        pods.map((name) => [`shop/${name}.yaml`, crashing(deployment(name, { image: `${name}:2.0.0` }))]),
      ),
      ...Object.fromEntries(many.map((name) => [`shop/${name}.yaml`, configMap(name, {}, 'bad')])),
      'shop/new.yaml': configMap('new'),
    })
    await scene.merge(bad)
    await scene.says(bad, /CrashLoopBackOff/)

    const began = performance.now()
    const answering = scene.command(bad, 'bob', '/rollback "checkout fails"')
    const backAt = async (name: string) =>
      scene.until('Deployment', name, (live) => readyOf(live) === 1 && imageOf(live) === `${name}:1.0.0`)
    await Promise.all(pods.map(backAt))
    const tookMs = Math.round(performance.now() - began)
    await annotate(`from the command to healthy: ${tookMs} ms`)
    expect(tookMs).toBeLessThan(15_000)
    const answer = await answering
    expect(answer).toContain(`✅ \`shop\` is back at \`${good.slice(0, 7)}\`, healthy after`)
    expect(await scene.get('ConfigMap', 'new')).toBeUndefined()
    expect((await scene.get('ConfigMap', 'extra-3'))?.data).toEqual({ a: '1' })

    // Git is to say so too.
    const revert = repository.pullRequests().find((each) => each.state === 'open')
    expect(revert).toMatchObject({ title: `Revert #${bad}`, author: { type: 'Bot' } })
    const number = revert?.number ?? 0
    expect(answer).toContain(`The revert is #${number}`)
    expect(await scene.says(bad, /^### ⏪ Rolled back 1 app/m)).toContain('by bob: checkout fails')
    expect(await stage.harbour.planned(repository, number)).toBe('success')
    expect(await scene.says(number, /It is live already/)).toContain(
      `held at ${good.slice(0, 7)}, and merging this ends that`,
    )

    // What is merged meanwhile waits, with the reason.
    const later = await scene.propose({ 'shop/later.yaml': configMap('later') })
    await scene.merge(later)
    expect(await scene.says(later, /^### ⏸ Held: 1 of 1 app/m)).toContain('by bob')
    expect(await scene.get('ConfigMap', 'later')).toBeUndefined()

    await scene.merge(number)
    await scene.says(number, done)
    expect((await scene.parent('shop'))?.metadata.annotations).not.toHaveProperty(['drydock.dev/pin'])
    await scene.change({ 'shop/extra-2.yaml': configMap('extra-2', {}, 'free') })
    expect((await scene.get('ConfigMap', 'extra-2'))?.data).toEqual({ a: 'free' })
  })
})
