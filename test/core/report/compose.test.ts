import { expect, test } from 'vitest'
import { compose, type Section } from '../../../src/core/report/compose.ts'

const section = (pieces: Section['pieces']): Section => ({ pieces, more: (left) => `\n${left} more` })

test('richer forms come in only after everything that is more important', () => {
  const pieces = ['a', 'b'].map((name) => ({
    text: name,
    priority: 1,
    about: [name],
    fuller: { text: `${name} and all its context`, priority: 3 },
  }))
  const other = { text: 'something else', priority: 2, about: ['c'] }
  expect(compose([section([...pieces, other])], 1_000)).toBe(
    'a and all its context\nb and all its context\nsomething else',
  )
  expect(compose([section([...pieces, other])], 60)).toBe('a and all its context\nb\nsomething else')
  expect(compose([section([...pieces, other])], 35)).toBe('a\nb\nsomething else')
  expect(compose([section([...pieces, other])], 16)).toBe('a\nb\n1 more')
})

test('a section that does not fit at all is counted', () => {
  const long = { text: 'x'.repeat(300), priority: 2, about: ['x'] }
  const text = compose(
    [section([{ text: 'first', priority: 1, about: [] }]), { ...section([long]), name: 'drift' }, section([long])],
    100,
  )
  expect(text).toBe('first\n\nNo room was left here for: drift, 1 more.')
})
