import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap } from '../../flows/manifests.ts'
import { done, openStage, type Stage } from './stage.ts'

describe.skipIf(!kubeconfig)(`merges that wait${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  const drydock = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, ['src/main.ts', ...args], { env: stage.harbour.environment })

  test('a window that is shut holds until it opens, and a change of the windows releases it', async () => {
    const apps = [{ name: 'shop', path: 'shop' }]
    const opened = new Date(Date.now() - 3_600_000)
    const schedule = `${opened.getUTCMinutes()} ${opened.getUTCHours()} * * *`
    const windows = `[{ kind: deny, schedule: "${schedule}", duration: 3h, apps: ["sh*"] }]`
    const scene = await stage.scene(apps, { windows })
    const number = await scene.propose({ 'shop/web.yaml': configMap('web') })
    await scene.merge(number)
    const held = await scene.says(number, /^### ⏸ Held: 1 of 1 app, going ahead without a person/m)
    const opens = new Date(opened.getTime() + 3 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ')
    expect(held).toContain(`held until ${opens} UTC`)
    expect(await scene.get('ConfigMap', 'web')).toBeUndefined()
    expect(held).not.toContain('@bob')

    const release = await scene.propose(scene.configuration(apps))
    await scene.merge(release)
    await scene.says(number, done)
    expect(await scene.get('ConfigMap', 'web')).toBeDefined()
    expect(scene.deployments('shop').map((each) => each.statuses.at(-1)?.state)).toEqual(['success'])
  })

  test('a freeze outlives a restart of the server, and its end lets the merge go on', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': configMap('web') })
    const { repository } = scene
    await drydock('freeze', '--repository', repository.fullName, '--reason', 'release week')
    await stage.harbour.stop()
    await stage.harbour.start()
    const number = await scene.propose({ 'shop/web.yaml': configMap('web', {}, '2') })
    await scene.merge(number)
    const held = await scene.says(number, /^### ⏸ Held: 1 of 1 app/m)
    expect(held).toContain('release week')
    expect(held).toContain(`drydock unfreeze --repository ${repository.fullName}`)
    expect((await scene.get('ConfigMap', 'web'))?.data).toEqual({ a: '1' })
    expect((await scene.parent('shop'))?.metadata.annotations?.['drydock.dev/freeze']).toContain('release week')

    // Without a server the command goes to the database itself, and the server finds what is to be done.
    await stage.harbour.stop()
    await drydock('unfreeze', '--repository', repository.fullName)
    await stage.harbour.start()
    await scene.says(number, done)
    expect((await scene.get('ConfigMap', 'web'))?.data).toEqual({ a: '2' })
    expect((await scene.parent('shop'))?.metadata.annotations).not.toHaveProperty(['drydock.dev/freeze'])
  })

  test('a lock holds each merge and says whose it is; unlocked, the newest one goes on with the changes of all', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    const { repository } = scene
    const first = await scene.change({ 'shop/web.yaml': configMap('web') })
    expect(await scene.command(first, 'alice', '/lock shop "the database moves"')).toContain('is locked')
    const one = await scene.propose({ 'shop/one.yaml': configMap('one') })
    const two = await scene.propose({ 'shop/two.yaml': configMap('two') })
    await scene.merge(one)
    expect(await scene.says(one, /^### ⏸ Held: 1 of 1 app/m)).toMatch(/shop is locked by alice .*the database moves/)
    await scene.merge(two)
    await scene.says(two, /^### ⏸ Held: 1 of 1 app/m)
    const sha = await repository.commit('main', { 'shop/three.yaml': configMap('three') }, 'At once', 'carol')
    const check = await stage.harbour.emulator.waitFor(
      () => repository.checkRuns(sha).find((each) => each.name === 'drydock / shop'),
      { what: 'the check of the push', timeoutMs: 25_000 },
    )
    expect(check.summary).toContain('shop is locked by alice')
    expect(await scene.get('ConfigMap', 'one')).toBeUndefined()

    await scene.command(two, 'alice', '/unlock shop')
    await scene.until('ConfigMap', 'three', (object) => object !== undefined)
    for (const name of ['one', 'two']) expect(await scene.get('ConfigMap', name)).toBeDefined()
    for (const number of [one, two]) {
      expect(await scene.says(number, /^### ⏩ Superseded/m)).not.toContain('@bob')
    }
    await stage.harbour.emulator.waitFor(() => scene.deployments('shop').at(-1)?.statuses.at(-1)?.state === 'success')
    expect(scene.deployments('shop').map((each) => each.sha)).toEqual([expect.any(String), sha])
  })

  test('auto: false waits for /sync; what holds next is said then', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more: 'sync: { auto: false }' }])
    const number = await scene.propose({ 'shop/web.yaml': configMap('web') })
    await scene.merge(number)
    expect(await scene.says(number, /^### ⏸ Held: 1 of 1 app needs a person/m)).toContain('```\n/sync shop\n```')
    await drydock('freeze', '--repository', scene.repository.fullName, '--reason', 'release week')
    await scene.command(number, 'alice', '/sync shop')
    await scene.says(number, /frozen by .*release week/)
    expect(await scene.get('ConfigMap', 'web')).toBeUndefined()
    await drydock('unfreeze', '--repository', scene.repository.fullName)
    await scene.says(number, done)
    expect(await scene.get('ConfigMap', 'web')).toBeDefined()
  })
})
