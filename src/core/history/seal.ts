import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { parseJson, stringifyJson } from '../model/json.ts'
import type { Json } from '../model/object.ts'

const algorithm = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16

/** Seals one value as text. It can be opened only with the same key and place: sealed values can't be swapped. */
export function seal(value: Json, key: Uint8Array, place: string): string {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(place, 'utf8'))
  const sealed = Buffer.concat([
    nonce,
    cipher.update(stringifyJson(value), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  return sealed.toString('base64')
}

/** The value that was sealed at this place. Throws when it was changed, moved, or sealed with another key. */
export function unseal(sealed: string, key: Uint8Array, place: string): Json {
  const bytes = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceLength), { authTagLength: tagLength })
  decipher.setAAD(Buffer.from(place, 'utf8')).setAuthTag(bytes.subarray(-tagLength))
  const text = Buffer.concat([decipher.update(bytes.subarray(nonceLength, -tagLength)), decipher.final()])
  return parseJson(text.toString('utf8'))
}
