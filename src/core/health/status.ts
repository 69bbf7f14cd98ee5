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
export type Condition = {
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly observedGeneration?: number
}

/** `.status.conditions`, whatever is there. */
export function statusConditions(object: LiveObject): Json | undefined {
  return at(object, 'status', 'conditions')
}

/** The condition of one type, if the object has it. */
export function condition(object: LiveObject, type: string): Condition | undefined {
  return conditionIn(statusConditions(object), type)
}

/** The condition of one type in a list of them. */
export function conditionIn(conditions: Json | undefined, type: string): Condition | undefined {
  const found = objects(conditions).find((each) => textAt(each, 'type') === type)
  if (!found) return undefined
  const [reason, message] = [textAt(found, 'reason'), textAt(found, 'message')]
  const observedGeneration = numberAt(found, 'observedGeneration')
  return {
    status: textAt(found, 'status') ?? 'Unknown',
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
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
  return progressing(unseen)
}

/** Like {@link unobserved}, for kinds whose controllers may leave `observedGeneration` out: that says nothing. */
export function behind(object: LiveObject): Health | undefined {
  const observed = numberAt(object, 'status', 'observedGeneration')
  return observed !== undefined && observed < (object.metadata.generation ?? 0) ? progressing(unseen) : undefined
}

const unseen = 'its controller has not seen this change yet'
