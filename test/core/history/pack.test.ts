import { createHash, randomBytes } from 'node:crypto'
import { brotliCompressSync, constants } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { close, envelopeKeys, open } from '../../../src/core/history/envelope.ts'
import { notKept, packing } from '../../../src/core/history/pack.ts'
import { keyIdOf } from '../../../src/core/history/store-key.ts'
import { stringifyJson } from '../../../src/core/model/json.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { leak, rules, someObjects } from './objects.ts'

const key = randomBytes(32)
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64')

const secretOf = (name: string, password: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'shop' },
  data: { password: base64(password) },
})
const configMap: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web' },
  data: { motto: 'ship it' },
}

/** What a packed text holds, read without any key. */
const textOf = (packed: Uint8Array) => open(packed, []).text

describe('with a key', () => {
  it('returns the objects as they were, whatever is in them', () => {
    fc.assert(
      fc.property(someObjects, (objects) => {
        const kept = packing(key).unpack(packing(key).pack(objects, rules))
        expect(stringifyJson(kept.objects)).toBe(stringifyJson(objects))
        expect(kept.objects).toEqual(objects)
        expect(kept.missing).toEqual([])
        expect(kept.sensitive).toEqual(rules)
      }),
    )
  })

  it('keeps no secret value in clear', () => {
    fc.assert(
      fc.property(someObjects, (objects) => {
        const stored = packing(key).pack(objects, rules)
        expect(stored.sealed).toBe(true)
        expect(leak.exec(textOf(stored.packed))).toBeNull()
      }),
    )
  })

  it('does not show which values are equal, in one sync or in two', () => {
    const pack = () => packing(key).pack([secretOf('a', 'hunter2'), secretOf('b', 'hunter2')]).packed
    const sealed = [pack(), pack()].flatMap((packed) => textOf(packed).match(/[\w+/]{38,}={0,2}/g) ?? [])
    expect(sealed.length).toBeGreaterThanOrEqual(4)
    expect(new Set(sealed).size).toBe(sealed.length)
  })

  it('finds every changed byte, and every cut', () => {
    const { packed, sealed } = packing(key).pack([secretOf('db', 'hunter2'), configMap])
    for (const [position, byte] of packed.entries()) {
      const changed = Uint8Array.from(packed)
      changed[position] = byte ^ 1
      expect(() => packing(key).unpack({ packed: changed, sealed })).toThrow(
        expect.objectContaining({ code: 'store-failed' }),
      )
      expect(() => packing(key).unpack({ packed: packed.subarray(0, position), sealed })).toThrow('damaged')
    }
  })

  it('finds what was changed by somebody who can write the database but has no key', () => {
    const { packed } = packing(key).pack([configMap])
    const text = textOf(packed).replace('ship it', 'sink it')
    const forged = close(text, { ...envelopeKeys(randomBytes(32)), id: keyIdOf(key) })
    expect(() => packing(key).unpack({ packed: forged, sealed: true })).toThrow('damaged')
  })

  it('opens no value that was sealed for another object or field', () => {
    const { packed } = packing(key).pack([secretOf('a', 'hunter2'), secretOf('b', 'correct horse')])
    const { text, keys } = open(packed, [key])
    const [first = '', second = ''] = text.match(/sealed-\w+:[\w+/]+={0,2}/g) ?? []
    expect(second).not.toBe('')
    const swapped = text.replace(first, '0').replace(second, first).replace('"0"', `"${second}"`)
    expect(() => packing(key).unpack({ packed: close(swapped, keys), sealed: true })).toThrow('damaged')
    const renamed = text.replace('"password"', '"user"')
    expect(() => packing(key).unpack({ packed: close(renamed, keys), sealed: true })).toThrow('damaged')
    expect(packing(key).unpack({ packed: close(text, keys), sealed: true }).missing).toEqual([])
  })

  it('says which key is missing when it is another one, and reads with the old key behind the new one', () => {
    const stored = packing(key).pack([secretOf('db', 'hunter2')])
    const next = randomBytes(32)
    const wrong = () => packing(next).unpack(stored)
    expect(wrong).toThrow(`sealed with the key ${keyIdOf(key)}, and STORE_KEY is another one (${keyIdOf(next)})`)
    expect(wrong).toThrow(expect.objectContaining({ code: 'store-failed', hint: expect.stringContaining('STORE_KEY') }))
    expect(packing(next, key).unpack(stored)).toMatchObject({ objects: [secretOf('db', 'hunter2')], missing: [] })
  })
})

describe('without a key', () => {
  it('keeps no secret value at all, and names the objects that had one', () => {
    fc.assert(
      fc.property(someObjects, (objects) => {
        const stored = packing().pack(objects, rules)
        expect(stored.sealed).toBe(false)
        const text = textOf(stored.packed)
        expect(leak.exec(text)).toBeNull()
        const { objects: kept, missing } = packing().unpack(stored)
        const whole = objects.filter(({ kind }) => kind === 'Deployment')
        expect(missing).toHaveLength(objects.length - whole.length)
        expect(kept.filter(({ kind }) => kind === 'Deployment')).toEqual(whole)
        // Nor with a key that came later.
        expect(packing(key).unpack(stored).missing).toEqual(missing)
      }),
    )
  })

  it('puts what no API server takes where a value was, never an empty one', () => {
    const empty = { ...secretOf('db', 'hunter2'), stringData: { user: '' } }
    const { objects, missing } = packing().unpack(packing().pack([empty, configMap]))
    expect(objects).toEqual([{ ...empty, data: { password: notKept }, stringData: { user: notKept } }, configMap])
    expect(missing).toEqual(['Secret shop/db'])
  })

  it('reads what was sealed, but for the sealed values', () => {
    const stored = packing(key).pack([secretOf('db', 'hunter2'), configMap])
    const { objects, missing } = packing().unpack(stored)
    expect(missing).toEqual(['Secret shop/db'])
    expect(objects[1]).toEqual(configMap)
  })
})

describe('what is not ours', () => {
  const envelope = (body: Uint8Array) => {
    const head = Buffer.concat([Buffer.from('DDH1'), Buffer.alloc(37)])
    return Buffer.concat([head, createHash('sha256').update(head).update(body).digest(), body])
  }

  it.each([
    ['nothing', new Uint8Array()],
    ['noise', randomBytes(500)],
    ['a body that is not compressed', envelope(randomBytes(500))],
    ['no JSON', envelope(brotliCompressSync('{'))],
    ['other JSON', envelope(brotliCompressSync('{"mark":"a","withMarks":[]}\n1'))],
    ['JSON of no depth that ends', envelope(brotliCompressSync(`${'['.repeat(1_000_000)}`))],
  ])('is refused: %s', (_what, packed) => {
    expect(() => packing(key).unpack({ packed, sealed: false })).toThrow(
      expect.objectContaining({ code: 'store-failed', message: expect.stringContaining('damaged') }),
    )
  })

  it('is refused before it fills the memory', () => {
    // All of it would be read without a complaint.
    const contents = Buffer.from('{"mark":"a","withMarks":[]}'.padEnd(129 * 1024 * 1024))
    const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 24 }
    const packed = envelope(brotliCompressSync(contents, { params }))
    expect(packed.length).toBeLessThan(100_000)
    expect(() => packing().unpack({ packed, sealed: false })).toThrow('damaged')
  })
})
