import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/core/model/object.ts'

/** Keys that are also names of what every JavaScript object inherits come up often. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'constructor', 'toString', '__proto__', 'a/b', 'm~n', ''),
  fc.string({ maxLength: 5 }),
)

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n }),
  fc.string({ maxLength: 6 }),
)

export const { json, object } = fc.letrec<{ json: Json; object: JsonObject; keyed: Json; list: Json }>((tie) => ({
  json: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('object'), tie('keyed'), tie('list')),
  object: fc
    .array(fc.tuple(key, tie('json')), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries) as JsonObject),
  keyed: fc
    .uniqueArray(fc.tuple(fc.constantFrom('web', 'db', 'a/b', 'x'), tie('object')), {
      selector: ([name]) => name,
      maxLength: 4,
    })
    .map((items) => items.map(([name, item]) => ({ ...item, name }))),
  list: fc.array(tie('json'), { maxLength: 3 }),
}))

/** The same value with the keys of its objects in the opposite order. */
export function backwards(value: Json): Json {
  if (Array.isArray(value)) return value.map(backwards)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, each]) => [name, each === undefined ? each : backwards(each)]),
  )
}
