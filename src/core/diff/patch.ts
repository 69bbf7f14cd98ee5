import { isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import type { Step } from './ownership.ts'

/** A copy of a value in which the place at `steps` holds `value`; `undefined` takes it out. */
export function withValue(root: Json | undefined, steps: readonly Step[], value: Json | undefined): Json | undefined {
  const [step, ...rest] = steps
  if (step === undefined) return value
  if (typeof step === 'string') {
    const object: JsonObject = isObject(root) ? root : {}
    const next = withValue(object[step], rest, value)
    if (next !== undefined) return { ...object, [step]: next }
    const { [step]: _, ...left } = object
    return left
  }
  const list = isArray(root) ? root : []
  const index = list.findIndex((item) => isObject(item) && String(item[step.key]) === step.value)
  const next = withValue(index < 0 ? (rest.length > 0 ? step.item : undefined) : list[index], rest, value)
  if (index < 0) return next === undefined ? list : [...list, next]
  return next === undefined ? list.filter((_, at) => at !== index) : list.with(index, next)
}

/** What `applied` on top of `live` looks like when maps are merged and lists are replaced. */
export function overlay(live: Json | undefined, applied: Json | undefined): Json | undefined {
  if (!isObject(live) || !isObject(applied)) return applied
  const merged: Record<string, Json | undefined> = { ...live }
  for (const [key, value] of Object.entries(applied)) merged[key] = overlay(live[key], value)
  return merged
}
