import { describe, expect, it } from 'vitest'
import { scrub } from '../../../src/core/diff/scrub.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const secret = (data: object, more: object = {}) =>
  ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' }, data, ...more }) as KubeObject
const config = (data: object) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'licence', namespace: 'shop' }, data }) as KubeObject

describe('what is said of a Secret', () => {
  const value = 'p@ss "CANARY" <word>\nsecond line'
  const sent = secret({ a: base64(value) })

  it.each([
    ['escaped as in Go', `Invalid value: ${JSON.stringify(value)}: no`],
    ['escaped as in JSON that is safe in HTML', 'p@ss \\"CANARY\\" \\u003cword\\u003e'],
    ['in JSON in JSON', JSON.stringify(JSON.stringify({ value }))],
    ['in a URL', `Get "https://a?b=${encodeURIComponent(value)}"`],
    ['in a form', encodeURIComponent(value).replaceAll('%20', '+')],
    ['as base64', `was ${base64(value)}`],
    ['as a part of other base64', `was ${base64(`user:${value}`)}`],
    ['by the line', 'line 2 is "second line", line 1 p@ss "CANARY" <word>'],
    ['cut', 'begins with p@ss "CANA'],
    ['in capitals', `is ${value.toUpperCase()}`],
  ])('tells no value %s', (_name, text) => {
    const said = scrub(text, [sent])
    for (const part of ['CANA', 'second', base64(value).slice(0, 12), base64('CANARY').slice(1, 7)]) {
      expect(said.toLowerCase()).not.toContain(part.toLowerCase())
    }
  })

  it('tells no password inside of a docker configuration', () => {
    const auths = { 'ghcr.io': { auth: base64('bot:CANARY-1') } }
    const docker = secret({ '.dockerconfigjson': base64(JSON.stringify({ auths })) })
    expect(scrub('denied: bot uses CANARY-1, or CANARY', [docker])).toBe('denied: bot uses (sensitive), or (sensitive)')
  })

  it('tells no short value that stands alone, and leaves words that hold one', () => {
    expect(scrub('denied: pin 7, code ab, not 77 or about', [secret({ a: base64('7'), b: base64('ab') })])).toBe(
      'denied: pin (sensitive), code (sensitive), not 77 or about',
    )
  })

  it('tells no old value where the live object is known', () => {
    const live = secret({ a: base64('CANARY-old') })
    expect(scrub('denied: was CANARY-old', [sent, live])).toBe('denied: was (sensitive)')
  })

  it("tells no value that only kubectl's copy of the object holds", () => {
    const copy = JSON.stringify({ stringData: { a: 'CANARY-first' }, data: { b: base64('CANARY-second') } })
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': copy }
    const live = secret({}, { metadata: { name: 'db', annotations } })
    expect(scrub('denied: CANARY-first, CANARY-second', [live])).toBe('denied: (sensitive), (sensitive)')
  })

  it('tells no value of a whole sentence, though each of its words may be said', () => {
    expect(scrub('denied: required user password', [secret({ a: base64('required user password') })])).toBe(
      'denied: (sensitive)',
    )
  })

  it.each([
    'Secret "db" is invalid: data[password]: Required value',
    'Secret "db" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    'failed to create typed patch object (shop/db; /v1, Kind=Secret): .dota: field not declared in schema',
    'User "viewer" cannot patch resource "secrets" in API group "" in the namespace "shop"',
    'admission webhook "a.b.c" denied the request: no',
  ])('stays as it is, even where a word of it is a value: %s', (text) => {
    const words = secret({ password: base64('password'), one: base64('Forbidden'), two: base64('invalid') })
    expect(scrub(text, [words])).toBe(text)
  })

  it('tells no character that was not expected', () => {
    expect(scrub(`invalid character 'x' looking for beginning of value`, [sent])).not.toContain("'x'")
  })
})

describe('what is said of an object with sensitive fields', () => {
  const rules = [{ kind: 'ConfigMap', jsonPointers: ['/data/key'] }]

  it('tells none of their values, and all else', () => {
    const sent = config({ key: 'CANARY-1234', open: 'seen' })
    expect(scrub('data: Invalid value: "CANARY-1234": not "seen"', [sent], rules)).toBe(
      'data: Invalid value: "(sensitive)": not "seen"',
    )
    expect(scrub('.data.key: expected string, got &value{Value:"CANARY-1234"}', [sent], rules)).toBe(
      '.data.key: expected string, got another type',
    )
  })

  it('is left alone without a rule for it', () => {
    const text = 'data: Invalid value: "public": no'
    expect(scrub(text, [config({ key: 'public' })])).toBe(text)
    expect(scrub(text, [config({ key: 'public' })], [{ kind: 'Pod', jsonPointers: ['/data/key'] }])).toBe(text)
  })

  it('says the same when it is asked twice', () => {
    const sent = config({ key: 'CANARY-1234' })
    const once = scrub('denied CANARY-1234', [sent], rules)
    expect(scrub(once, [sent], rules)).toBe(once)
  })
})
