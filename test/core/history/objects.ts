import fc from 'fast-check'
import type { FieldRule } from '../../../src/core/model/app.ts'
import { stringifyJson } from '../../../src/core/model/json.ts'
import type { Json, KubeObject } from '../../../src/core/model/object.ts'

/** In every secret value of these objects, and nowhere else. */
const marks = ['Zq7Xk9Wv3Rt5', '48151623420815'] as const

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64')

function parts(text: string, length: number): readonly string[] {
  return Array.from({ length: text.length - length + 1 }, (_, start) => text.slice(start, start + length))
}

/** Six characters in a row of a mark, or of its base64 at any place in a group of three bytes, or of its hex. */
export const leak = new RegExp(
  marks
    .flatMap((mark) => [
      ...parts(mark, 6),
      ...[0, 1, 2].flatMap((shift) => parts(base64(`${' '.repeat(shift)}${mark}`).slice(shift === 0 ? 0 : 4, 16), 8)),
      ...parts(Buffer.from(mark).toString('hex'), 12),
    ])
    .join('|'),
)

const around = fc.constantFrom('', '"', '\\', '\n', '<b>&', 'é', '💥', '\ud800', '\u0000', 'x'.repeat(70), '{"a":"')
const secretText = fc.tuple(around, around).map(([before, after]) => `${before}${marks[0]}${after}`)
const secretValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: secretText },
  fc.constant(Number(marks[1])),
  fc.constant(BigInt(`${marks[1]}48151623420815`)),
  secretText.map((text) => ({ deep: [text, { er: text }] })),
)

const key = fc.constantFrom('password', 'a.b', '.hidden', '__proto__', 'constructor', 'toString', '0', 'tls.key')

const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    0,
    1.5,
    '',
    'seen',
    'sealed-',
    '(sensitive 1)',
    9_007_199_254_740_993n,
    -(2n ** 64n),
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const { open } = fc.letrec<{ open: Json }>((tie) => ({
  open: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('open'), { maxLength: 3 }),
    fc.dictionary(key, tie('open'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))

/** What names sensitive fields of ConfigMaps. */
export const rules: readonly FieldRule[] = [
  { kind: 'ConfigMap', jsonPointers: ['/data/token', '/spec/users/*/password', '/spec/users'] },
]

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

const secret = fc
  .record({
    data: fc.dictionary(key, secretText, { noNullPrototype: true }),
    value: secretValue,
    text: secretText,
    open,
  })
  .map(({ data, value, text, open: seen }) => ({
    kind: 'Secret',
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(data).map(([name, each]) => [name, base64(each)])),
    stringData: { value, empty: '' },
    stringdata: { misspelt: text },
    // What is no text of its own is a value too.
    spec: { seen: isLeaf(seen) ? null : text },
    metadata: {
      labels: { app: 'web' },
      annotations: {
        plain: 'seen',
        copy: `was ${text}`,
        json: stringifyJson({ text }),
        encoded: base64(text),
        [lastApplied]: stringifyJson({ stringData: { value } }),
      },
    },
    stringValue: text,
  }))

const ruled = fc.record({ value: secretValue, text: secretText, open }).map(({ value, text, open: seen }) => ({
  kind: 'ConfigMap',
  data: { token: value, open: seen },
  spec: { users: [{ name: text, password: value }, text], open: seen },
  metadata: { annotations: { copy: typeof value === 'string' ? `was ${value}` : 'seen', plain: 'seen' } },
}))

const plain = fc.record({ open }).map(({ open: seen }) => ({ kind: 'Deployment', spec: seen, metadata: {} }))

const applied = secretText.map((text) => ({
  kind: 'Service',
  metadata: { annotations: { [lastApplied]: stringifyJson({ env: text }), plain: 'seen' } },
}))

/** Objects of all sorts, with secret values wherever they may stand. */
export const someObjects: fc.Arbitrary<readonly KubeObject[]> = fc
  .array(fc.oneof<fc.Arbitrary<object>[]>(secret, ruled, plain, applied), { maxLength: 6 })
  .map((all) =>
    all.map((each, index) => {
      const { metadata, ...rest } = each as { metadata: object }
      const named = { ...metadata, name: `object-${index}`, ...(index % 2 === 0 ? { namespace: 'shop' } : {}) }
      return { apiVersion: 'v1', ...rest, metadata: named } as unknown as KubeObject
    }),
  )

function isLeaf(value: Json): boolean {
  return typeof value !== 'object' || value === null
}
