import { localRepository } from '../../src/adapters/git/local.ts'
import { clusterOn } from '../../src/adapters/kubernetes/cluster.ts'
import { type Connection, connect } from '../../src/adapters/kubernetes/connection.ts'
import { type Database, openDatabase } from '../../src/adapters/postgres/open-database.ts'
import { parseRepositoryConfig } from '../../src/core/config/repository.ts'
import { DrydockError } from '../../src/core/model/errors.ts'
import type { Inventory } from '../../src/core/model/inventory.ts'
import { parentName } from '../../src/core/model/inventory.ts'
import type { SyncOutcome } from '../../src/core/model/outcome.ts'
import type { DemoCluster } from '../../src/entry/demo/cluster/demo-cluster.ts'
import { startInMemoryCluster } from '../../src/entry/demo/cluster/in-memory.ts'
import type { Clusters, Log } from '../../src/flows/ports.ts'
import type { Job, SyncRecord } from '../../src/flows/records.ts'
import type { AppState } from '../../src/flows/state-ports.ts'
import { testRepository } from '../adapters/git/support.ts'

/** The repository of the test that runs: each has its own, on one database and cluster. */
export let shop = { owner: 'acme', name: 'shop' }
const fullName = () => `${shop.owner}/${shop.name}`

const write = () => undefined
const log: Log = { debug: write, info: write, warn: write, error: write }

/** A server's world without GitHub: a database, the demo's stand-in for a cluster, and a clock that a test turns. */
export type HoldWorld = {
  readonly database: Database
  readonly store: Database['store']
  readonly clusters: Clusters
  readonly clock: { readonly now: () => Date }
  readonly log: Log
  readonly setTime: (time: string) => void
  /** `false`: the cluster can't be reached. */
  readonly reach: (up: boolean) => void
  /** Kinds of the jobs that were queued since the last call, with their app or number. */
  readonly queued: () => Promise<readonly string[]>
  /** Writes a parent as a sync leaves it behind. */
  readonly syncedOn: (app: string, revision: string, more?: Partial<Inventory>) => Promise<void>
  /** Makes this all that the store knows of an app. */
  readonly remember: (state: AppState) => Promise<void>
  /** Deletes a parent. */
  readonly forget: (app: string) => Promise<void>
  /** Begins a test: a repository that nobody knows, nothing held, nothing frozen, the same time again. */
  readonly renew: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function openHoldWorld(): Promise<HoldWorld> {
  const demo: DemoCluster = await startInMemoryCluster()
  const connection: Connection = await connect({ kubeconfig: demo.kubeconfig })
  const cluster = clusterOn('prod', connection)
  const database = await openDatabase({ dataDir: 'memory://', log })
  let now = new Date('2026-05-04T10:00:00Z')
  let up = true
  const jobs: Job[] = []
  let started: Promise<void> | undefined
  const writer = cluster.writer({ plan: { changes: [], drift: [] } } as never)
  return {
    database,
    store: database.store,
    clusters: {
      open: async () => {
        if (!up) throw new DrydockError('cluster-unreachable', 'It is down.')
        return cluster
      },
    },
    clock: { now: () => now },
    log,
    setTime: (time) => {
      now = new Date(time)
    },
    reach: (reachable) => {
      up = reachable
    },
    queued: async () => {
      // Jobs of one queue run in order: what was queued before this one was seen before it.
      const marks = ['sync', 'report'] as const
      const seen = Promise.withResolvers<void>()
      let left: number = marks.length
      const end = crypto.randomUUID()
      onJob = (job) => {
        const mark =
          (job.kind === 'sync' && job.syncId === end) || (job.kind === 'report' && job.repository.name === end)
        if (!mark) jobs.push(job)
        else if (--left === 0) seen.resolve()
      }
      started ??= database.jobs.start(async (job) => onJob(job))
      await started
      const repository = { ...shop, name: end, installationId: 1 }
      await database.store.enqueue([
        { kind: 'sync', repository, syncId: end, cluster: end, app: end },
        { kind: 'report', repository, number: 1 },
      ])
      await seen.promise
      return jobs
        .splice(0)
        .map((job) => (job.kind === 'sync' ? `sync ${job.app}` : `${job.kind} ${'number' in job ? job.number : ''}`))
        .sort()
    },
    syncedOn: async (app, revision, more = {}) => {
      const read = await cluster.inventory(fullName(), app)
      await writer.saveInventory({ ...read, revision, digest: `sha256:${revision.slice(0, 3)}`, ...more })
    },
    remember: ({ repository, app, cluster, ...known }) =>
      database.store.changeAppState({ repository, app, cluster }, () => known),
    forget: async (app) => {
      await connection.send({
        method: 'DELETE',
        path: `/api/v1/namespaces/drydock/configmaps/${parentName(fullName(), app)}`,
      })
    },
    renew: async () => {
      shop = { owner: 'acme', name: `shop-${crypto.randomUUID().slice(0, 8)}` }
      now = new Date('2026-05-04T10:00:00Z')
      up = true
      const { freezes, heldSyncs, removeFreeze, saveSync } = database.store
      for (const { scope } of await freezes()) await removeFreeze(scope)
      for (const each of await heldSyncs())
        await saveSync({ ...each, outcome: { ...each.outcome, state: 'superseded' } })
    },
    close: async () => {
      await connection.close()
      await demo.close()
      await database.close()
    },
  }
}

let onJob: (job: Job) => void = () => undefined

/** A repository of real commits with apps `web` (which depends on `db`) and `db`. */
export function gitOf(config: (rest: string) => string = configOf) {
  const tested = testRepository()
  const commit = (rest = '') =>
    tested.commit({ '.github/drydock.yaml': config(rest), 'web/web.yaml': 'a: 1\n', note: crypto.randomUUID() })
  return { git: tested.git, commit, repository: localRepository(`${tested.folder}/.git`) }
}

export function configOf(rest = '', dependsOn = ''): string {
  return `version: 1
apps:
  - { name: web, path: web, cluster: prod${dependsOn} }
  - { name: db, path: db, cluster: prod }
${rest}`
}

/** An app as the configuration has it. */
export function appOf(name: string, config = configOf()) {
  const app = parseRepositoryConfig(config, '.github/drydock.yaml').apps.find((each) => each.name === name)
  if (!app) throw new Error(`no app ${name}`)
  return app
}

export function recordOf(
  id: string,
  app: string,
  revision: string,
  outcome: Partial<SyncOutcome> = {},
  more: Partial<SyncRecord> = {},
): SyncRecord {
  const at = '2026-05-04T09:00:00.000Z'
  const base = { app, cluster: 'prod', revision }
  return {
    id,
    repository: shop,
    ...base,
    branch: 'main',
    actor: 'ann',
    createdAt: at,
    outcome: { ...base, state: 'queued', objects: [], problems: [], ...outcome },
    ...(['queued', 'running'].includes(outcome.state ?? 'queued') ? {} : { finishedAt: at }),
    ...more,
  }
}
