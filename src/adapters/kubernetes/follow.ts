import { setTimeout as delay } from 'node:timers/promises'
import { DrydockError } from '../../core/model/errors.ts'
import { parseJson } from '../../core/model/json.ts'
import type { KindInfo } from '../../core/model/kinds.ts'
import { at, isArray, isObject, type Json, type LiveObject, numberAt, textAt } from '../../core/model/object.ts'
import type { Connection } from './connection.ts'
import { pathOf } from './paths.ts'

/** Streams of one collection begin at least this far apart, in ms. */
const minStreamMs = 500

/** How often in a row a server that is overloaded or away is asked again, and after how many ms for the first time. */
const maxFailures = 5
const firstPauseMs = 500

/** The objects of one kind, in one namespace or in all, that the selectors fit. */
export type Collection = {
  readonly kind: KindInfo
  readonly namespace: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

/** Who is told of a collection: all of it at the beginning and after each gap, then each change. */
export type Follower = {
  readonly listed: (objects: readonly LiveObject[]) => void
  readonly changed: (object: LiveObject, gone: boolean) => void
}

/** The server's refusal of a list or of a watch, with its HTTP status. */
export class StreamRefused extends DrydockError {
  readonly status: number

  constructor(doing: string, kind: KindInfo, status: number, why: string | undefined) {
    super('cluster-refused', `${doing} ${kind.kind} failed: ${why ?? `HTTP ${status}`}`, {
      ...(status === 403 ? { hint: `Drydock needs the verbs list and watch for ${kind.resource}.` } : {}),
    })
    this.status = status
  }
}

/**
 * Follows a collection by list and watch until the signal. Goes on from the last version when a stream ends, and lists
 * again when that has expired (410) or a stream broke. A server that is overloaded or away for a moment is asked again;
 * throws {@link StreamRefused} or `cluster-unreachable` when it stays so.
 */
export async function follow(
  connection: Connection,
  collection: Collection,
  signal: AbortSignal,
  follower: Follower,
): Promise<void> {
  const { labelSelector, fieldSelector } = collection
  const selectors = { ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}) }
  const path = pathOf(collection.kind, collection.namespace)
  let began = Number.NEGATIVE_INFINITY
  let failures = 0
  let listed = false
  while (!signal.aborted) {
    try {
      let version = await list(connection, path, selectors, collection.kind, follower)
      listed = true
      // A stream ends after five minutes at the latest: a silent proxy can't hide a change for longer.
      while (!signal.aborted && version !== undefined) {
        const query = new URLSearchParams({
          ...selectors,
          watch: '1',
          resourceVersion: version,
          allowWatchBookmarks: 'true',
          timeoutSeconds: '300',
        })
        // A server or proxy that ends streams at once must not be asked in a tight loop.
        await pause(began + minStreamMs - performance.now(), signal)
        began = performance.now()
        version = await stream(connection, `${path}?${query}`, version, collection.kind, follower, signal)
        failures = 0
      }
    } catch (cause) {
      failures += 1
      if (signal.aborted || failures > maxFailures || !mayPass(cause, listed)) throw cause
      await pause(firstPauseMs * 2 ** (failures - 1), signal)
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined)
}

/** A server that never answered is reported at once. */
function mayPass(cause: unknown, answered: boolean): boolean {
  if (cause instanceof StreamRefused) return cause.status === 429 || cause.status >= 500
  return answered && cause instanceof DrydockError && cause.code === 'cluster-unreachable'
}

async function list(
  connection: Connection,
  path: string,
  query: Readonly<Record<string, string>>,
  kind: KindInfo,
  follower: Follower,
): Promise<string | undefined> {
  const answer = await connection.send({ method: 'GET', path, query })
  if (answer.status !== 200) throw new StreamRefused('Listing', kind, answer.status, textAt(answer.body, 'message'))
  const items = at(answer.body, 'items')
  const objects = (isArray(items) ? items : []).map((item) => complete(item, kind))
  follower.listed(objects.filter((object) => object !== undefined))
  return textAt(answer.body, 'metadata', 'resourceVersion')
}

/** Follows one stream to its end. Returns the version to go on from; `undefined` asks for a new list. */
async function stream(
  connection: Connection,
  path: string,
  from: string,
  kind: KindInfo,
  follower: Follower,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { response, close } = await connection.stream(path, signal).catch((cause: unknown) => {
    if (signal.aborted) return { response: undefined, close: () => undefined }
    throw cause
  })
  if (!response) return undefined
  try {
    if (response.status === 410) return undefined
    if (response.status !== 200 || !response.body) throw new StreamRefused('Watching', kind, response.status, undefined)
    let version: string | undefined = from
    for await (const event of lines(response.body)) {
      const type = textAt(event, 'type')
      const object = at(event, 'object')
      if (type === 'ERROR') return numberAt(object, 'code') === 410 ? undefined : version
      version = textAt(object, 'metadata', 'resourceVersion') ?? version
      const live = type === 'BOOKMARK' ? undefined : complete(object, kind)
      if (live) follower.changed(live, type === 'DELETED')
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
