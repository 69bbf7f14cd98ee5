import { at, isArray, isObject, type Json } from '../model/object.ts'

/** Keys and indices from the root of an object. */
export type FieldPath = readonly (string | number)[]

/**
 * The place that an API server names, in either of its two ways: `spec.containers[0].image`, `data[a.b]` (field.Path of
 * apimachinery) and `.spec.containers[name="web"].image`, `.data.a.b` (structured-merge-diff). Keys may hold dots and
 * brackets, so that they are read against the object that was sent; the path ends where that can't be told.
 */
export function fieldPath(text: string, sent?: Json): FieldPath {
  const path: (string | number)[] = []
  let rest = text
  let value = sent
  const step = (part: string | number, length: number) => {
    path.push(part)
    value = at(value, part)
    rest = rest.slice(length)
  }
  while (rest !== '') {
    const dot = rest.startsWith('.') ? 1 : 0
    const own = isObject(value) ? longestKey(value, rest) : undefined
    if (own) {
      step(own.key, own.length)
      continue
    }
    const [bracket, inner] = /^\[((?:"(?:[^"\\]|\\.)*"|[^\]"])*)\]/.exec(rest) ?? []
    if (bracket !== undefined && inner !== undefined) {
      const part = itemOf(inner, value)
      if (part === undefined) return path
      step(part, bracket.length)
      continue
    }
    const name = /^[^.[\]]+/.exec(rest.slice(dot))?.[0]
    if (name === undefined) return path
    step(name, dot + name.length)
  }
  return path
}

/** Of the keys that the text may mean, the longest: `a.b` before `a`. */
function longestKey(object: object, rest: string): { readonly key: string; readonly length: number } | undefined {
  const fits = Object.keys(object).flatMap((key) => {
    const written = rest.startsWith('[') ? `[${key}]` : rest.startsWith('.') ? `.${key}` : key
    const next = rest[written.length]
    const ends = next === undefined || next === '.' || next === '['
    return key !== '' && ends && rest.startsWith(written) ? [{ key, length: written.length }] : []
  })
  return fits.sort((one, other) => other.length - one.length)[0]
}

/** The index of `0`, or of `name="web",port=80` in the list that was sent; a key where no list is. */
function itemOf(inner: string, value: Json | undefined): string | number | undefined {
  if (/^\d+$/.test(inner)) return Number(inner)
  const wanted = keysOf(inner)
  if (wanted.length === 0) return isArray(value) ? undefined : inner
  if (!isArray(value)) return undefined
  const index = value.findIndex((item) => fits(item, wanted))
  return index < 0 ? undefined : index
}

/** The last item that has these keys (`[name="web"]`), for what is there twice. */
export function lastItem(keys: string, list: Json | undefined): number | undefined {
  const wanted = keysOf(keys.replace(/^\[|\]$/g, ''))
  const index = isArray(list) && wanted.length > 0 ? list.findLastIndex((item) => fits(item, wanted)) : -1
  return index < 0 ? undefined : index
}

function keysOf(inner: string): readonly (readonly [string, string])[] {
  const pairs = inner.matchAll(/([\w.-]*)=("(?:[^"\\]|\\.)*"|[^,\]]+)/g)
  return [...pairs].map(([, key = '', value = '']) => [key, value] as const)
}

/** A key that the item lacks may have a default: `protocol`. An item of a set is its own key. */
function fits(item: Json, wanted: readonly (readonly [string, string])[]): boolean {
  return wanted.every(([key, value]) => {
    const own = key === '' ? item : at(item, key)
    return own === undefined || JSON.stringify(own) === value
  })
}
