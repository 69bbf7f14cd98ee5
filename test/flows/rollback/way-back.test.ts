import { describe, expect, it } from 'vitest'
import { packing } from '../../../src/core/history/pack.ts'
import { DrydockError } from '../../../src/core/model/errors.ts'
import { at, type KubeObject } from '../../../src/core/model/object.ts'
import type { SyncRecord } from '../../../src/flows/records.ts'
import { wayBack } from '../../../src/flows/rollback/way-back.ts'
import type { ServerWorld } from '../../../src/flows/server-world.ts'
import type { HistoryEntry } from '../../../src/flows/state-ports.ts'
import { appOf } from '../../core/plan/facts.ts'
import { type History, repositoryOf, workshopOn } from '../support.ts'

const key = Buffer.alloc(32, 7)
const objects: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' }, data: { password: 'aHVudGVyMg==' } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'map', namespace: 'shop' }, data: { a: '1' } },
]
const app = appOf({ name: 'shop', path: 'shop', cluster: 'prod', namespace: 'shop', render: 'plain' })
const then: SyncRecord = {
  id: 'then',
  repository: { owner: 'acme', name: 'gitops' },
  app: 'shop',
  cluster: 'prod',
  branch: 'main',
  revision: 'abcdef0123',
  actor: 'ana',
  digest: 'sha256:then',
  createdAt: '2026-05-04T10:00:00Z',
  outcome: { app: 'shop', cluster: 'prod', revision: 'abcdef0123', state: 'succeeded', objects: [], problems: [] },
}

const kinds = {
  all: [],
  unavailable: [],
  find: (_: string, kind: string) => ({ kind, namespaced: true }),
}
const cluster = { identify: async () => ({ uid: 'u', version: 'v1.35.0' }), kinds: async () => kinds } as never
const inGit = (manifest: string | undefined): History => ({
  [then.revision]: {
    '.github/drydock.yaml': 'version: 1\napps: [{ name: shop, path: shop, namespace: shop }]\n',
    'shop/map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: map }\n',
    ...(manifest === undefined ? {} : { 'shop/db.yaml': manifest }),
  },
})
const fromGit = 'apiVersion: v1\nkind: Secret\nmetadata: { name: db }\ndata: { password: ZnJvbSBnaXQ= }\n'

/** Goes back with what was kept under `kept`, read with `read`, where Git has this. */
function goBack(kept: Uint8Array | undefined, read: Uint8Array | undefined, history: History, on = cluster) {
  const entry: HistoryEntry = { sync: then, objects: packing(kept).pack(objects) }
  const store = { historyOf: async () => entry, history: async () => [entry] }
  const world = { ...workshopOn(on), packing: packing(read), store } as unknown as ServerWorld
  return wayBack(world, repositoryOf(history), app, { to: 'then', named: false })
}

const passwordOf = ({ stored }: Awaited<ReturnType<typeof wayBack>>) =>
  stored?.manifests.map(({ object }) => at(object, 'data', 'password')).find((each) => each !== undefined)

describe('the values of Secrets on the way back', () => {
  it('are the sealed ones, without Git', async () => {
    const way = await goBack(key, key, {})
    expect(passwordOf(way)).toBe('aHVudGVyMg==')
    expect(way.stored?.digest).toBe('sha256:then')
  })
  it('come from Git at that revision where they were not kept; all else is as it was kept', async () => {
    const way = await goBack(undefined, undefined, inGit(fromGit))
    expect(passwordOf(way)).toBe('ZnJvbSBnaXQ=')
    expect(way.stored?.manifests.map(({ object }) => at(object, 'data', 'a'))).toContain('1')
  })
  it.each([
    ['Git can not be asked', {}, /no commit|can't tell them/],
    ['Git has none', inGit(undefined), /it has none of that name there/],
  ])('are refused by name where %s', async (_, history, why) => {
    const refused = goBack(undefined, undefined, history)
    await expect(refused).rejects.toThrow(/the values of Secret shop\/db were not kept/)
    await expect(refused).rejects.toThrow(why)
    await expect(refused).rejects.toMatchObject({ code: 'store-failed', hint: expect.stringContaining('STORE_KEY') })
  })
  it('wait for a cluster that does not answer, which is tried again', async () => {
    const down = async () => Promise.reject(new DrydockError('cluster-unreachable', 'down'))
    const refused = goBack(undefined, undefined, inGit(fromGit), { identify: down, kinds: down } as never)
    await expect(refused).rejects.toMatchObject({ code: 'cluster-unreachable' })
  })
  it('that another key sealed make Git say everything', async () => {
    const way = await goBack(key, Buffer.alloc(32, 8), inGit(fromGit))
    expect(way.stored).toBeUndefined()
    expect(way.app).toMatchObject({ path: 'shop', sync: { maxPrune: Number.MAX_SAFE_INTEGER } })
  })
})
