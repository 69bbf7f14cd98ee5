import type { Health } from '../model/health.ts'
import {
  at,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type LiveObject,
  numberAt,
  textAt,
} from '../model/object.ts'

/** Judges the live objects of one kind. Pure: what the object says now, and nothing else. */
export type HealthRule = (object: LiveObject) => Health

/** It does its work. */
export function healthy(message?: string): Health {
  return message === undefined ? { status: 'healthy' } : { status: 'healthy', message }
}

/** It may become healthy by waiting. */
export function progressing(message: string): Health {
  return { status: 'progressing', message }
}

/** It has failed: waiting alone isn't expected to help. */
export function degraded(message: string): Health {
  return { status: 'degraded', message }
}

/** A number of `.status`; controllers leave out zeros. */
export function count(object: LiveObject, field: string): number {
  return numberAt(object, 'status', field) ?? 0
}

/** `.spec.replicas`; the API server's default is 1. */
export function wantedReplicas(object: LiveObject): number {
  return numberAt(object, 'spec', 'replicas') ?? 1
}

/** A condition of `.status.conditions`. */
type Condition = { readonly status: string; readonly reason?: string; readonly message?: string }

/** The condition of one type, if the object has it. */
export function condition(object: LiveObject, type: string): Condition | undefined {
  const found = objects(at(object, 'status', 'conditions')).find((each) => textAt(each, 'type') === type)
  if (!found) return undefined
  const [reason, message] = [textAt(found, 'reason'), textAt(found, 'message')]
  return {
    status: textAt(found, 'status') ?? 'Unknown',
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  }
}

/** Why a condition is as it is, in its own words. */
export function because(condition: Condition): string {
  return condition.message ?? condition.reason ?? 'no reason given'
}

/** The objects of a list; anything else in it is passed over. */
export function objects(list: Json | undefined): readonly JsonObject[] {
  return isArray(list) ? list.filter(isObject) : []
}

/**
 * Progressing while the status is of an older generation: its numbers speak of what was there before the change
 * (kubectl rollout status: "Waiting for … spec update to be observed").
 */
export function unobserved(object: LiveObject): Health | undefined {
  const generation = object.metadata.generation
  if (generation === undefined) return undefined
  const observed = numberAt(object, 'status', 'observedGeneration')
  if (observed !== undefined && observed >= generation) return undefined
  return progressing('its controller has not seen this change yet')
}
