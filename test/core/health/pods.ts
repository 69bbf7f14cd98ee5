import type { JsonObject, LiveObject } from '../../../src/core/model/object.ts'

/** The object that owns the pods of these tests. */
export const owner = 'owner-uid'

/** One container's status; `rest` may override anything. */
export function container(state: JsonObject, rest: JsonObject = {}): JsonObject {
  return { name: 'web', ready: false, restartCount: 0, state, ...rest }
}

export function waits(reason: string, message?: string, rest: JsonObject = {}): JsonObject {
  return container({ waiting: { reason, ...(message ? { message } : {}) } }, rest)
}

export function pod(
  name: string,
  status: JsonObject,
  more: { readonly labels?: Record<string, string>; readonly owner?: string; readonly created?: string } = {},
): LiveObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: more.created ?? '2026-01-01T00:00:00Z',
      labels: more.labels ?? {},
      ownerReferences: [{ uid: more.owner ?? owner, controller: true, kind: 'ReplicaSet' }],
    },
    status,
  }
}

/** A workload of generation 2 whose controller has seen it. */
export function workload(kind: string, status: JsonObject = {}, annotations: Record<string, string> = {}): LiveObject {
  return {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name: 'web', namespace: 'shop', uid: owner, resourceVersion: '1', generation: 2, annotations },
    status: { observedGeneration: 2, ...status },
  }
}

/** A ReplicaSet of a Deployment's revision. */
export function replicaSet(uid: string, revision: string): LiveObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${uid}`,
      namespace: 'shop',
      uid,
      resourceVersion: '1',
      annotations: { 'deployment.kubernetes.io/revision': revision },
      ownerReferences: [{ uid: owner, controller: true, kind: 'Deployment' }],
    },
  }
}

/** A Warning about the object with a UID. */
export function warning(uid: string, reason: string, message: string, time = '2026-01-01T00:00:30Z'): LiveObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'shop', uid: 'e', resourceVersion: '1' },
    type: 'Warning',
    reason,
    message,
    lastTimestamp: time,
    involvedObject: { uid },
  }
}
