import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Connection, connect } from '../../../src/adapters/kubernetes/connection.ts'
import { type Parents, parentsOn } from '../../../src/adapters/kubernetes/parents.ts'
import { type Marks, parentName } from '../../../src/core/model/inventory.ts'
import { startInMemoryCluster } from '../../../src/entry/demo/cluster/in-memory.ts'
import { kubeconfig, randomName, skipped } from './control-plane.ts'

const at = '2026-05-04T09:30:00Z'
const lock = { by: 'ann', at, reason: 'measuring "it"', number: 7, keep: true }
const pin = { revision: 'b'.repeat(40), by: 'ben', at, reason: 'rolled back' }
const freeze = { scope: '*', by: 'root', at, reason: 'release week' }
const all: Marks = { lock, pin, freeze }
const objects = [{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'web' }]

type Place = { readonly config: string; readonly close: () => Promise<void> }

function suite(name: string, open: () => Promise<Place>): void {
  describe(`the parent objects of apps, ${name}`, () => {
    const repository = `acme/${randomName('parents')}`
    let place: Place
    let connection: Connection
    let parents: Parents
    const pathOf = (app: string) => `/api/v1/namespaces/drydock/configmaps/${parentName(repository, app)}`
    const live = async (app: string) => (await connection.send({ method: 'GET', path: pathOf(app) })).body as never
    const annotate = async (app: string, annotations: Record<string, string | null>) => {
      const body = { metadata: { annotations } }
      const contentType = 'application/merge-patch+json'
      expect((await connection.send({ method: 'PATCH', path: pathOf(app), body, contentType })).status).toBe(200)
    }
    beforeAll(async () => {
      place = await open()
      connection = await connect({ kubeconfig: place.config })
      parents = parentsOn(connection)
    }, 60_000)
    afterAll(async () => {
      for (const app of ['fresh', 'kept', 'race', 'odd', 'busy', 'first', 'none', 'both', 'adopts']) {
        await connection.send({ method: 'DELETE', path: pathOf(app) })
      }
      await connection.close()
      await place.close()
    })

    it('hold marks also of an app that was never synced', async () => {
      await parents.saveMarks(repository, 'fresh', () => all)
      const read = await parents.read(repository, 'fresh')
      expect(read).toMatchObject({ objects: [], marks: all, repository, app: 'fresh' })
      expect(read.revision).toBeUndefined()
    })

    it('are not made to say that nothing holds', async () => {
      await parents.saveMarks(repository, 'none', () => ({}))
      expect((await parents.read(repository, 'none')).resourceVersion).toBeUndefined()
    })

    it('keep marks when the inventory is written, and the rest when marks are', async () => {
      const empty = await parents.read(repository, 'kept')
      const synced = await parents.save({
        ...empty,
        objects,
        revision: 'abc',
        digest: 'sha256:1',
        path: 'apps/web',
        formerly: ['old', 'older'],
      })
      await annotate('kept', { 'example.com/team': 'shop' })
      await parents.saveMarks(repository, 'kept', () => ({ lock, freeze }))
      const marked = await parents.read(repository, 'kept')
      expect(synced.formerly).toEqual(['old', 'older'])
      const { resourceVersion: _before, ...rest } = synced
      expect(marked).toEqual({ ...rest, marks: { lock, freeze }, resourceVersion: marked.resourceVersion })
      expect(await live('kept')).toMatchObject({ metadata: { annotations: { 'example.com/team': 'shop' } } })

      const next = await parents.save({ ...marked, revision: 'def' })
      expect(next).toMatchObject({ revision: 'def', marks: { lock, freeze } })
      await parents.saveMarks(repository, 'kept', () => ({ pin }))
      expect((await parents.read(repository, 'kept')).marks).toEqual({ pin })
      await parents.saveMarks(repository, 'kept', () => ({}))
      expect(await parents.read(repository, 'kept')).toMatchObject({ revision: 'def', objects })
      expect((await parents.read(repository, 'kept')).marks).toBeUndefined()
    })

    it('let a sync go on that began before a mark was set, and keep the mark', async () => {
      const begun = await parents.read(repository, 'first')
      await parents.saveMarks(repository, 'first', () => ({ freeze }))
      const ahead = await parents.save({ ...begun, objects })
      expect(ahead.marks).toEqual({ freeze })
      await parents.saveMarks(repository, 'first', () => ({ lock }))
      const ended = await parents.save({ ...ahead, revision: 'abc' })
      expect(ended).toMatchObject({ revision: 'abc', objects, marks: { lock } })
    })

    it('stop a sync when another one wrote meanwhile, marks or not', async () => {
      const begun = await parents.read(repository, 'busy')
      const other = parentsOn(connection)
      await other.save({ ...(await other.read(repository, 'busy')), objects, revision: 'abc' })
      await parents.saveMarks(repository, 'busy', () => ({ lock }))
      await expect(parents.save({ ...begun, revision: 'def' })).rejects.toMatchObject({ code: 'busy' })
      expect(await parents.read(repository, 'busy')).toMatchObject({ revision: 'abc', marks: { lock } })
    })

    it('take marks from many at once, one after the other', async () => {
      const names = ['a', 'b', 'c', 'd']
      await Promise.all(names.map((by) => parents.saveMarks(repository, 'race', () => ({ lock: { by, at } }))))
      expect(names).toContain((await parents.read(repository, 'race')).marks?.lock?.by)
    })

    it('lose no mark to another one that is made at the same time', async () => {
      await Promise.all([
        parents.saveMarks(repository, 'both', (marks) => ({ ...marks, lock })),
        parents.saveMarks(repository, 'both', (marks) => ({ ...marks, pin })),
        parents.saveMarks(repository, 'both', (marks) => ({ ...marks, freeze })),
      ])
      expect((await parents.read(repository, 'both')).marks).toEqual(all)
    })

    it('keep what an app adopts with the inventory of its old name, also when it was marked meanwhile', async () => {
      await parents.saveMarks(repository, 'adopts', () => ({ freeze }))
      const own = await parents.read(repository, 'adopts')
      await parents.saveMarks(repository, 'adopts', (marks) => ({ ...marks, lock }))
      const adopted = await parents.save({ ...own, objects, formerly: ['old'], marks: { pin, freeze } })
      expect(adopted.marks).toEqual(all)
      // From then on they are its own.
      await parents.saveMarks(repository, 'adopts', () => ({ freeze }))
      expect((await parents.save({ ...adopted, revision: 'abc' })).marks).toEqual({ freeze })
    })

    it.each([
      ['lock', '{"by":"ann"}'],
      ['lock', 'ann'],
      ['lock', 'null'],
      ['lock', '{"by":"ann","at":"2026","keep":"yes"}'],
      ['lock', '{"by":"ann","at":"2026","waiting":"ben"}'],
      ['lock', '{"by":"ann","at":"2026","waiting":["ben"]}'],
      ['lock', '{"by":"ann","at":"2026","waiting":[{"by":"ben","at":"2026"}]}'],
      ['pin', '{"by":"ann","at":"2026","reason":"x"}'],
      ['freeze', '[]'],
      ['freeze', ''],
    ])('hold the app, and say why, when the annotation of a %s is %s', async (mark, text) => {
      await parents.saveMarks(repository, 'odd', () => ({ lock }))
      await annotate('odd', { 'drydock.dev/lock': null, [`drydock.dev/${mark}`]: text })
      await expect(parents.read(repository, 'odd')).rejects.toMatchObject({
        code: 'store-failed',
        message: expect.stringContaining(`drydock.dev/${mark}`),
        hint: expect.stringContaining('Mend it there'),
      })
      // What can't be read isn't written over either: it may be somebody's lock.
      await expect(parents.saveMarks(repository, 'odd', () => ({}))).rejects.toMatchObject({ code: 'store-failed' })
      await annotate('odd', { [`drydock.dev/${mark}`]: null })
    })

    it('are not written when they are somebody else’s', async () => {
      await parents.saveMarks(repository, 'odd', () => ({ lock }))
      await annotate('odd', { 'drydock.dev/app': 'another' })
      await expect(parents.saveMarks(repository, 'odd', () => ({}))).rejects.toMatchObject({ code: 'store-failed' })
    })
  })
}

suite('on the stand-in of the demo', async () => {
  const cluster = await startInMemoryCluster()
  return { config: cluster.kubeconfig, close: () => cluster.close() }
})

describe.skipIf(skipped !== '')(`with a control plane${skipped}`, () => {
  suite('on a control plane', async () => ({ config: kubeconfig ?? '', close: async () => undefined }))
})
