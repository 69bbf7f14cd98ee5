import { at, isArray, isObject, type Json, type KubeObject } from '../model/object.ts'

/** Does the manifest say an empty list or map somewhere, where the object has nothing at all? */
export function lacksEmpty(desired: KubeObject, object: KubeObject): boolean {
  return withEmpty(object, desired) !== object
}

/**
 * The object with the empty lists and maps of the manifest where it has nothing at all (of no account in `metadata`);
 * itself where it lacks none.
 */
export function withEmpty<T extends KubeObject>(object: T, desired: KubeObject): T {
  const { metadata: _, ...said } = desired
  return filled(object, said) as T
}

function filled(object: Json | undefined, desired: Json | undefined): Json | undefined {
  if (object === undefined || object === null) return onlyEmpty(desired) ? desired : object
  if (isArray(desired) && isArray(object)) {
    const items = object.map((item, index) => filled(item, named(desired, item, index)) ?? item)
    return items.some((item, index) => item !== object[index]) ? items : object
  }
  if (!isObject(desired) || !isObject(object)) return object
  const changed = Object.entries(desired).flatMap(([key, value]) => {
    const next = filled(at(object, key), value)
    return next === undefined || next === at(object, key) ? [] : [[key, next] as const]
  })
  return changed.length > 0 ? { ...object, ...Object.fromEntries(changed) } : object
}

function onlyEmpty(value: Json | undefined): boolean {
  if (isArray(value)) return value.length === 0
  return isObject(value) && Object.values(value).every(onlyEmpty)
}

function named(list: readonly Json[], item: Json, index: number): Json | undefined {
  const name = at(item, 'name')
  return name === undefined ? list[index] : list.find((each) => at(each, 'name') === name)
}
