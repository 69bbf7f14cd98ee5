/** A JSON value. Integers past 2^53 are `bigint`, so that nothing is rounded on the way to the API server. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject

/** A JSON object. A key whose value is `undefined` counts as absent. */
export type JsonObject = { readonly [key: string]: Json | undefined }

/** `metadata` of a Kubernetes object, as far as Drydock reads it; every other field is kept as it is. */
export type ObjectMeta = JsonObject & {
  readonly name: string
  readonly namespace?: string
  readonly labels?: { readonly [key: string]: string }
  readonly annotations?: { readonly [key: string]: string }
}

/** A Kubernetes object as raw JSON: what is not known here is carried along, never dropped. */
export type KubeObject = JsonObject & {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

/** An object as the API server stores it. */
export type LiveObject = KubeObject & {
  readonly metadata: ObjectMeta & {
    readonly uid: string
    readonly resourceVersion: string
    readonly generation?: number
    readonly deletionTimestamp?: string
    readonly managedFields?: readonly ManagedFields[]
  }
}

/** One entry of `metadata.managedFields` (KEP-555): who set which fields, and when. */
export type ManagedFields = JsonObject & {
  readonly manager?: string
  readonly operation?: string
  readonly subresource?: string
  readonly time?: string
  readonly fieldsV1?: JsonObject
}

/** Tells whether a JSON value is an object (not an array, not null). */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Tells whether a JSON value is an array. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** Tells whether a JSON value is a list or map without anything in it. */
export function isEmpty(value: Json | undefined): boolean {
  return isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0
}

/** The value at a path of keys, or `undefined` where the path leaves the object. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let current = value
  for (const step of path) {
    if (isArray(current)) current = current[Number(step)]
    else if (isObject(current)) current = Object.hasOwn(current, step) ? current[step] : undefined
    else return undefined
  }
  return current
}

/** Like {@link at}, but only a string counts. */
export function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : undefined
}

/** Like {@link at}, but only a number counts. */
export function numberAt(value: Json | undefined, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : undefined
}
