import { createHash } from 'node:crypto'
import { DrydockError } from '../model/errors.ts'

/** Bytes of a key: AES-256. */
const keyLength = 32

/** Reads a key: 32 bytes as hex or base64. Throws `usage` for anything else; the error doesn't repeat the text. */
export function parseStoreKey(text: string): Uint8Array {
  const written = text.trim()
  if (/^[0-9a-f]{64}$/i.test(written)) return Buffer.from(written, 'hex')
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(written)) return Buffer.from(written, 'base64')
  throw new DrydockError('usage', `STORE_KEY must be ${keyLength} bytes, as base64 or hex.`, {
    hint: 'Make one with `openssl rand -base64 32`, and keep it outside the database and its backups.',
  })
}

/**
 * The keys of `STORE_KEY`: one, or several with commas between them. The first one seals, each of them opens, so that a
 * new key can be put before the old one. None where the variable is empty or not set. Throws `usage`.
 */
export function parseStoreKeys(text: string | undefined): readonly Uint8Array[] {
  return text === undefined || text.trim() === '' ? [] : text.split(',').map(parseStoreKey)
}

/** Names a key without telling it: the first 4 bytes of a hash, as hex. */
export function keyIdOf(key: Uint8Array): string {
  return createHash('sha256').update('drydock store key\n').update(key).digest('hex').slice(0, 8)
}
