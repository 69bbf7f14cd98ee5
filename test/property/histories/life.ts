import { clusterOn } from '../../../src/adapters/kubernetes/cluster.ts'
import type { Connection } from '../../../src/adapters/kubernetes/connection.ts'
import { packing } from '../../../src/core/history/pack.ts'
import { DrydockError } from '../../../src/core/model/errors.ts'
import type { Cluster, Forge, Store } from '../../../src/flows/ports.ts'
import { createRenderCache } from '../../../src/flows/render/render-cache.ts'
import type { ServerWorld } from '../../../src/flows/server-world.ts'
import { createOvertaking } from '../../../src/flows/sync/overtaking.ts'
import type { ApiServer, Carried } from './api-server.ts'
import { type Fault, withFaults } from './faults.ts'
import type { MemoryGit } from './git.ts'

/** Thrown by everything that a killed process still tries. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

/** When a process ends: before or after its write of this number, counted from 0. */
export type End = { readonly how: 'killed' | 'aborted'; readonly at: number; readonly done: boolean }

/** What outlives a process. */
export type Surroundings = {
  readonly git: MemoryGit
  readonly forge: Forge
  readonly store: Store
  readonly api: () => ApiServer
  readonly carried: (request: Carried) => void
  readonly faults: () => Fault | undefined
  readonly newId: () => string
  /** Hears of what was logged as gone wrong. */
  readonly warned: (message: string, thrown: unknown) => void
}

/** One process of Drydock from its start to its end. */
export type Life = {
  readonly world: ServerWorld
  readonly signal: AbortSignal
  /** Its end comes, counted from now. */
  readonly endAt: (end: End) => void
  /** Before the write of this number, counted from now, something else happens. */
  readonly before: (at: number, happens: () => Promise<void>) => void
  readonly isOver: () => boolean
  /** Nothing that it still does reaches anybody. */
  readonly kill: () => void
  /** Forgets what was to come. */
  readonly goOn: () => void
}

const writesOfStore = /^(save|change|advance|enqueue|audit|requeue|remove|accept|noteTold)/
const writesOfForge = /^(create|complete|update|deploymentStatus|react|openRe)/

export function beginLife(around: Surroundings): Life {
  const aborted = new AbortController()
  let end: End | undefined
  let meanwhile: { readonly at: number; readonly happens: () => Promise<void> } | undefined
  let writes = 0
  let dead = false
  const die = () => {
    dead = true
    aborted.abort()
    throw new Killed('killed')
  }
  /** Every way to the outside goes through here. */
  const pass = async <T>(isWrite: boolean, call: () => Promise<T>): Promise<T> => {
    if (dead) throw new Killed('killed')
    const at = isWrite ? writes++ : -1
    if (meanwhile?.at === at) {
      const { happens } = meanwhile
      meanwhile = undefined
      await happens()
    }
    const now = end?.at === at ? end : undefined
    if (!now) {
      const answer = await call()
      if (dead) throw new Killed('killed')
      return answer
    }
    if (now.how === 'aborted') {
      aborted.abort()
      return call()
    }
    if (now.done) await call()
    return die()
  }
  const guarded = <T extends object>(what: T, isWrite: RegExp): T =>
    new Proxy(what, {
      get: (target, key) => {
        const found = Reflect.get(target, key)
        if (typeof found !== 'function' || typeof key !== 'string') return found
        return (...values: unknown[]) => pass(isWrite.test(key), () => found.apply(target, values))
      },
    })

  const clusters = new Map<ApiServer, Cluster>()
  const open = (): Cluster => {
    const api = around.api()
    const known = clusters.get(api)
    if (known) return known
    const connection = withFaults(api.connect(around.carried), around.faults)
    const cluster = clusterOn(
      'default',
      guardedConnection(connection, pass, () => dead),
    )
    clusters.set(api, cluster)
    return cluster
  }
  let scratches = 0
  const silent = () => undefined
  const warn = (message: string, fields: Record<string, unknown> = {}) => around.warned(message, fields.err)
  const { git } = around
  const world = {
    renders: createRenderCache(),
    clusters: { open: async () => open() },
    clock: { now: () => new Date() },
    log: { debug: silent, info: silent, warn, error: warn },
    scratch: async (use: (folder: string) => Promise<unknown>) => {
      const folder = `/scratch/${scratches++}`
      try {
        return await use(folder)
      } finally {
        git.forget(folder)
      }
    },
    renderer: async ({ root, path }: { root: string; path: string }) =>
      [...git.checkout(root)]
        .filter(([file]) => file.startsWith(`${path}/`) && file.endsWith('.yaml'))
        .map(([file, text]) => ({ path: file, text, exact: true })),
    git: { open: async () => git.repository },
    forges: { open: async () => guarded(around.forge, writesOfForge), installed: async () => [] },
    store: guarded(around.store, writesOfStore),
    packing: packing(),
    overtaking: createOvertaking(),
    newId: around.newId,
    stateKey: 'key of the histories',
  }
  return {
    world: world as unknown as ServerWorld,
    signal: aborted.signal,
    endAt: (wanted) => {
      end = wanted
      writes = 0
    },
    before: (at, happens) => {
      meanwhile = { at, happens }
      writes = 0
    },
    isOver: () => aborted.signal.aborted,
    kill: () => {
      dead = true
      aborted.abort()
    },
    goOn: () => {
      end = undefined
      meanwhile = undefined
    },
  }
}

function guardedConnection(
  connection: Connection,
  pass: <T>(isWrite: boolean, call: () => Promise<T>) => Promise<T>,
  isDead: () => boolean,
): Connection {
  return {
    ...connection,
    send: (request) =>
      pass(request.method !== 'GET' && request.query?.dryRun === undefined, () => connection.send(request)),
    stream: async (path, signal) => {
      if (isDead()) throw new DrydockError('cluster-unreachable', 'killed')
      return connection.stream(path, signal)
    },
  }
}
