import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/core/model/app.ts'
import { at } from '../../src/core/model/object.ts'
import type { SyncOutcome } from '../../src/core/model/outcome.ts'
import { ClusterRefusal } from '../../src/core/model/refusal.ts'
import { type ControlPlane, kubeconfig, openControlPlane, skipped } from '../adapters/kubernetes/control-plane.ts'
import { appOf } from '../core/plan/facts.ts'
import { failPods } from './fail-pods.ts'
import { configMap, deployment, files, job } from './manifests.ts'
import { ownApp } from './own-app.ts'
import { writing } from './repository.ts'
import { type History, shopOf, writes } from './support.ts'

describe.skipIf(!kubeconfig)(`hooks of a sync${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('order')
  })
  afterAll(() => plane.close())

  const begin = (history: History, sync: Partial<App['sync']> = {}) => ownApp(plane, history, sync)
  const hook = (phase: string, more = {}) => ({ 'drydock.dev/hook': phase, ...more })
  const wave = (number: number) => ({ 'drydock.dev/wave': String(number) })
  const result = (outcome: SyncOutcome, name: string) => outcome.objects.find((each) => each.name === name)

  it('applies nothing when a hook before it fails, runs what is for that, and tells the exit code', async () => {
    const { sync, lines, namespace } = await begin({
      a: files(
        job('migrate', hook('pre-sync'), { fails: true }),
        job('later', hook('pre-sync', wave(1))),
        configMap('web'),
        deployment('web'),
        job('smoke', hook('post-sync')),
        job('alarm', hook('post-sync, sync-fail')),
      ),
    })
    const failing = failPods(plane, namespace)
    const failed = await sync('a')
    failing.abort()
    expect(failed).toMatchObject({ state: 'failed', problems: [{ code: 'unhealthy' }] })
    expect(failed.problems[0]?.message).toMatch(/Job order-\w+\/migrate.*BackoffLimitExceeded/)
    expect(failed.problems[0]?.message).toMatch(/exit code 3|exited with 3|code 3/)
    expect(await lines()).toEqual(['+ Job migrate', '+ Job alarm', '= Job alarm'])
    expect(result(failed, 'migrate')).toMatchObject({ result: 'failed', hook: 'pre-sync' })
    expect(result(failed, 'alarm')).toMatchObject({ result: 'created', hook: 'sync-fail' })
  })

  it('tells of a hook for failures that fails itself', async () => {
    const { sync, namespace } = await begin({
      a: files(
        job('migrate', hook('pre-sync'), { fails: true }),
        configMap('web'),
        job('alarm', hook('sync-fail'), { fails: true }),
      ),
    })
    const failing = failPods(plane, namespace)
    const failed = await sync('a')
    failing.abort()
    expect(failed.problems.map((each) => each.message.split(':')[0])).toEqual([
      `Job ${namespace}/migrate`,
      `Job ${namespace}/alarm`,
    ])
  })

  it('keeps the reason of a failure, and runs what is for that, though the failed hook can not be deleted', async () => {
    const history = {
      a: files(
        job('migrate', hook('pre-sync', { 'drydock.dev/hook-delete-policy': 'before-creation, failed' }), {
          fails: true,
        }),
        configMap('web'),
        job('alarm', hook('sync-fail')),
      ),
    }
    const { cluster, repository, namespace, lines } = await begin(history)
    const guarded = writing(cluster, (what) => {
      if (what === 'delete') throw new ClusterRefusal('forbidden', 403, 'jobs.batch "migrate" is forbidden')
    })
    const shop = shopOf(guarded, repository, history, appOf({ namespace }, { timeoutMs: 15_000 }))
    const failing = failPods(plane, namespace)
    const failed = await shop.sync('a')
    failing.abort()
    expect(failed.problems).toMatchObject([
      { message: expect.stringContaining('BackoffLimitExceeded') },
      { message: expect.stringContaining('is forbidden') },
    ])
    expect(await lines()).toContain('+ Job alarm')
  })

  it('failed, when it went and nobody saw how it ended', async () => {
    const { sync, namespace } = await begin({
      a: files(job('migrate', hook('pre-sync'), { fails: true }), configMap('web')),
    })
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs/migrate`
    const progress = ({ phase }: SyncOutcome) => {
      if (phase === 'waiting') void plane.raw('DELETE', path, undefined, { query: { propagationPolicy: 'Background' } })
    }
    const failed = await sync('a', { progress })
    expect(failed.problems[0]?.message).toContain('nobody saw how it ended')
    expect(result(failed, 'migrate')).toMatchObject({ result: 'failed', message: 'it is gone' })
  })

  it('does not run beside the pods of the hook before it', async () => {
    const migrate = job('migrate', hook('pre-sync'))
    const { sync, cluster, namespace, jobOf } = await begin({
      a: files(configMap('web'), migrate),
      b: files(configMap('web', {}, '2'), migrate),
    })
    await sync('a')
    const before = (await jobOf('migrate'))?.metadata.uid
    const [pod] = await cluster.list('v1', 'Pod', { namespace })
    const finalizers = (list: readonly string[]) =>
      plane.raw(
        'PATCH',
        `/api/v1/namespaces/${namespace}/pods/${pod?.metadata.name}`,
        { metadata: { finalizers: list } },
        { contentType: 'application/merge-patch+json' },
      )
    await finalizers(['example.com/busy'])
    const syncing = sync('b')
    const isGoing = async () =>
      (await cluster.list('v1', 'Pod', { namespace })).map((each) => each.metadata.deletionTimestamp !== undefined)
    await expect.poll(isGoing, { timeout: 10_000 }).toEqual([true])
    expect((await jobOf('migrate'))?.metadata.uid).toBe(before)
    await finalizers([])
    expect(await syncing).toMatchObject({ state: 'succeeded' })
    expect((await jobOf('migrate'))?.metadata.uid).not.toBe(before)
  })

  it('is not done when a hook after it fails: prune waits, and the next sync runs all hooks again', async () => {
    const { sync, lines, namespace, inventory, plan } = await begin({
      a: files(configMap('web'), configMap('old')),
      b: files(
        configMap('web', {}, '2'),
        job('migrate', hook('pre-sync')),
        job('smoke', hook('post-sync'), { fails: true }),
      ),
      c: files(configMap('web', {}, '2'), job('migrate', hook('pre-sync')), job('smoke', hook('post-sync'))),
    })
    await sync('a')
    const failing = failPods(plane, namespace)
    expect(await sync('b')).toMatchObject({ state: 'failed' })
    failing.abort()
    expect(await inventory()).toMatchObject({ revision: 'a' })
    expect((await plan('b')).changes.map((each) => each.name).sort()).toEqual(['migrate', 'old', 'smoke'])
    expect(await sync('c')).toMatchObject({ state: 'succeeded', problems: [] })
    expect((await lines()).slice(2)).toEqual([
      '+ Job migrate',
      '= Job migrate',
      '+ Job smoke',
      '- Job migrate',
      '+ Job migrate',
      '= Job migrate',
      '- Job smoke',
      '+ Job smoke',
      '= Job smoke',
      '- ConfigMap old',
    ])
  })

  it('runs hooks only with something else to do, and a changed hook alone', async () => {
    const migrate = (image: string) => job('migrate', hook('pre-sync'), { image })
    const { sync, lines, cluster, plan } = await begin({
      a: files(configMap('web'), migrate('a:1')),
      b: files(configMap('web'), migrate('a:2')),
      c: files(configMap('web', {}, '2'), migrate('a:2')),
    })
    await sync('a')
    const before = writes(cluster)
    expect(await plan('a')).toMatchObject({ changes: [], unchanged: 1 })
    expect(await sync('a')).toMatchObject({ state: 'succeeded', objects: [] })
    expect(writes(cluster) - before).toBe(0)
    expect((await plan('b')).changes).toMatchObject([{ name: 'migrate', hook: { phases: ['pre-sync'] } }])
    expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: 'migrate', hook: 'pre-sync' }] })
    expect(await sync('c')).toMatchObject({ state: 'succeeded' })
    expect(await lines()).toEqual([
      '+ Job migrate',
      '= Job migrate',
      '+ ConfigMap web',
      ...['- Job migrate', '+ Job migrate', '= Job migrate'],
      ...['- Job migrate', '+ Job migrate', '= Job migrate'],
    ])
  })

  it('runs hooks when drift is restored', async () => {
    const { sync, lines, namespace } = await begin(
      { a: files(configMap('web'), job('smoke', hook('post-sync'))) },
      { selfHeal: true },
    )
    await sync('a')
    await plane.raw('DELETE', `/api/v1/namespaces/${namespace}/configmaps/web`)
    expect(await sync('a')).toMatchObject({ state: 'succeeded' })
    expect((await lines()).slice(3)).toEqual([
      '- ConfigMap web',
      '+ ConfigMap web',
      '- Job smoke',
      '+ Job smoke',
      '= Job smoke',
    ])
  })

  it('runs a hook once in each of its phases', async () => {
    const { sync, lines } = await begin({
      a: files(configMap('web'), job('check', hook('pre-sync, post-sync'))),
    })
    expect(await sync('a')).toMatchObject({ state: 'succeeded' })
    expect(await lines()).toEqual([
      '+ Job check',
      '= Job check',
      '+ ConfigMap web',
      '- Job check',
      '+ Job check',
      '= Job check',
    ])
  })

  it('deletes hooks as their policies say', async () => {
    const policy = (words: string) => hook('pre-sync', { 'drydock.dev/hook-delete-policy': words })
    const { sync, jobOf, namespace, get } = await begin({
      a: files(
        configMap('web'),
        job('kept', policy('before-creation')),
        job('cleaned', policy('succeeded')),
        job('if-failed', policy('failed')),
        configMap('never', policy('never')),
      ),
      b: files(
        configMap('web', {}, '2'),
        job('kept', policy('before-creation'), { fails: true }),
        job('cleaned', policy('succeeded'), { fails: true }),
        job('if-failed', policy('failed'), { fails: true }),
        configMap('never', policy('never')),
      ),
    })
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    const uidOf = async (name: string) => (await jobOf(name))?.metadata.uid
    const [kept, ifFailed, never] = [await uidOf('kept'), await uidOf('if-failed'), await get('ConfigMap', 'never')]
    expect(kept).toBeDefined()
    expect(ifFailed).toBeDefined()
    expect(await jobOf('cleaned')).toBeUndefined()
    const failing = failPods(plane, namespace)
    expect(await sync('b')).toMatchObject({ state: 'failed' })
    failing.abort()
    expect(await uidOf('kept')).not.toBe(kept)
    expect(await jobOf('cleaned')).toBeDefined()
    expect(await jobOf('if-failed')).toBeUndefined()
    expect((await get('ConfigMap', 'never'))?.metadata.uid).toBe(never?.metadata.uid)
  })

  it('keeps what later hooks need until these are done, though it is deleted once it succeeded', async () => {
    const done = { 'drydock.dev/hook-delete-policy': 'before-creation, succeeded' }
    const { sync, lines } = await begin({
      a: files(
        configMap('web'),
        configMap('script', hook('pre-sync', { ...wave(-1), ...done })),
        job('migrate', hook('pre-sync', done)),
      ),
    })
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    const told = await lines()
    expect(told).toContain('- ConfigMap script')
    expect(told.indexOf('- ConfigMap script')).toBeGreaterThan(told.indexOf('= Job migrate'))
  })

  it('goes on after it was killed while a hook ran', async () => {
    const { sync, lines, jobOf, namespace } = await begin({
      a: files(configMap('web'), job('migrate', hook('pre-sync'), { fails: true })),
      b: files(configMap('web'), job('migrate', hook('pre-sync'))),
    })
    const killed = new AbortController()
    const sought = sync('a', {
      signal: killed.signal,
      progress: ({ phase }) => {
        if (phase === 'waiting') killed.abort()
      },
    })
    await expect(sought).rejects.toThrow()
    const uid = (await jobOf('migrate'))?.metadata.uid
    expect(uid).toBeDefined()
    expect(await plane.cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'web' })).toBeUndefined()
    expect(await sync('b')).toMatchObject({ state: 'succeeded', problems: [] })
    expect((await jobOf('migrate'))?.metadata.uid).not.toBe(uid)
    expect(await lines()).toEqual([
      '+ Job migrate',
      '- Job migrate',
      '+ Job migrate',
      '= Job migrate',
      '+ ConfigMap web',
    ])
  })

  it('leaves a hook of somebody else alone, unless the app adopts', async () => {
    const { sync, as, jobOf, namespace } = await begin({
      a: files(configMap('web'), configMap('migrate', hook('pre-sync'))),
    })
    const path = `/api/v1/namespaces/${namespace}/configmaps`
    const { body } = await plane.raw('POST', path, { metadata: { name: 'migrate' }, data: { a: 'theirs' } })
    const refused = await sync('a')
    expect(refused).toMatchObject({ state: 'failed', problems: [{ code: 'already-owned' }] })
    expect(refused.objects).toEqual([])
    expect(await jobOf('migrate')).toBeUndefined()
    expect(await as({ adopt: true }).sync('a')).toMatchObject({ state: 'succeeded' })
    const found = await plane.cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'migrate' })
    expect(found?.metadata.uid).not.toBe(at(body, 'metadata', 'uid'))
  })

  it('asks before it deletes a hook that holds data', async () => {
    const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: cache, annotations: {drydock.dev/hook: pre-sync}}
spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}
`
    const { sync, get } = await begin({
      a: files(claim, configMap('web')),
      b: files(claim, configMap('web', {}, '2')),
    })
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    const uid = (await get('PersistentVolumeClaim', 'cache'))?.metadata.uid
    expect(await sync('b')).toMatchObject({ state: 'held', heldBy: { kind: 'risk' } })
    expect((await get('PersistentVolumeClaim', 'cache'))?.metadata.uid).toBe(uid)
    expect(await sync('b', { accept: true })).toMatchObject({ state: 'succeeded', problems: [] })
    expect((await get('PersistentVolumeClaim', 'cache'))?.metadata.uid).not.toBe(uid)
  })

  it('never prunes a hook, and takes over an object that is one no longer', async () => {
    const { sync, get, inventory } = await begin({
      a: files(configMap('web'), configMap('gone', hook('pre-sync')), configMap('tamed', hook('pre-sync'))),
      b: files(configMap('web', {}, '2'), configMap('tamed')),
    })
    await sync('a')
    expect(await sync('b')).toMatchObject({ state: 'succeeded', problems: [] })
    expect(await get('ConfigMap', 'gone')).toBeDefined()
    expect((await inventory()).objects.map((each) => each.name).sort()).toEqual(['tamed', 'web'])
  })
})
