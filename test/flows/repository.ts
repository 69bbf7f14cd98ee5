import { foldersOf } from '../../src/core/config/paths.ts'
import { parseRepositoryConfig } from '../../src/core/config/repository.ts'
import type { App } from '../../src/core/model/app.ts'
import { parentName } from '../../src/core/model/inventory.ts'
import type { LiveObject } from '../../src/core/model/object.ts'
import type { SyncOutcome } from '../../src/core/model/outcome.ts'
import type { AppPlan } from '../../src/core/model/plan.ts'
import type { Cluster } from '../../src/flows/ports.ts'
import { type ControlPlane, randomName } from '../adapters/kubernetes/control-plane.ts'
import { type Shop, shopOf } from './support.ts'

const config = '.github/drydock.yaml'

export const configMap = (name: string, more = '', data = '1') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${more}}\ndata: {a: "${data}"}\n`

export const deployment = (name: string, more = '', label = '') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}${more}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}${label ? `, simulate: ${label}` : ''}}}
    spec: {containers: [{name: web, image: "a:1"}]}
`

/** One repository with several apps, whose commits are made as a test goes on. */
export type Repository = {
  readonly name: string
  /** A commit with the files of each folder of `apps`; each is an app of that name unless `named` says otherwise. */
  readonly commit: (
    id: string,
    folders: Record<string, Record<string, string>>,
    more?: {
      /** Of each app, or of all. */
      readonly settings?: string | Record<string, string>
      readonly named?: Record<string, string>
    },
  ) => void
  /** Makes the configuration of a commit unreadable. */
  readonly breakConfig: (id: string) => void
  /** The app as a commit configures it. */
  readonly shopAt: (id: string, name: string, cluster?: Cluster) => Shop
  /** The same commits under another repository's name. */
  readonly elsewhere: (id: string, name: string) => Shop
  readonly plan: (id: string, name: string) => Promise<AppPlan>
  readonly sync: (id: string, name: string, accept?: boolean) => Promise<SyncOutcome>
  /** Names of the objects of an app's inventory. */
  readonly inventory: (app: string) => Promise<readonly string[]>
}

/** A repository of its own on a control plane; its inventories go away with the plane. */
export function repositoryIn(plane: ControlPlane): Repository {
  const name = `acme/${randomName('repository')}`
  const history: Record<string, Record<string, string>> = {}
  const appAt = (id: string, app: string): App => {
    const files = history[id] ?? {}
    const settings = parseRepositoryConfig(files[config] ?? '', config, foldersOf(Object.keys(files)))
    const found = settings.apps.find((each) => each.name === app)
    if (!found) throw new Error(`${app} is not configured at ${id}`)
    return { ...found, sync: { ...found.sync, timeoutMs: 15_000, retry: { limit: 0, backoffMs: 1 } } }
  }
  const shopAt = (id: string, app: string, cluster: Cluster = plane.cluster) => {
    plane.later(`/api/v1/namespaces/drydock/configmaps/${parentName(name, app)}`)
    return shopOf(cluster, name, history, appAt(id, app))
  }
  return {
    name,
    shopAt,
    commit: (id, folders, { settings = '', named = {} } = {}) => {
      const settingsOf = (folder: string) => (typeof settings === 'string' ? settings : (settings[folder] ?? ''))
      const files = Object.entries(folders).flatMap(([folder, texts]) =>
        Object.entries(texts).map(([file, text]) => [`apps/${folder}/${file}.yaml`, text] as const),
      )
      const apps = Object.keys(folders).map(
        (folder) =>
          `  - {name: ${named[folder] ?? folder}, path: apps/${folder}, namespace: ${plane.namespace}${settingsOf(folder)}}\n`,
      )
      history[id] = { ...Object.fromEntries(files), [config]: `version: 1\napps:\n${apps.join('')}` }
    },
    breakConfig: (id) => {
      history[id] = { ...history[id], [config]: 'apps: [' }
    },
    elsewhere: (id, app) => shopOf(plane.cluster, `${name}-other`, history, appAt(id, app)),
    plan: (id, app) => shopAt(id, app).plan(id),
    sync: (id, app, accept = false) => shopAt(id, app).sync(id, { accept }),
    inventory: async (app) => (await plane.cluster.inventory(name, app)).objects.map((each) => each.name).sort(),
  }
}

/** A look at the namespace of a control plane, and a hand in it, past Drydock. */
export function insideOf(plane: ControlPlane) {
  const path = (name: string, kind = 'configmaps') => `/api/v1/namespaces/${plane.namespace}/${kind}/${name}`
  const live = (name: string, kind = 'ConfigMap', namespace = plane.namespace): Promise<LiveObject | undefined> =>
    plane.cluster.get({ apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1', kind, namespace, name })
  return {
    live,
    uid: async (name: string, kind?: string) => (await live(name, kind))?.metadata.uid,
    patch: (name: string, body: object) =>
      plane.raw('PATCH', path(name), body, {
        contentType: 'application/merge-patch+json',
        query: { fieldManager: 'kubectl-edit' },
      }),
    remove: (name: string) => plane.raw('DELETE', path(name)),
    /** Creates as `fieldManager`, by whose name Drydock knows what it wrote. */
    make: (kind: string, body: object, fieldManager = 'kubectl-create') =>
      plane.raw('POST', path('', kind).slice(0, -1), body, { query: { fieldManager } }),
  }
}

/** The same cluster; `before` is called before each write, and may throw. */
export function writing(cluster: Cluster, before: (what: 'apply' | 'fold' | 'delete' | 'inventory') => void): Cluster {
  return {
    ...cluster,
    writer: (authorised) => {
      const writer = cluster.writer(authorised)
      return {
        apply: async (...rest) => {
          await before('apply')
          return writer.apply(...rest)
        },
        fold: async (...rest) => {
          await before('fold')
          return writer.fold(...rest)
        },
        delete: async (...rest) => {
          await before('delete')
          return writer.delete(...rest)
        },
        saveInventory: async (...rest) => {
          await before('inventory')
          return writer.saveInventory(...rest)
        },
      }
    },
  }
}
