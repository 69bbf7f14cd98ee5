import { at, isArray, isObject, type Json, type JsonObject } from '../model/object.ts'

/** Does the manifest say an empty list or map somewhere, where the object has nothing at all? */
export function lacksEmpty(desired: JsonObject, object: JsonObject): boolean {
  const { metadata: _, ...said } = desired
  return withEmpty(object, said) !== object
}

/** A copy in which the empty lists and maps of the manifest stand, where the object has nothing at all. */
export function withEmpty(object: Json | undefined, desired: Json | undefined): Json | undefined {
  if (object === undefined || object === null) return onlyEmpty(desired) ? desired : object
  if (isArray(desired) && isArray(object)) {
    const items = object.map((item, index) => withEmpty(item, named(desired, item, index)) ?? item)
    return items.some((item, index) => item !== object[index]) ? items : object
  }
  if (!isObject(desired) || !isObject(object)) return object
  const filled = Object.entries(desired).flatMap(([key, value]) => {
    const next = withEmpty(at(object, key), value)
    return next === undefined || next === at(object, key) ? [] : [[key, next] as const]
  })
  return filled.length > 0 ? { ...object, ...Object.fromEntries(filled) } : object
}

function onlyEmpty(value: Json | undefined): boolean {
  if (isArray(value)) return value.length === 0
  return isObject(value) && Object.values(value).every(onlyEmpty)
}

function named(list: readonly Json[], item: Json, index: number): Json | undefined {
  const name = at(item, 'name')
  return name === undefined ? list[index] : list.find((each) => at(each, 'name') === name)
}
