import type { JsonObject, LiveObject } from '../../../src/core/model/object.ts'

/** A live object of generation 2. */
export function live(
  apiVersion: string,
  kind: string,
  rest: { spec?: JsonObject; status?: JsonObject } = {},
): LiveObject {
  return {
    apiVersion,
    kind,
    metadata: { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', generation: 2 },
    ...rest,
  }
}

/** A condition. */
export function is(type: string, status: string, reason?: string, message?: string): JsonObject {
  return { type, status, ...(reason ? { reason } : {}), ...(message ? { message } : {}) }
}
