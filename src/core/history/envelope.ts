import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { DrydockError } from '../model/errors.ts'
import { keyIdOf } from './store-key.ts'

/** Bytes of text in one envelope: more than the objects of any app whose render is let through. */
const maxLength = 128 * 1024 * 1024

/**
 * What stands before the compressed text: magic, whether there is a key, its id and the salt of what is derived from it;
 * a checksum of all that and of the text, against bad luck; with a key a MAC of the two, against bad people.
 */
const magic = Buffer.from('DDH1')
const idLength = 4
const saltLength = 32
const headLength = magic.length + 1 + idLength + saltLength
const hashLength = 32

/** The keys of one envelope. They are derived for it alone, so that no nonce is ever used twice with one of them. */
export type EnvelopeKeys = {
  readonly id: string
  readonly salt: Uint8Array
  readonly seal: Buffer
  readonly mac: Buffer
}

/** Keys for a new envelope, or those of one with this salt. */
export function envelopeKeys(key: Uint8Array, salt: Uint8Array = randomBytes(saltLength)): EnvelopeKeys {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', key, salt, `drydock history ${purpose}`, 32))
  return { id: keyIdOf(key), salt, seal: derive('seal'), mac: derive('mac') }
}

/** Compresses a text and puts it under a checksum, with keys under a MAC too. Throws `render-too-large`. */
export function close(text: string, keys: EnvelopeKeys | undefined): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > maxLength) {
    throw new DrydockError(
      'render-too-large',
      'The objects of this app are more than the history keeps (128 MiB of JSON).',
      {
        hint: 'Split the app into smaller ones.',
      },
    )
  }
  // In one process many objects are much alike: a wide window finds it, a higher quality only takes longer.
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants
  const params = { [BROTLI_PARAM_QUALITY]: 5, [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: bytes.length }
  const body = brotliCompressSync(bytes, { params })
  const head = headOf(keys)
  const check = checksum(head, body)
  return Buffer.concat([head, check, keys ? macOf(keys, head, check) : Buffer.alloc(0), body])
}

/**
 * The text of an envelope, and its keys where it has some and `keys` holds the right one. Without any key the text is
 * read as it is. Throws `store-failed`: damaged, changed by somebody without the key, or closed with another key.
 */
export function open(
  envelope: Uint8Array,
  keys: readonly Uint8Array[],
): { readonly text: string; readonly keys: EnvelopeKeys | undefined } {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength)
  const head = bytes.subarray(0, headLength)
  const keyed = head[magic.length] === 1
  const bodyAt = headLength + hashLength * (keyed ? 2 : 1)
  if (bytes.length <= bodyAt || !head.subarray(0, magic.length).equals(magic)) throw damaged()
  const check = bytes.subarray(headLength, headLength + hashLength)
  const body = bytes.subarray(bodyAt)
  if (!timingSafeEqual(check, checksum(head, body))) throw damaged()
  const found = keyed ? keysOf(head, keys) : undefined
  if (found && !timingSafeEqual(bytes.subarray(headLength + hashLength, bodyAt), macOf(found, head, check)))
    throw damaged()
  try {
    return { text: brotliDecompressSync(body, { maxOutputLength: maxLength }).toString('utf8'), keys: found }
  } catch {
    throw damaged()
  }
}

/** What is there is not what was put there. */
export function damaged(): DrydockError {
  return new DrydockError('store-failed', 'The objects that the history keeps of this sync are damaged.', {
    hint: 'Take that commit from Git, or restore the database from a backup.',
  })
}

function headOf(keys: EnvelopeKeys | undefined): Buffer {
  if (!keys) return Buffer.concat([magic, Buffer.alloc(headLength - magic.length)])
  return Buffer.concat([magic, Buffer.of(1), Buffer.from(keys.id, 'hex'), keys.salt])
}

function keysOf(head: Buffer, keys: readonly Uint8Array[]): EnvelopeKeys | undefined {
  if (keys.length === 0) return undefined
  const idAt = magic.length + 1
  const id = head.subarray(idAt, idAt + idLength).toString('hex')
  const key = keys.find((each) => keyIdOf(each) === id)
  if (key) return envelopeKeys(key, head.subarray(idAt + idLength))
  const ours = keys.map(keyIdOf).join(', ')
  throw new DrydockError(
    'store-failed',
    `This sync was sealed with the key ${id}, and STORE_KEY is another one (${ours}).`,
    {
      hint: 'Set STORE_KEY to the new key, a comma and the old one: the first seals, each of them opens.',
    },
  )
}

function checksum(head: Buffer, body: Buffer): Buffer {
  return createHash('sha256').update(head).update(body).digest()
}

function macOf(keys: EnvelopeKeys, head: Buffer, check: Buffer): Buffer {
  return createHmac('sha256', keys.mac).update(head).update(check).digest()
}
