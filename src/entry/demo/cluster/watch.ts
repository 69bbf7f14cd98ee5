import type { ServerResponse } from 'node:http'
import { type JsonObject, textAt } from '../../../core/model/object.ts'
import { apiVersionOf, type DemoKind } from './kinds.ts'
import type { Selector } from './selectors.ts'
import { ApiError } from './status.ts'
import type { ObjectStore, Stored, StoreEvent } from './store.ts'

/** Streams the changes of a kind as lines of JSON, starting as the request's resourceVersion says. */
export function serveWatch(
  store: ObjectStore,
  what: { readonly kind: DemoKind; readonly namespace: string; readonly selector: Selector },
  query: URLSearchParams,
  response: ServerResponse,
): void {
  const { kind, namespace, selector } = what
  const from = query.get('resourceVersion') ?? ''
  const initial = query.get('sendInitialEvents') === 'true' || from === '' || from === '0'
  const missed = initial ? [] : store.since(Number(from))
  if (!missed) throw new ApiError(410, 'Expired', `too old resource version: ${from}`)

  response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' })
  response.flushHeaders()
  const send = (type: string, object: JsonObject): void => {
    response.write(`${JSON.stringify({ type, object })}\n`)
  }
  const inScope = (object: Stored): boolean =>
    (namespace === '' || !kind.namespaced || textAt(object, 'metadata', 'namespace') === namespace) && selector(object)
  const seen = (event: StoreEvent): void => {
    if (event.kind !== kind) return
    const is = event.type !== 'DELETED' && inScope(event.object)
    const was = event.type === 'DELETED' ? inScope(event.object) : event.before !== undefined && inScope(event.before)
    if (is) send(was ? 'MODIFIED' : 'ADDED', event.object)
    else if (was) send('DELETED', event.object)
  }

  if (initial) for (const object of store.list(kind, namespace).filter(inScope)) send('ADDED', object)
  if (query.get('sendInitialEvents') === 'true') {
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    const metadata = { resourceVersion: String(store.version()), annotations }
    send('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata })
  }
  for (const event of missed) seen(event)

  const unsubscribe = store.subscribe(seen)
  const seconds = Number(query.get('timeoutSeconds') ?? 0)
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined
  response.on('close', () => {
    unsubscribe()
    clearTimeout(timer)
  })
}
