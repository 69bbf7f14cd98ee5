import { setTimeout as delay } from 'node:timers/promises'
import { DrydockError } from '../../core/model/errors.ts'
import { parseJson } from '../../core/model/json.ts'
import type { KindInfo } from '../../core/model/kinds.ts'
import { at, isArray, isObject, type Json, type LiveObject, numberAt, textAt } from '../../core/model/object.ts'
import { identityOf, type ObjectReference, referenceOf } from '../../core/model/reference.ts'
import type { Connection } from './connection.ts'
import { pathOf } from './paths.ts'

type Seen = (reference: ObjectReference, object: LiveObject | undefined) => void

/** Streams of one collection begin at least this far apart, in ms. */
const minStreamMs = 500

/** One collection to watch: the wanted objects of one kind in one namespace. */
type Collection = {
  readonly kind: KindInfo
  readonly namespace: string | undefined
  readonly wanted: ReadonlyMap<string, ObjectReference>
}

/**
 * Watches objects by list and watch, one stream for each kind and namespace. A stream that ends or expires (410) is
 * listed again, so that nothing is missed; one that can't be opened throws.
 */
export async function observe(
  connection: Connection,
  find: (reference: ObjectReference) => KindInfo,
  references: readonly ObjectReference[],
  seen: Seen,
  options: { readonly signal: AbortSignal; readonly labelSelector?: string },
): Promise<void> {
  const collections = new Map<string, Collection & { wanted: Map<string, ObjectReference> }>()
  for (const reference of references) {
    const kind = find(reference)
    const key = `${kind.apiVersion} ${kind.kind} ${reference.namespace ?? ''}`
    const collection = collections.get(key) ?? { kind, namespace: reference.namespace, wanted: new Map() }
    collection.wanted.set(identityOf(reference), reference)
    collections.set(key, collection)
  }
  // One that fails ends them all: half a view would look like health.
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  await Promise.all(
    [...collections.values()].map((collection) =>
      follow(connection, collection, seen, signal, options.labelSelector).catch((cause: unknown) => {
        failed.abort()
        throw cause
      }),
    ),
  )
}

async function follow(
  connection: Connection,
  collection: Collection,
  seen: Seen,
  signal: AbortSignal,
  labelSelector?: string,
) {
  const selector = labelSelector ? { labelSelector } : undefined
  const path = pathOf(collection.kind, collection.namespace)
  let began = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    let version = await list(connection, path, selector, collection, seen)
    // A stream ends after five minutes at the latest: a silent proxy can't hide a change for longer.
    while (!signal.aborted && version !== undefined) {
      const query = new URLSearchParams({
        ...selector,
        watch: '1',
        resourceVersion: version,
        allowWatchBookmarks: 'true',
        timeoutSeconds: '300',
      })
      // A server or proxy that ends streams at once must not be asked in a tight loop.
      const wait = began + minStreamMs - performance.now()
      if (wait > 0) await delay(wait, undefined, { signal }).catch(() => undefined)
      began = performance.now()
      version = await watch(connection, `${path}?${query}`, version, collection, seen, signal)
    }
  }
}

async function list(
  connection: Connection,
  path: string,
  selector: Record<string, string> | undefined,
  collection: Collection,
  seen: Seen,
) {
  const answer = await connection.send({ method: 'GET', path, ...(selector ? { query: selector } : {}) })
  if (answer.status !== 200) {
    throw new DrydockError(
      'cluster-refused',
      `Listing ${collection.kind.kind} failed: ${textAt(answer.body, 'message') ?? `HTTP ${answer.status}`}`,
    )
  }
  const items = at(answer.body, 'items')
  const found = new Map<string, LiveObject>()
  for (const item of isArray(items) ? items : []) {
    const object = complete(item, collection.kind)
    if (object) found.set(identityOf(referenceOf(object)), object)
  }
  for (const [identity, reference] of collection.wanted) seen(reference, found.get(identity))
  return textAt(answer.body, 'metadata', 'resourceVersion')
}

/** Follows one stream to its end. Returns the version to go on from; `undefined` asks for a new list. */
async function watch(
  connection: Connection,
  path: string,
  from: string,
  collection: Collection,
  seen: Seen,
  signal: AbortSignal,
) {
  const { response, close } = await connection.stream(path, signal).catch((cause: unknown) => {
    if (signal.aborted) return { response: undefined, close: () => undefined }
    throw cause
  })
  if (!response) return undefined
  try {
    if (response.status === 410) return undefined
    if (response.status !== 200 || !response.body)
      throw new DrydockError('cluster-refused', `Watching ${collection.kind.kind} failed (HTTP ${response.status}).`)
    let version: string | undefined = from
    for await (const event of lines(response.body)) {
      const type = textAt(event, 'type')
      const object = at(event, 'object')
      if (type === 'ERROR') return numberAt(object, 'code') === 410 ? undefined : version
      version = textAt(object, 'metadata', 'resourceVersion') ?? version
      const live = type === 'BOOKMARK' ? undefined : complete(object, collection.kind)
      const reference = live && collection.wanted.get(identityOf(referenceOf(live)))
      if (reference) seen(reference, type === 'DELETED' ? undefined : live)
    }
    return version
  } catch (cause) {
    if (signal.aborted || !(cause instanceof DrydockError)) return undefined
    throw cause
  } finally {
    close()
  }
}

/** Items of a list lack apiVersion and kind. */
function complete(item: Json | undefined, kind: KindInfo): LiveObject | undefined {
  if (!isObject(item) || textAt(item, 'metadata', 'name') === undefined) return undefined
  return { ...item, apiVersion: kind.apiVersion, kind: kind.kind } as LiveObject
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Json> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    const parts = rest.split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part.trim()) yield parseJson(part)
  }
}
