import { isArray, isObject, type Json, type JsonObject } from '../../../core/model/object.ts'

/** A JSON object that is being written: defaults are filled into a copy, never into what somebody sent. */
export type Draft = { [key: string]: Json | undefined }

/** A deep copy that may be written. */
export function draftOf(value: JsonObject): Draft {
  return structuredClone(value) as Draft
}

/** The object under a key, made when it's missing. */
export function child(draft: Draft, key: string): Draft {
  const found = draft[key]
  if (isObject(found)) return found as Draft
  const made: Draft = {}
  draft[key] = made
  return made
}

/** The object under a key when it's there. */
export function maybe(draft: Draft | undefined, key: string): Draft | undefined {
  const found = draft?.[key]
  return isObject(found) ? (found as Draft) : undefined
}

/** The objects of a list under a key. */
export function children(draft: Draft | undefined, key: string): readonly Draft[] {
  const found = draft?.[key]
  return isArray(found) ? (found.filter(isObject) as readonly Draft[]) : []
}

/** Sets what isn't there yet. */
export function fill(draft: Draft, values: JsonObject): void {
  for (const [key, value] of Object.entries(values)) if (draft[key] === undefined) draft[key] = value
}
