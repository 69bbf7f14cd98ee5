import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { keyIdOf, parseStoreKey, parseStoreKeys } from '../../../src/core/history/store-key.ts'

const key = randomBytes(32)

it.each(['hex', 'base64', 'base64url'] as const)('reads a key as %s', (encoding) => {
  expect([...parseStoreKey(` ${key.toString(encoding)}\n`)]).toEqual([...key])
})

it.each([
  ['an empty text', ''],
  ['a password', 'correct horse battery staple'],
  ['too few bytes', key.subarray(1).toString('base64')],
  ['too few bytes as hex', key.subarray(1).toString('hex')],
  ['too many bytes', Buffer.concat([key, key]).toString('base64')],
  ['a base64 text with something behind it', `${key.toString('base64')}x`],
  ['something in quotes', `"${key.toString('base64')}"`],
])('refuses %s, and does not repeat it', (_what, text) => {
  const thrown = (() => {
    try {
      return parseStoreKey(text)
    } catch (error) {
      return error as Error & { readonly code: string; readonly hint: string }
    }
  })()
  expect(thrown).toMatchObject({ code: 'usage', message: expect.stringContaining('STORE_KEY') })
  if (text.length > 8) expect(`${(thrown as Error).message} ${JSON.stringify(thrown)}`).not.toContain(text)
})

it('reads the new key and the old ones behind it', () => {
  const old = randomBytes(32)
  const read = parseStoreKeys(`${key.toString('base64')}, ${old.toString('hex')}`)
  expect(read.map(keyIdOf)).toEqual([keyIdOf(key), keyIdOf(old)])
  expect(parseStoreKeys(undefined)).toEqual([])
  expect(parseStoreKeys(' ')).toEqual([])
  expect(() => parseStoreKeys(`${key.toString('hex')},`)).toThrow('STORE_KEY')
})

it('names a key by what tells nothing of it', () => {
  expect(keyIdOf(key)).toMatch(/^[0-9a-f]{8}$/)
  expect(key.toString('hex')).not.toContain(keyIdOf(key))
  expect(keyIdOf(randomBytes(32))).not.toBe(keyIdOf(key))
})
