import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../../src/core/model/app.ts'
import { DrydockError } from '../../../src/core/model/errors.ts'
import { fieldManager, partOfLabel } from '../../../src/core/model/inventory.ts'
import { at, type LiveObject } from '../../../src/core/model/object.ts'
import type { Cluster } from '../../../src/flows/ports.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../../adapters/kubernetes/control-plane.ts'
import { appOf } from '../../core/plan/facts.ts'
import { type History, shopIn, shopOf, writes } from '../support.ts'

const configMap = (name: string, data = '1', more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${more}}\ndata: {a: "${data}"}\n`
const deployment = (name: string, image: string, label = '') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: ${name}}}
  strategy: {rollingUpdate: {maxUnavailable: 0}}
  template:
    metadata: {labels: {app: ${name}${label ? `, simulate: ${label}` : ''}}}
    spec: {containers: [{name: web, image: "${image}"}]}
`
/** Ready for a second before it counts, so that there is something to wait for. */
const slow = (text: string) => text.replace('spec:', 'spec:\n  minReadySeconds: 1')
const files = (texts: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [`apps/shop/${name}.yaml`, text]))

describe.skipIf(!kubeconfig)(`a sync${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('sync')
  })
  afterAll(() => plane.close())

  const shop = (history: History, sync: Partial<App['sync']> = {}, app: Partial<App> = {}) => {
    const one = shopIn(plane, history, app, { timeoutMs: 15_000, ...sync })
    return { ...one, inventory: () => one.cluster.inventory(one.repository, 'shop') }
  }
  const live = (kind: string, name: string, apiVersion = 'v1'): Promise<LiveObject | undefined> =>
    plane.cluster.get({ apiVersion, kind, namespace: plane.namespace, name })
  const dataOf = async (name: string) => at(await live('ConfigMap', name), 'data', 'a')
  const edit = (name: string, patch: object) =>
    plane.raw('PATCH', `/api/v1/namespaces/${plane.namespace}/configmaps/${name}`, patch, {
      contentType: 'application/merge-patch+json',
      query: { fieldManager: 'kubectl-edit' },
    })

  it('makes the cluster as the commit says, and sends nothing when it is', async () => {
    const name = randomName('web')
    const { sync, plan, cluster, inventory } = shop({
      one: files({ config: configMap(name), web: deployment(name, 'a:1') }),
    })
    const first = await sync('one')
    expect(first).toMatchObject({ state: 'succeeded', problems: [] })
    expect(first.objects.map((each) => each.result)).toEqual(['created', 'created'])
    expect(await inventory()).toMatchObject({ revision: 'one', objects: [{ uid: expect.any(String) }, {}] })
    expect((await live('Deployment', name, 'apps/v1'))?.status).toMatchObject({ availableReplicas: 1 })

    expect(await plan('one')).toMatchObject({ changes: [], drift: [], unchanged: 2 })
    const before = writes(cluster)
    expect(await sync('one')).toMatchObject({ state: 'succeeded', objects: [] })
    expect(writes(cluster) - before).toBe(0)
  })

  it('sends only what the commit changes, and leaves drift to who made it', async () => {
    const [one, two] = [randomName('one'), randomName('two')]
    const { sync, plan } = shop({
      a: files({ one: configMap(one), two: configMap(two) }),
      b: files({ one: configMap(one, '2'), two: configMap(two) }),
    })
    await sync('a')
    await edit(two, { data: { a: 'edited' } })
    expect(await plan('b')).toMatchObject({
      changes: [{ name: one, action: 'update' }],
      drift: [{ name: two, onSync: 'kept', managers: ['kubectl-edit'] }],
    })
    expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: one, result: 'configured' }] })
    expect(await dataOf(two)).toBe('edited')
  })

  it('restores drift with selfHeal, also an object that is gone', async () => {
    const [one, two] = [randomName('one'), randomName('two')]
    const { sync } = shop({ a: files({ one: configMap(one), two: configMap(two) }) }, { selfHeal: true })
    await sync('a')
    await edit(one, { data: { a: 'edited' } })
    await plane.raw('DELETE', `/api/v1/namespaces/${plane.namespace}/configmaps/${two}`)
    expect(await sync('a')).toMatchObject({ state: 'succeeded' })
    expect([await dataOf(one), await dataOf(two)]).toEqual(['1', '1'])
  })

  it('prunes exactly what left, not what is protected, and not the namesake that somebody else made', async () => {
    const names = ['stays', 'leaves', 'kept', 'namesake'].map((each) => randomName(each))
    const [stays = '', leaves = '', kept = '', namesake = ''] = names
    const { sync, inventory } = shop({
      a: files({
        stays: configMap(stays),
        leaves: configMap(leaves),
        kept: configMap(kept, '1', ', annotations: {drydock.dev/prune: disabled}'),
        namesake: configMap(namesake),
      }),
      b: files({ stays: configMap(stays) }),
    })
    await sync('a')
    const path = `/api/v1/namespaces/${plane.namespace}/configmaps`
    await plane.raw('DELETE', `${path}/${namesake}`)
    // Even with our label, and as if we had written it.
    const labels = { [partOfLabel]: (await inventory()).id }
    await plane.raw('POST', path, { metadata: { name: namesake, labels } }, { query: { fieldManager } })
    await plane.raw('POST', path, { metadata: { name: `${stays}-not-ours`, labels } })
    expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: leaves, result: 'deleted' }] })
    expect(await live('ConfigMap', leaves)).toBeUndefined()
    for (const name of [stays, kept, namesake, `${stays}-not-ours`])
      expect(await live('ConfigMap', name), name).toBeDefined()
  })

  it('holds a prune of more than maxPrune, and does it once it is accepted', async () => {
    const [one, two, three] = [randomName('one'), randomName('two'), randomName('three')]
    const { sync } = shop(
      {
        a: files({ one: configMap(one), two: configMap(two), three: configMap(three) }),
        b: files({ one: configMap(one) }),
      },
      { maxPrune: 1 },
    )
    await sync('a')
    const held = await sync('b')
    expect(held).toMatchObject({ state: 'held', objects: [] })
    expect(held.problems).toHaveLength(2)
    expect(await live('ConfigMap', two)).toBeDefined()
    expect(await sync('b', { accept: true })).toMatchObject({ state: 'succeeded' })
    expect(await live('ConfigMap', two)).toBeUndefined()
  })

  it('takes a render of nothing for a mistake', async () => {
    const name = randomName('web')
    const { sync } = shop({ a: files({ one: configMap(name) }), b: files({ one: '# nothing\n' }) })
    await sync('a')
    expect(await sync('b')).toMatchObject({ state: 'failed', problems: [{ code: 'render-empty' }] })
    expect(await live('ConfigMap', name)).toBeDefined()
  })

  it.each([
    ['crash', 'unhealthy', /CrashLoopBackOff/],
    ['never-ready', 'health-timeout', /container web: running, but not ready/],
  ])(
    'fails with the cause when pods %s, prunes nothing, and claims no success when tried again',
    async (label, code, cause) => {
      const [web, old] = [randomName('web'), randomName('old')]
      const { sync, inventory } = shop(
        {
          a: files({ web: deployment(web, 'a:1'), old: configMap(old) }),
          b: files({ web: deployment(web, 'a:2', label) }),
          c: files({ web: deployment(web, 'a:1'), old: configMap(old) }),
        },
        { timeoutMs: 4000 },
      )
      expect(await sync('a')).toMatchObject({ state: 'succeeded' })
      const first = await sync('b')
      expect(first).toMatchObject({ state: 'failed', problems: [{ code }] })
      expect(first.problems[0]?.message).toMatch(cause)
      expect(await live('ConfigMap', old)).toBeDefined()
      expect(await inventory()).toMatchObject({ revision: 'a' })

      const again = await sync('b')
      expect(again).toMatchObject({ state: 'failed', objects: [], problems: [{ code }] })

      // Taken back in Git: what is asked for is what was synced last, but not what is live.
      expect(await sync('c')).toMatchObject({ state: 'succeeded', objects: [{ name: web, result: 'configured' }] })
      const pod = at(await live('Deployment', web, 'apps/v1'), 'spec', 'template')
      expect(at(pod, 'spec', 'containers', 0, 'image')).toBe('a:1')
      expect(at(pod, 'metadata', 'labels', 'simulate')).toBeUndefined()
      expect(await inventory()).not.toHaveProperty('unfinished')
    },
  )

  it('stops before later stages when an apply fails', async () => {
    const [config, web, old] = [randomName('config'), randomName('web'), randomName('old')]
    const history = {
      a: files({ old: configMap(old) }),
      b: files({ config: configMap(config), web: deployment(web, 'a:1') }),
    }
    const { sync, inventory, repository } = shop(history)
    await sync('a')
    const failing = onWrite(plane.cluster, (what) => {
      if (what === config) throw new DrydockError('cluster-refused', 'not today')
    })
    const other = shopOf(failing, repository, history, appOf({ namespace: plane.namespace }))
    expect(await other.sync('b')).toMatchObject({
      state: 'failed',
      objects: [{ name: config, result: 'failed' }],
      problems: [{ message: 'not today', source: { path: 'apps/shop/config.yaml' } }],
    })
    expect(await live('Deployment', web, 'apps/v1')).toBeUndefined()
    expect(await live('ConfigMap', old)).toBeDefined()
    expect(await inventory()).toMatchObject({ revision: 'a' })
  })

  it('creates a namespace with its contents, and a kind with its objects', async () => {
    const space = randomName('made')
    const group = `${randomName('g')}.example.com`
    plane.later(`/api/v1/namespaces/${space}`)
    plane.later(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.${group}`)
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {plural: things, kind: Thing}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`
    const history = {
      a: files({
        thing: `apiVersion: ${group}/v1\nkind: Thing\nmetadata: {name: a, namespace: ${space}}\nspec: {big: 9007199254740993}\n`,
        config: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ${space}}\n`,
        definition,
        space: `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${space}}\n`,
      }),
    }
    const { sync, plan, cluster } = shop(history)
    expect((await plan('a')).changes.map((each) => [each.kind, each.preview])).toEqual([
      ['ConfigMap', 'client'],
      ['CustomResourceDefinition', 'server'],
      ['Namespace', 'server'],
      ['Thing', 'client'],
    ])
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    const thing = await cluster.get({ apiVersion: `${group}/v1`, kind: 'Thing', namespace: space, name: 'a' })
    expect(thing?.spec).toEqual({ big: 9007199254740993n })
    expect(await sync('a')).toMatchObject({ state: 'succeeded', objects: [] })
  })

  it('replaces what is immutable only once that is accepted', async () => {
    const name = randomName('job')
    const job = (image: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\nimmutable: true\ndata: {a: "${image}"}\n`
    const { sync } = shop({ a: files({ job: job('1') }), b: files({ job: job('2') }) })
    await sync('a')
    const before = await live('ConfigMap', name)
    expect(await sync('b')).toMatchObject({ state: 'held' })
    expect(await dataOf(name)).toBe('1')
    expect(await sync('b', { accept: true })).toMatchObject({ state: 'succeeded', objects: [{ result: 'replaced' }] })
    expect(await dataOf(name)).toBe('2')
    expect((await live('ConfigMap', name))?.metadata.uid).not.toBe(before?.metadata.uid)
  })

  it.each(['planning', 'applying', 'waiting', 'pruning'])('goes on after it was stopped while %s', async (phase) => {
    const [config, web, old] = [randomName('config'), randomName('web'), randomName('old')]
    const { sync, plan, inventory } = shop({
      a: files({ old: configMap(old), config: configMap(config) }),
      b: files({ config: configMap(config, '2'), web: slow(deployment(web, 'a:1')) }),
    })
    await sync('a')
    const stop = new AbortController()
    const progress = (outcome: { readonly phase?: string }) => {
      if (outcome.phase === phase) stop.abort()
    }
    await expect(sync('b', { signal: stop.signal, progress })).rejects.toThrow(/abort/i)
    expect(await inventory()).toMatchObject({ revision: 'a' })
    expect(await live('ConfigMap', old)).toBeDefined()
    expect(await sync('b')).toMatchObject({ state: 'succeeded', problems: [] })
    expect(await plan('b')).toMatchObject({ changes: [], drift: [], unchanged: 2 })
    expect(await dataOf(config)).toBe('2')
    expect(await live('ConfigMap', old)).toBeUndefined()
    expect((await inventory()).objects).toHaveLength(2)
  })

  it('sets right what a killed sync left at any write, by going on or by going back', async () => {
    const [config, added, old] = [randomName('config'), randomName('added'), randomName('old')]
    const before = files({ config: configMap(config), old: configMap(old) })
    const after = files({ config: configMap(config, '2'), added: configMap(added) })
    const { sync, plan, inventory, repository } = shop({ a: before, b: after, c: before })
    let kills = 0
    for (let survived = 0; ; survived += 1) {
      for (const target of ['b', 'c']) {
        expect(await sync('a'), `back to a, ${survived}`).toMatchObject({ state: 'succeeded', problems: [] })
        let left = survived
        const stop = new AbortController()
        const killed = onWrite(plane.cluster, () => {
          left -= 1
          if (left >= 0) return
          stop.abort()
          throw new Error('killed')
        })
        const victim = shopOf(killed, repository, { a: before, b: after }, appOf({ namespace: plane.namespace }))
        const outcome = await victim.sync('b', { signal: stop.signal }).catch(() => undefined)
        if (outcome?.state === 'succeeded') {
          expect(kills).toBeGreaterThanOrEqual(8)
          return
        }
        kills += 1
        expect(await sync(target), `to ${target}, ${survived}`).toMatchObject({ state: 'succeeded', problems: [] })
        expect(await plan(target)).toMatchObject({ changes: [], drift: [], unchanged: 2 })
        expect(await dataOf(config)).toBe(target === 'b' ? '2' : '1')
        expect(
          [await live('ConfigMap', added), await live('ConfigMap', old)].map((each) => each !== undefined),
        ).toEqual(target === 'b' ? [true, false] : [false, true])
        expect((await inventory()).objects).toHaveLength(2)
      }
    }
  })
})

/** The same cluster; `before` is called before each write with the name of its object, and may throw. */
function onWrite(cluster: Cluster, before: (name: string) => void): Cluster {
  return {
    ...cluster,
    writer: (authorised) => {
      const writer = cluster.writer(authorised)
      return {
        apply: async (object) => {
          before(object.metadata.name)
          return writer.apply(object)
        },
        fold: async (live, managedFields) => {
          before(live.metadata.name)
          return writer.fold(live, managedFields)
        },
        delete: async (reference, uid) => {
          before(reference.name)
          return writer.delete(reference, uid)
        },
        saveInventory: async (inventory) => {
          before('inventory')
          return writer.saveInventory(inventory)
        },
      }
    },
  }
}
