import { randomUUID } from 'node:crypto'
import { isArray, isObject, type JsonObject, textAt } from '../../../core/model/object.ts'
import type { DemoKind } from './kinds.ts'

/** An object as it is stored. */
export type Stored = JsonObject & { readonly metadata: JsonObject }

/** One change of one object. `before` is missing when it was added, `object` is its last state when it was deleted. */
export type StoreEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly kind: DemoKind
  readonly object: Stored
  readonly before?: Stored
  readonly version: number
}

/** The objects of the stand-in with the history that watches are served from. */
export type ObjectStore = {
  /** Newest resourceVersion. */
  readonly version: () => number
  readonly get: (kind: DemoKind, namespace: string, name: string) => Stored | undefined
  /** Sorted by namespace and name; an empty namespace means all. */
  readonly list: (kind: DemoKind, namespace: string) => readonly Stored[]
  /** Stores a new state and returns it with its resourceVersion. */
  readonly put: (kind: DemoKind, object: Stored) => Stored
  readonly delete: (kind: DemoKind, object: Stored) => Stored
  /** Everything after a version, or `undefined` when so much history isn't kept. */
  readonly since: (version: number) => readonly StoreEvent[] | undefined
  /** Calls back on each event, until the returned function is called. */
  readonly subscribe: (seen: (event: StoreEvent) => void) => () => void
}

const keptEvents = 10_000

/** Makes an empty store. */
export function objectStore(): ObjectStore {
  const objects = new Map<string, Stored>()
  const subscribers = new Set<(event: StoreEvent) => void>()
  let events: StoreEvent[] = []
  let forgotten = 0
  let version = 0

  const keyOf = (kind: DemoKind, namespace: string, name: string): string =>
    `${kind.resource}\u0000${kind.namespaced ? namespace : ''}\u0000${name}`
  const keyOfObject = (kind: DemoKind, object: Stored): string =>
    keyOf(kind, textAt(object, 'metadata', 'namespace') ?? '', textAt(object, 'metadata', 'name') ?? '')

  const record = (type: StoreEvent['type'], kind: DemoKind, object: Stored, before: Stored | undefined): void => {
    const event: StoreEvent = { type, kind, object, version, ...(before ? { before } : {}) }
    events.push(event)
    if (events.length > keptEvents) {
      events = events.slice(keptEvents / 2)
      forgotten = (events[0]?.version ?? 1) - 1
    }
    for (const subscriber of subscribers) subscriber(event)
  }
  const stamped = (object: Stored): Stored => {
    version += 1
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
  }

  return {
    version: () => version,
    get: (kind, namespace, name) => objects.get(keyOf(kind, namespace, name)),
    list: (kind, namespace) => {
      const prefix = `${kind.resource}\u0000${namespace && kind.namespaced ? `${namespace}\u0000` : ''}`
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()
      return keys.flatMap((key) => objects.get(key) ?? [])
    },
    put: (kind, object) => {
      const key = keyOfObject(kind, object)
      const before = objects.get(key)
      const stored = stamped(object)
      objects.set(key, stored)
      record(before ? 'MODIFIED' : 'ADDED', kind, stored, before)
      return stored
    },
    delete: (kind, object) => {
      const last = stamped(object)
      objects.delete(keyOfObject(kind, object))
      record('DELETED', kind, last, object)
      return last
    },
    since: (from) => (from < forgotten ? undefined : events.filter((event) => event.version > from)),
    subscribe: (seen) => {
      subscribers.add(seen)
      return () => subscribers.delete(seen)
    },
  }
}

/** Takes addresses, IP families and node ports that no Service has yet, as the API server's allocators do. */
export function allocate(object: Stored, others: readonly Stored[]): Stored {
  const spec = isObject(object.spec) ? object.spec : {}
  if (spec.type === 'ExternalName') return object
  const specs = others.flatMap((each) => (isObject(each.spec) ? [each.spec] : []))
  const usedPorts = new Set(specs.flatMap((each) => (isArray(each.ports) ? each.ports : [])).map(nodePortOf))
  const usedAddresses = new Set(specs.map((each) => each.clusterIP))
  let last = 1
  let lastPort = 30_000
  const address = (): string => {
    const text = (): string => `10.0.${last >> 8}.${last & 255}`
    do last += 1
    while (usedAddresses.has(text()))
    return text()
  }
  const nodePort = (): number => {
    do lastPort += 1
    while (usedPorts.has(lastPort))
    return lastPort
  }
  const clusterIP = spec.clusterIP ?? address()
  const outside = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  const ports = (isArray(spec.ports) ? spec.ports : []).map((port) =>
    isObject(port) && outside && port.nodePort === undefined ? { ...port, nodePort: nodePort() } : port,
  )
  const families = { ipFamilies: spec.ipFamilies ?? ['IPv4'], ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack' }
  const addresses = { clusterIP, clusterIPs: [clusterIP], ...families }
  return { ...object, spec: { ...spec, ...addresses, ...(ports.length > 0 ? { ports } : {}) } }
}

function nodePortOf(port: unknown): unknown {
  return typeof port === 'object' && port !== null && 'nodePort' in port ? port.nodePort : undefined
}

/** A new object's identity. */
export function born(now: string): JsonObject {
  return { uid: randomUUID(), creationTimestamp: now }
}
