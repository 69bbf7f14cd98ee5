import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { at } from '../../src/core/model/object.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../adapters/kubernetes/control-plane.ts'
import { deployment, insideOf, type Repository, repositoryIn } from './repository.ts'

const service = (name: string, ports: readonly number[], more = '') => `apiVersion: v1
kind: Service
metadata: {name: ${name}${more}}
spec:
  type: NodePort
  selector: {app: web}
  ports: [${ports.map((port) => `{name: p${port}, port: ${port}, nodePort: ${port}}`).join(', ')}]
`

describe.skipIf(!kubeconfig)(`what there is only one of${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  let inside: ReturnType<typeof insideOf>
  let repository: Repository
  beforeAll(async () => {
    plane = await openControlPlane('prune')
    inside = insideOf(plane)
  })
  afterAll(() => plane.close())
  beforeEach(() => {
    repository = repositoryIn(plane)
  })

  const done = async (id: string, ...names: string[]) => {
    for (const name of names)
      expect(await repository.sync(id, name), name).toMatchObject({ state: 'succeeded', problems: [] })
  }
  describe('what the server gives once', () => {
    /** Of the range of a cluster, where other tests hardly look. */
    const port = () => 30_000 + Math.floor(Math.random() * 2_700)

    it('moves once that is accepted: the old Service goes before the new one comes', async () => {
      const [old, now, number] = [randomName('old'), randomName('new'), port()]
      repository.commit('one', { shop: { old: service(old, [number]) } })
      repository.commit('two', { shop: { new: service(now, [number]) } })
      await done('one', 'shop')
      const { changes, errors } = await repository.plan('two', 'shop')
      expect(errors).toEqual([])
      expect(changes).toMatchObject([
        { action: 'create', name: now, preview: 'client', previewReason: expect.stringContaining(old) },
        { action: 'delete', name: old, first: true, risks: ['move'] },
      ])
      expect(await repository.sync('two', 'shop')).toMatchObject({ state: 'held' })
      expect(await inside.live(old, 'Service')).toBeDefined()
      expect(await repository.sync('two', 'shop', true)).toMatchObject({ state: 'succeeded', problems: [] })
      expect(await inside.live(old, 'Service')).toBeUndefined()
      expect(at(await inside.live(now, 'Service'), 'spec', 'ports', 0, 'nodePort')).toBe(number)
      expect(await repository.inventory('shop')).toEqual([now])
    })

    it('moves without a word where the old one says so', async () => {
      const [old, now, number] = [randomName('old'), randomName('new'), port()]
      repository.commit('one', { shop: { old: service(old, [number], ', annotations: {drydock.dev/prune: first}') } })
      repository.commit('two', { shop: { new: service(now, [number]) } })
      await done('one', 'shop')
      await done('two', 'shop')
      expect([await inside.live(old, 'Service'), await inside.uid(now, 'Service')]).toEqual([
        undefined,
        expect.any(String),
      ])
    })

    it('stays an error, and nothing goes, where somebody else holds a part of it', async () => {
      const [old, now, theirs, one, two] = [randomName('old'), randomName('new'), randomName('theirs'), port(), port()]
      const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: two }] }
      await inside.make('services', { metadata: { name: theirs }, spec })
      repository.commit('one', { shop: { old: service(old, [one]) } })
      repository.commit('two', { shop: { new: service(now, [one, two]) } })
      await done('one', 'shop')
      const { errors } = await repository.plan('two', 'shop')
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining(`${two}: provided port is already allocated`),
          hint: expect.stringContaining(theirs),
        },
      ])
      expect(await repository.sync('two', 'shop', true)).toMatchObject({ state: 'failed' })
      expect(await inside.live(old, 'Service')).toBeDefined()
    })

    it('moves an address of the cluster too, which a dry run gives twice', async () => {
      const [old, now] = [randomName('old'), randomName('new')]
      repository.commit('one', { shop: { old: service(old, [port()]) } })
      await done('one', 'shop')
      const address = at(await inside.live(old, 'Service'), 'spec', 'clusterIP')
      const fixed = service(now, [port()]).replace('spec:', `spec:\n  clusterIP: ${address}`)
      repository.commit('two', { shop: { new: fixed } })
      expect((await repository.plan('two', 'shop')).changes).toMatchObject([
        { name: now },
        { name: old, risks: ['move'] },
      ])
      expect(await repository.sync('two', 'shop', true)).toMatchObject({ state: 'succeeded' })
      expect(at(await inside.live(now, 'Service'), 'spec', 'clusterIP')).toBe(address)
    })
  })

  describe('what a node gives once', () => {
    const daemons = (name: string, port: number) => `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: web, image: "a:1", ports: [{containerPort: 80, hostPort: ${port}}]}]}
`
    const mounting = (name: string, claim: string) =>
      `${deployment(name).replace('spec: {containers', `spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: ${claim}}}], containers`)}`

    it('moves once that is accepted: no pod of the old workload is left when the new one comes', async () => {
      const [old, now, port] = [randomName('old'), randomName('new'), 20_000 + Math.floor(Math.random() * 9_000)]
      repository.commit('one', { shop: { web: daemons(old, port) } })
      repository.commit('two', { shop: { web: daemons(now, port) } })
      await done('one', 'shop')
      expect((await repository.plan('two', 'shop')).changes).toMatchObject([
        { action: 'create', name: now, preview: 'server' },
        { action: 'delete', name: old, first: true, risks: ['move'], summary: [expect.stringContaining(String(port))] },
      ])
      expect(await repository.sync('two', 'shop')).toMatchObject({ state: 'held' })
      expect(await repository.sync('two', 'shop', true)).toMatchObject({ state: 'succeeded', problems: [] })
    })

    it.each([
      ['ReadWriteOnce', [['move']]],
      ['ReadWriteMany', [[]]],
    ])('is a volume of somebody else: %s', async (mode, risks) => {
      const [old, now, claim] = [randomName('old'), randomName('new'), randomName('claim')]
      const spec = { accessModes: [mode], resources: { requests: { storage: '1Gi' } } }
      await inside.make('persistentvolumeclaims', { metadata: { name: claim }, spec })
      repository.commit('one', { shop: { web: mounting(old, claim) } })
      repository.commit('two', { shop: { web: mounting(now, claim) } })
      // Nobody makes volumes here, so that its pods never run.
      await repository.shopAt('one', 'shop').as({}, { timeoutMs: 1_000 }).sync('one')
      const { changes } = await repository.plan('two', 'shop')
      expect(changes.filter((each) => each.action === 'delete').map((each) => each.risks)).toEqual(risks)
    })
  })
})
