import type { ApiRequest, ApiResponse } from '../../../src/adapters/kubernetes/connection.ts'
import { at, type Json, type JsonObject, numberAt, textAt } from '../../../src/core/model/object.ts'
import { rolloutStatus } from '../../../src/entry/demo/cluster/deployment-status.ts'
import { pathOf } from '../../../src/entry/demo/cluster/kinds.ts'
import type { ObjectStore, Stored, StoreEvent } from '../../../src/entry/demo/cluster/store.ts'
import { servedKinds } from './kinds.ts'

const now = '2026-01-01T00:00:00Z'

/** Does at once what the controllers of a cluster do: pods that are labelled `simulate: crash` never run. */
export function runControllers(store: ObjectStore, send: (request: ApiRequest) => ApiResponse): void {
  store.subscribe((event) => {
    if (event.type === 'DELETED') return
    const status = statusOf(event)
    // After the request that is being answered.
    if (status) queueMicrotask(() => report(event, status))
    if (event.kind.kind === 'Namespace' && event.object.metadata.deletionTimestamp !== undefined) {
      queueMicrotask(() => emptied(event.object))
    }
  })
  const report = ({ kind, object }: StoreEvent, status: JsonObject): void => {
    const name = textAt(object, 'metadata', 'name') ?? ''
    const live = store.get(kind, textAt(object, 'metadata', 'namespace') ?? '', name)
    if (live?.metadata.uid !== object.metadata.uid) return
    const path = pathOf(kind, textAt(object, 'metadata', 'namespace'), name)
    const body = { status }
    const query = { fieldManager: 'kube-controller-manager' }
    send({ method: 'PATCH', path: `${path}/status`, query, body, contentType: 'application/merge-patch+json' })
  }
  const emptied = (namespace: Stored): void => {
    const name = textAt(namespace, 'metadata', 'name') ?? ''
    for (const kind of servedKinds.filter((each) => each.namespaced)) {
      for (const object of store.list(kind, name)) store.delete(kind, object)
    }
    const kind = servedKinds.find((each) => each.kind === 'Namespace')
    const live = kind && store.get(kind, '', name)
    if (kind && live) store.delete(kind, live)
  }
}

function statusOf({ kind, object }: StoreEvent): JsonObject | undefined {
  const crash = at(object, 'spec', 'template', 'metadata', 'labels', 'simulate') === 'crash'
  if (kind.kind === 'Deployment') {
    if (numberAt(object, 'status', 'observedGeneration') === numberAt(object, 'metadata', 'generation'))
      return undefined
    if (!crash) return rolloutStatus(object, 'ended', now)
    const image = { name: 'web', image: 'web:broken' }
    const broken = { ...object, spec: { replicas: 1, template: { spec: { containers: [image] } } } } as JsonObject
    return rolloutStatus(broken, 'ended', now)
  }
  if (kind.kind === 'PersistentVolumeClaim') {
    return at(object, 'status', 'phase') === 'Bound' ? undefined : { phase: 'Bound' }
  }
  if (kind.kind === 'Job' && at(object, 'status', 'conditions') === undefined) {
    const condition: Json = { type: crash ? 'Failed' : 'Complete', status: 'True', lastTransitionTime: now }
    return { conditions: [condition], ...(crash ? { failed: 1 } : { succeeded: 1 }) }
  }
  return undefined
}
