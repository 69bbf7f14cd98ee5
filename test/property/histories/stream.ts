import type { Connection } from '../../../src/adapters/kubernetes/connection.ts'
import type { JsonObject } from '../../../src/core/model/object.ts'
import { selectorOf } from '../../../src/entry/demo/cluster/selectors.ts'
import type { ObjectStore, StoreEvent } from '../../../src/entry/demo/cluster/store.ts'
import { targetOf } from './kinds.ts'

type Stream = Awaited<ReturnType<Connection['stream']>>

/** A watch of a collection from the version that its query names. */
export function openStream(store: ObjectStore, path: string, signal: AbortSignal): Stream {
  const url = new URL(path, 'http://in-process')
  const target = targetOf(url.pathname)
  if (!target)
    return { response: new Response('', { status: 404 }) as unknown as Stream['response'], close: () => undefined }
  const { kind, namespace } = target
  const selector = selectorOf(url.searchParams)
  const encoder = new TextEncoder()
  let close = (): void => undefined
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      const send = (type: string, object: JsonObject) =>
        controller.enqueue(encoder.encode(`${JSON.stringify({ type, object })}\n`))
      const seen = (event: StoreEvent): void => {
        if (event.kind !== kind || (namespace && event.object.metadata.namespace !== namespace)) return
        const is = event.type !== 'DELETED' && selector(event.object)
        const was = event.type === 'DELETED' ? selector(event.object) : event.before && selector(event.before)
        if (is) send(was ? 'MODIFIED' : 'ADDED', event.object)
        else if (was) send('DELETED', event.object)
      }
      for (const event of store.since(Number(url.searchParams.get('resourceVersion') ?? 0)) ?? []) seen(event)
      const unsubscribe = store.subscribe(seen)
      let open = true
      close = () => {
        if (!open) return
        open = false
        unsubscribe()
        controller.close()
      }
      signal.addEventListener('abort', () => close())
      if (signal.aborted) close()
    },
    cancel: () => close(),
  })
  return { response: new Response(body) as unknown as Stream['response'], close: () => close() }
}
