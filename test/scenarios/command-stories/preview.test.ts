import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap } from '../../flows/manifests.ts'
import { done, openStage, type Scene, type Stage } from '../sync-stories/stage.ts'

describe.skipIf(!kubeconfig)(`/sync on an open pull request${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  const apps = [
    { name: 'shop', path: 'shop', more: 'preview: true' },
    { name: 'blog', path: 'blog' },
  ]
  const files = (data: string) => ({
    'shop/map.yaml': configMap('shop', {}, data),
    'blog/map.yaml': configMap('blog', {}, data),
  })
  const dataOf = async (scene: Scene, name: string) =>
    ((await scene.get('ConfigMap', name)) as { data?: { a: string } } | undefined)?.data?.a
  const until = (scene: Scene, name: string, data: string) =>
    scene.until('ConfigMap', name, (live) => (live as { data?: { a: string } } | undefined)?.data?.a === data)
  const pinOf = async (scene: Scene) => (await scene.parent('shop'))?.metadata.annotations?.['drydock.dev/pin']

  test('applies its head where the target branch allows it, holds it there, and goes back when it is closed', async () => {
    const scene = await stage.scene(apps)
    const { repository } = scene
    await scene.change(files('1'))
    const number = await scene.propose(files('preview'))
    expect(await scene.command(number, 'alice', '/sync blog')).toContain('has no `preview: true` for `blog`')
    const { headSha } = repository.pullRequest(number)
    const answer = await scene.command(number, 'alice', '/sync')
    expect(answer).toContain(`✅ \`shop\` is at \`${headSha.slice(0, 7)}\` of this pull request`)
    expect([await dataOf(scene, 'shop'), await dataOf(scene, 'blog')]).toEqual(['preview', '1'])
    expect(await pinOf(scene)).toContain(`preview of #${number}`)
    // The comment is still that of the plan.
    expect(scene.comment(number)).toMatch(/update/)

    const other = await scene.propose({ 'shop/other.yaml': configMap('other') })
    expect(await scene.command(other, 'alice', '/sync')).toContain('`shop` is held at')
    await scene.merge(other)
    expect(await scene.says(other, /^### ⏸ Held/m)).toMatch(
      new RegExp(`preview of #.?${number}.*once #.?${number} is merged or closed`, 's'),
    )

    await repository.closePullRequest(number, 'alice')
    await until(scene, 'shop', '1')
    await scene.until('ConfigMap', 'other', (live) => live !== undefined)
    await stage.harbour.emulator.idle()
    expect(await pinOf(scene)).toBeUndefined()
    await stage.harbour.emulator.waitFor(
      () => repository.comments(number).some((each) => /is back at `\w+` of `main`/.test(each.body)),
      { what: 'the answer after the end' },
    )
  })

  test('is followed by the merge as if it had not been there', async () => {
    const scene = await stage.scene(apps)
    await scene.change(files('1'))
    const number = await scene.propose(files('preview'))
    await scene.command(number, 'alice', '/sync shop')
    await scene.merge(number)
    await scene.says(number, done)
    expect([await dataOf(scene, 'shop'), await dataOf(scene, 'blog')]).toEqual(['preview', 'preview'])
    expect(await pinOf(scene)).toBeUndefined()
    // What was only previewed is nothing to go back to; what was merged before is.
    expect(await scene.command(number, 'bob', '/rollback shop')).toContain('✅ `shop` is back at')
    expect(await dataOf(scene, 'shop')).toBe('1')
  })

  test('takes nothing away that is merged already, and no setting from the pull request', async () => {
    const scene = await stage.scene(apps)
    await scene.change(files('1'))
    const behind = await scene.propose({ 'shop/new.yaml': configMap('new') })
    const cheats = await scene.propose({
      ...scene.configuration([
        apps[0] ?? { name: '', path: '' },
        { name: 'blog', path: 'blog', more: 'preview: true' },
      ]),
      'blog/map.yaml': configMap('blog', {}, 'cheated'),
    })
    expect(await scene.command(cheats, 'alice', '/sync blog')).toContain('has no `preview: true` for `blog`')
    await scene.change({ 'shop/merged.yaml': configMap('merged') })
    await stage.harbour.emulator.idle()
    expect(await scene.command(behind, 'alice', '/sync shop')).toContain(
      '`main` has changes of `shop` that this branch lacks',
    )
    expect(await scene.get('ConfigMap', 'merged')).toBeDefined()
    expect(await dataOf(scene, 'blog')).toBe('1')
  })

  test('a later push is applied by another /sync; what the merge leaves out goes back to the branch', async () => {
    const scene = await stage.scene([
      { name: 'shop', path: 'shop', more: 'preview: true' },
      { name: 'blog', path: 'blog', more: 'preview: true' },
    ])
    const { repository } = scene
    await scene.change(files('1'))
    const number = await repository.openPullRequest({
      ...{ head: 'two-steps', title: 'Two steps', author: 'alice' },
      files: files('first'),
    })
    await stage.harbour.planned(repository, number)
    expect(await scene.command(number, 'alice', '/sync')).toContain('✅ `blog` is at')
    await repository.commit('two-steps', { ...files('second'), 'blog/map.yaml': configMap('blog') }, 'Second', 'alice')
    await stage.harbour.planned(repository, number)
    expect(await scene.command(number, 'alice', '/plan')).toContain('✅ Planned')
    expect(await scene.command(number, 'alice', '/sync shop')).toContain('✅ `shop` is at')
    expect([await dataOf(scene, 'shop'), await dataOf(scene, 'blog')]).toEqual(['second', 'first'])
    await scene.merge(number)
    await scene.says(number, done)
    await until(scene, 'blog', '1')
    expect(await dataOf(scene, 'shop')).toBe('second')
    const next = await scene.propose({ 'blog/map.yaml': configMap('blog', {}, 'next') })
    await scene.merge(next)
    await scene.says(next, done)
    expect(await dataOf(scene, 'blog')).toBe('next')
  })

  test('/unlock ends it at once, and what waited behind it goes on', async () => {
    const scene = await stage.scene(apps)
    await scene.change(files('1'))
    const number = await scene.propose(files('preview'))
    await scene.command(number, 'alice', '/sync')
    const other = await scene.propose({ 'shop/other.yaml': configMap('other') })
    await scene.merge(other)
    await scene.says(other, /^### ⏸ Held/m)
    expect(await scene.command(number, 'alice', '/unlock shop')).toContain('is no longer previewed, and goes back')
    await until(scene, 'shop', '1')
    await scene.until('ConfigMap', 'other', (live) => live !== undefined)
    await scene.says(other, /⏩ superseded|✅ synced/)
    expect(await pinOf(scene)).toBeUndefined()
  })
})
