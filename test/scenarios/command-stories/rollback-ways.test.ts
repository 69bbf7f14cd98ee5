import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, crashing, deployment, job, secret } from '../../flows/manifests.ts'
import { done, imageOf, openStage, readyOf, type Scene, type Stage } from '../sync-stories/stage.ts'

const web = (version: string) => deployment('web', { image: `web:${version}` })

describe.skipIf(!kubeconfig)(`/rollback${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  const head = async ({ repository }: Scene) => (await repository.head('main')) ?? ''
  const openPulls = ({ repository }: Scene) => repository.pullRequests().filter((each) => each.state === 'open')
  const isBack = (scene: Scene, version: string) =>
    scene.until('Deployment', 'web', (live) => readyOf(live) === 1 && imageOf(live) === `web:${version}`)

  test('works while neither the git server nor the API that reads Git answers', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': web('1'), 'shop/password.yaml': secret('password') })
    const bad = await scene.propose({ 'shop/web.yaml': crashing(web('2')) })
    await scene.merge(bad)
    await scene.says(bad, /CrashLoopBackOff/)
    const { faults } = stage.harbour.emulator
    for (const path of [/\.git\//, /\/git\/ref/, /\/pulls/, /\/contents\//])
      faults.request({ kind: 'server-error', status: 502, path, times: Number.POSITIVE_INFINITY })
    const answering = scene.command(bad, 'bob', '/rollback')
    await isBack(scene, '1')
    faults.clear()
    expect(await answering).toContain('✅ `shop` is back at')
  })

  test('takes one app of three back, by a commit that restores what it reads', async () => {
    const apps = ['one', 'two', 'three']
    const scene = await stage.scene(apps.map((name) => ({ name, path: name })))
    await scene.change(Object.fromEntries(apps.map((name) => [`${name}/map.yaml`, configMap(name)])))
    const bad = await scene.change({
      ...Object.fromEntries(apps.map((name) => [`${name}/map.yaml`, configMap(name, {}, 'bad')])),
      'two/new.yaml': configMap('new'),
    })
    const answer = await scene.command(bad, 'bob', '/rollback two')
    expect(answer).toContain('✅ `two` is back at')
    expect((await scene.get('ConfigMap', 'two'))?.data).toEqual({ a: '1' })
    expect((await scene.get('ConfigMap', 'one'))?.data).toEqual({ a: 'bad' })
    const [revert] = openPulls(scene)
    expect(revert).toMatchObject({ title: `Take two back to before #${bad}`, author: { type: 'Bot' } })
    expect(answer).toContain(`The revert is #${revert?.number}`)
    const number = revert?.number ?? 0
    expect(await stage.harbour.planned(scene.repository, number)).toBe('success')
    expect(await scene.says(number, /It is live already/)).not.toContain('three')
    await scene.merge(number)
    await scene.says(number, done)
    expect((await scene.parent('two'))?.metadata.annotations).not.toHaveProperty(['drydock.dev/pin'])
    expect((await scene.get('ConfigMap', 'one'))?.data).toEqual({ a: 'bad' })
    expect(await scene.get('ConfigMap', 'new')).toBeUndefined()
  })

  test('asks instead of restoring what another app reads as well', async () => {
    const scene = await stage.scene([
      { name: 'shop', path: 'apps/shop' },
      { name: 'blog', path: 'apps/blog' },
    ])
    const kustomization = 'resources: [../../base]\n'
    await scene.change({
      'base/kustomization.yaml': 'resources: [map.yaml]\n',
      'base/map.yaml': configMap('base'),
      'apps/shop/kustomization.yaml': `namePrefix: shop-\n${kustomization}`,
      'apps/blog/kustomization.yaml': `namePrefix: blog-\n${kustomization}`,
    })
    const bad = await scene.change({ 'base/map.yaml': configMap('base', {}, 'bad') })
    const answer = await scene.command(bad, 'bob', '/rollback shop')
    expect(answer).toContain('✅ `shop` is back at')
    expect(answer).toContain('blog reads base/map.yaml')
    expect(answer).toContain('/rollback blog shop')
    expect(openPulls(scene)).toEqual([])
    const both = await scene.command(bad, 'bob', '/rollback blog shop')
    expect(both).toMatch(/The revert is #\d+/)
    expect((await scene.get('ConfigMap', 'blog-base'))?.data).toEqual({ a: '1' })
  })

  test('goes to a commit, or to what a pull request left, that is named; and twice to the same', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': web('1') })
    const first = await head(scene)
    const second = await scene.change({ 'shop/web.yaml': web('2') })
    const third = await scene.change({ 'shop/web.yaml': web('3') })
    expect(await scene.command(third, 'bob', '/rollback to abcdef0')).toMatch(
      /was never healthy at `abcdef0`.*Nothing was rolled back/s,
    )
    const shown = await scene.command(third, 'bob', `/rollback shop to ${first.slice(0, 8)} --dry-run`)
    expect(shown).toContain(
      `\`shop\` would go back to \`${first.slice(0, 7)}\`. This takes back what #${second} changed in it, too.`,
    )
    expect(shown).toContain('Nothing was changed.')
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:3')
    expect(await scene.command(third, 'bob', `/rollback shop to ${first.slice(0, 8)}`)).toContain(
      '✅ `shop` is back at',
    )
    await isBack(scene, '1')
    expect(await scene.command(third, 'bob', `/rollback to #${second}`)).toContain('✅ `shop` is back at')
    await isBack(scene, '2')
    expect(await scene.command(third, 'bob', '/rollback')).toContain('✅ `shop` is back at')
    expect(await scene.command(third, 'bob', '/rollback')).toContain('✅ `shop` is back at')
    await isBack(scene, '2')
    expect(await scene.command(third, 'alice', '/rollback')).toContain('it needs more than `write` permission')
    expect(await scene.command(third, 'bob', '/sync')).toContain('was taken back to')
    expect(await scene.command(third, 'bob', '/unlock shop')).toContain('is no longer pinned')
    await scene.command(third, 'bob', '/sync')
    await isBack(scene, '3')
  })

  test('shows what stays done and asks first, when a migration ran since', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': web('1') })
    const bad = await scene.change({
      'shop/web.yaml': web('2'),
      'shop/migrate.yaml': job('migrate', { 'drydock.dev/hook': 'pre-sync' }),
    })
    const asked = await scene.command(bad, 'bob', '/rollback')
    expect(asked).toContain('⏸ `shop` did not go back to')
    expect(asked).toMatch(/Job .*migrate.*it ran since then and what it did stays done/)
    expect(asked).toContain('/approve shop')
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:2')
    expect((await scene.parent('shop'))?.metadata.annotations).not.toHaveProperty(['drydock.dev/pin'])
    expect(await scene.command(bad, 'bob', '/approve shop')).toContain('Accepted 1 risk.')
    await isBack(scene, '1')
    await scene.says(bad, /^### ⏪ Rolled back 1 app/m)
  })

  test('a fix that is merged meanwhile is live by /sync, and ends the hold', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': web('1') })
    const bad = await scene.change({ 'shop/web.yaml': web('2') })
    await scene.command(bad, 'bob', '/rollback')
    const fix = await scene.propose({ 'shop/web.yaml': web('2.1') })
    await scene.merge(fix)
    await scene.says(fix, /^### ⏸ Held/m)
    await scene.command(fix, 'bob', '/sync shop')
    await isBack(scene, '2.1')
    expect((await scene.parent('shop'))?.metadata.annotations).not.toHaveProperty(['drydock.dev/pin'])
  })

  test('two people at once: it goes back once, and each gets one answer', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    scene.repository.setPermission('carol', 'maintain')
    await scene.change({ 'shop/web.yaml': web('1') })
    const bad = await scene.change({ 'shop/web.yaml': web('2') })
    const answers = await Promise.all(['bob', 'carol'].map((user) => scene.command(bad, user, '/rollback')))
    await isBack(scene, '1')
    expect(answers.filter((each) => each.includes('✅ `shop` is back at')).length).toBeGreaterThan(0)
    expect(openPulls(scene)).toHaveLength(1)
  })

  test('killed in the middle, it ends after a restart, with one answer and one revert', async () => {
    const { harbour } = stage
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': web('1') })
    const bad = await scene.change({ 'shop/web.yaml': web('2') })
    await harbour.stop()
    const kill = await harbour.launch()
    harbour.emulator.faults.request({ kind: 'cut', path: /graphql/ })
    const answering = scene.command(bad, 'bob', '/rollback')
    await scene.marked('shop', 'pin')
    await kill()
    harbour.emulator.faults.clear()
    await harbour.start()
    expect(await answering).toContain('✅ `shop` is back at')
    await isBack(scene, '1')
    expect(openPulls(scene)).toHaveLength(1)
    const replies = scene.repository.comments(bad).filter((each) => each.viaApp && each.body.includes('drydock:reply'))
    expect(replies).toHaveLength(1)
  })
})
