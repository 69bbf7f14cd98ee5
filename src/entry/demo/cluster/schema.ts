import types from './schema.json' with { type: 'json' }

/**
 * How a value of a Kubernetes object is built, as server-side apply needs to know it: what is merged field by field,
 * and what is one value (`atomic`).
 */
export type Shape =
  | { readonly is: 'text' | 'number' | 'boolean' | 'scalar' | 'any' }
  | { readonly is: 'struct'; readonly type: string; readonly atomic: boolean }
  | { readonly is: 'map'; readonly item: Shape; readonly atomic: boolean }
  /** `keys`: items are known by these fields; an empty list: a set of scalars. */
  | { readonly is: 'list'; readonly item: Shape; readonly keys: readonly string[]; readonly atomic: boolean }

const scalars: Record<string, Shape> = {
  s: { is: 'text' },
  i: { is: 'number' },
  n: { is: 'number' },
  b: { is: 'boolean' },
  x: { is: 'scalar' },
  '*': { is: 'any' },
}

/** Reads a shape from the notation of schema.json (see {@link fieldShape}). */
function parse(text: string): Shape {
  const scalar = scalars[text]
  if (scalar) return scalar
  const [first = ''] = text
  if (first === '[') {
    const end = text.indexOf(']')
    const keys = text.slice(1, end)
    const named = keys === '' || keys === '=' ? [] : keys.split('|')
    return { is: 'list', item: parse(text.slice(end + 1)), keys: named, atomic: keys === '' }
  }
  if (text.startsWith('!{}')) return { is: 'map', item: parse(text.slice(3)), atomic: true }
  if (text.startsWith('{}')) return { is: 'map', item: parse(text.slice(2)), atomic: false }
  if (first === '@' || first === '!') return { is: 'struct', type: text.slice(1), atomic: first === '!' }
  throw new Error(`schema.json has a field that nobody can read: ${text}`)
}

const fieldsByType = new Map<string, ReadonlyMap<string, Shape>>()

function fieldsOf(type: string): ReadonlyMap<string, Shape> {
  const known = fieldsByType.get(type)
  if (known) return known
  const text = (types as Record<string, string>)[type]
  if (text === undefined) throw new Error(`schema.json lacks the type ${type}`)
  const fields = new Map<string, Shape>()
  for (const field of text.split(' ')) {
    const colon = field.indexOf(':')
    fields.set(field.slice(0, colon), parse(field.slice(colon + 1)))
  }
  fieldsByType.set(type, fields)
  return fields
}

/**
 * The shape of a field of a struct type, or `undefined` when Kubernetes 1.35 has no such field. schema.json is an extract
 * of the API server's own OpenAPI v3: for each type its fields with `s` text, `i` and `n` number, `b` boolean, `x` other
 * scalar, `*` anything, `@T` struct, `!T` atomic struct, `{}x` map, `!{}x` atomic map, `[]x` atomic list, `[=]x` set, `[a|b]x` list keyed by
 * the fields a and b.
 */
export function fieldShape(type: string, field: string): Shape | undefined {
  return fieldsOf(type).get(field)
}

/** The shape of an item of a struct or map under a key. */
export function childShape(shape: Shape, key: string): Shape | undefined {
  if (shape.is === 'struct') return fieldShape(shape.type, key)
  return shape.is === 'map' ? shape.item : undefined
}

/** The shape of a whole object of a kind. */
export function kindShape(kind: string): Shape {
  return { is: 'struct', type: kind, atomic: false }
}
