import fc from 'fast-check'
import { expect, it } from 'vitest'
import { storable, storableJson } from '../../../src/adapters/postgres/storable.ts'

it('changes nothing that PostgreSQL can hold', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      const text = JSON.stringify(value)
      fc.pre(!text.includes('\\u0000'))
      expect(storableJson(value)).toBe(text)
    }),
  )
})

it('replaces NUL and half surrogates in every place, and nothing beside them', () => {
  const unit = fc.constantFrom('\0', '\ud800', '\udfff', '\\', 'u0000', '\\u0000', '"', '\u0001', '😀', 'a')
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const text = units.join('')
      const expected = text.replaceAll('\0', '\ufffd').toWellFormed()
      expect(JSON.parse(storableJson({ [text]: [text] }))).toEqual({ [expected]: [expected] })
      expect(storable(text)).toBe(expected)
    }),
  )
})

it('writes an integer past 2^53 as it is', () => {
  expect(storableJson({ after: 2n ** 60n })).toBe('{"after":1152921504606846976}')
})
