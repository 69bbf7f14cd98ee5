import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FieldPath, fieldPath } from '../../../src/core/manifests/server-path.ts'
import { at, type Json } from '../../../src/core/model/object.ts'
import { object } from '../diff/json.ts'

/** Every place in a value. */
function placesIn(value: Json | undefined, path: FieldPath = []): readonly FieldPath[] {
  if (typeof value !== 'object' || value === null) return [path]
  const inner = Array.isArray(value) ? value.entries() : Object.entries(value)
  return [path, ...[...inner].flatMap(([key, each]) => placesIn(each, [...path, key]))]
}

/** As field.Path of apimachinery writes a place, with each key of a map in brackets. */
const written = (path: FieldPath) => path.map((part) => `[${part}]`).join('')

describe('the path of a field', () => {
  it('is found for every place of an object whose keys end nowhere else', () => {
    fc.assert(
      fc.property(object, fc.nat(), (value, pick) => {
        const places = placesIn(value).filter((path) => path.every((part) => !/^$|[[\].]/.test(String(part))))
        const place = places[pick % places.length] ?? []
        expect(at(value, ...fieldPath(written(place), value))).toBe(at(value, ...place))
      }),
      { numRuns: 500 },
    )
  })

  it('ends somewhere for any text', () => {
    const piece = fc.constantFrom('.', '[', ']', '"', '=', 'a', 'a/b', '0', '\\', '[name="web"]', '[0]', ',')
    const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), fc.option(object), (any, value) => {
        expect(fieldPath(any, value ?? undefined).length).toBeLessThanOrEqual(any.length)
      }),
      { numRuns: 2000 },
    )
  })
})
