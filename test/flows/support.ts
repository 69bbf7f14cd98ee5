import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { clusterOn } from '../../src/adapters/kubernetes/cluster.ts'
import type { App } from '../../src/core/model/app.ts'
import { parentName } from '../../src/core/model/inventory.ts'
import type { SyncOutcome } from '../../src/core/model/outcome.ts'
import type { AppPlan } from '../../src/core/model/plan.ts'
import { type AppRequest, planOneApp } from '../../src/flows/plan/plan-app.ts'
import type { Cluster, GitRepository } from '../../src/flows/ports.ts'
import { createRenderCache } from '../../src/flows/render/render-cache.ts'
import { syncApp } from '../../src/flows/sync/sync-app.ts'
import type { Workshop } from '../../src/flows/world.ts'
import { type ControlPlane, randomName } from '../adapters/kubernetes/control-plane.ts'
import { appOf } from '../core/plan/facts.ts'

/** Commits by id, each with its files. */
export type History = Record<string, Record<string, string>>

export function repositoryOf(history: History): GitRepository {
  const files = (commit: string) => {
    const found = history[commit]
    if (!found) throw new Error(`no commit ${commit}`)
    return found
  }
  const inside = (path: string, folder = '.') => folder === '.' || path === folder || path.startsWith(`${folder}/`)
  return {
    fetch: async () => undefined,
    read: async (commit: string, path: string) => files(commit)[path],
    list: async (commit: string, folder?: string) =>
      Object.keys(files(commit))
        .filter((path) => inside(path, folder))
        .map((path) => ({ path, type: 'file' as const })),
    fingerprint: async (commit: string, paths: readonly string[]) =>
      JSON.stringify(Object.entries(files(commit)).filter(([path]) => paths.some((each) => inside(path, each)))),
    export: async (commit: string, paths: readonly string[], destination: string) => {
      for (const [path, text] of Object.entries(files(commit))) {
        if (!paths.some((each) => inside(path, each))) continue
        mkdirSync(dirname(join(destination, path)), { recursive: true })
        writeFileSync(join(destination, path), text)
      }
    },
  } as Partial<GitRepository> as GitRepository
}

/** Everything that a sync needs but GitHub and a database, over one cluster. */
export function workshopOn(cluster: Cluster): Workshop {
  return {
    renders: createRenderCache(),
    clusters: { open: async () => cluster },
    clock: { now: () => new Date() },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    scratch: async (use) => {
      const folder = await mkdtemp(join(tmpdir(), 'drydock-sync-'))
      try {
        return await use(folder)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
    renderer: async ({ root, path }) => {
      const folder = join(root, path)
      return readdirSync(folder)
        .filter((name) => statSync(join(folder, name)).isFile())
        .sort()
        .map((name) => ({ path: join(path, name), text: readFileSync(join(folder, name), 'utf8'), exact: true }))
    },
  }
}

/** One app on one cluster. */
export type Shop = {
  readonly as: (more: Partial<App>, sync?: Partial<App['sync']>) => Shop
  readonly plan: (head: string) => Promise<AppPlan>
  readonly sync: (
    head: string,
    more?: {
      readonly signal?: AbortSignal
      readonly progress?: (outcome: SyncOutcome) => void
      readonly accept?: boolean
    },
  ) => Promise<SyncOutcome>
}

/** One app with its commits, planned and synced on a cluster. */
export function shopOf(cluster: Cluster, repositoryName: string, history: History, app: App = appOf()): Shop {
  const workshop = workshopOn(cluster)
  const request = (head: string): AppRequest => ({
    repository: repositoryOf(history),
    repositoryName,
    app,
    head,
    base: 'synced',
    oldLeftovers: 'change',
  })
  return {
    /** The same app with other settings. */
    as: (more, sync = {}) =>
      shopOf(cluster, repositoryName, history, { ...app, ...more, sync: { ...app.sync, ...sync } }),
    plan: async (head) => (await planOneApp(workshop, request(head))).plan,
    sync: (head, more = {}) =>
      syncApp(workshop, request(head), {
        revision: head,
        reviewed: { accepted: more.accept ? 'all' : new Set<string>(), by: 'test' },
        progress: more.progress ?? (() => undefined),
        signal: more.signal ?? new AbortController().signal,
      }),
  }
}

/** Requests that write, without dry runs. */
export function writes(cluster: Cluster): number {
  const requests = cluster.requests()
  return ['PATCH', 'POST', 'PUT', 'DELETE'].reduce((sum, verb) => sum + (requests[verb] ?? 0), 0)
}

/** An app of its own on a control plane, so that no test meets another's; its inventory goes away with the plane. */
export function shopIn(plane: ControlPlane, history: History, app: Partial<App> = {}, sync: Partial<App['sync']> = {}) {
  const repository = `acme/${randomName('shop')}`
  plane.later(`/api/v1/namespaces/drydock/configmaps/${parentName(repository, 'shop')}`)
  const cluster: Cluster = clusterOn('test', plane.connection)
  const settings = appOf({ namespace: plane.namespace, ...app }, sync)
  return { ...shopOf(cluster, repository, history, settings), cluster, repository }
}
