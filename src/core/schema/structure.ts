import { at, isArray, isObject, type JsonObject } from '../model/object.ts'

/** One node of a structural schema (`openAPIV3Schema` of a version). */
export type Schema = JsonObject

/** Where a value stands in its object. */
export type Path = readonly (string | number)[]

/** Fields that an object has by being one: known at the root and in embedded resources. */
export const objectFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

/** The schema of a declared field. */
export function propertyOf(schema: Schema | undefined, key: string): Schema | undefined {
  const found = at(schema, 'properties', key)
  return isObject(found) ? found : undefined
}

/** Names of the declared fields. */
export function propertiesOf(schema: Schema): readonly string[] {
  const { properties } = schema
  return isObject(properties) ? Object.keys(properties) : []
}

/** The schema of fields that are not declared; `true` where any are welcome. */
export function additionalOf(schema: Schema | undefined): Schema | boolean | undefined {
  const found = schema?.additionalProperties
  return isObject(found) || typeof found === 'boolean' ? found : undefined
}

/** The schema of a field, declared or additional. */
export function fieldOf(schema: Schema | undefined, key: string): Schema | undefined {
  const additional = additionalOf(schema)
  return propertyOf(schema, key) ?? (isObject(additional) ? additional : undefined)
}

/** The schema of a list's items. */
export function itemsOf(schema: Schema | undefined): Schema | undefined {
  return isObject(schema?.items) ? schema.items : undefined
}

/** Schemas under `allOf`, `anyOf` or `oneOf`. */
export function schemasOf(schema: Schema, key: string): readonly Schema[] {
  const found = schema[key]
  return isArray(found) ? found.filter(isObject) : []
}

/** Texts of a list in the schema, such as `required`. */
export function textsOf(schema: Schema, key: string): readonly string[] {
  const found = schema[key]
  return isArray(found) ? found.filter((each) => typeof each === 'string') : []
}

/** A number in the schema, such as `maximum`. */
export function limitOf(schema: Schema, key: string): number | undefined {
  const found = schema[key]
  return typeof found === 'number' || typeof found === 'bigint' ? Number(found) : undefined
}

/** Does the schema keep fields that it does not declare? */
export function keepsUnknown(schema: Schema | undefined): boolean {
  return schema?.['x-kubernetes-preserve-unknown-fields'] === true
}

/** Is the value a Kubernetes object of its own? */
export function isEmbedded(schema: Schema | undefined): boolean {
  return schema?.['x-kubernetes-embedded-resource'] === true
}
