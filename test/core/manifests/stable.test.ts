import { describe, expect, test } from 'vitest'
import { readManifests } from '../../../src/core/manifests/read.ts'
import { readsClock } from '../../../src/core/manifests/reads-clock.ts'
import { unstableProblems } from '../../../src/core/manifests/stable.ts'
import type { Manifest } from '../../../src/core/model/manifest.ts'

const read = (...objects: string[]): readonly Manifest[] => {
  const { manifests, problems } = readManifests([{ path: 'a.yaml', text: objects.join('---\n'), exact: true }])
  expect(problems).toEqual([])
  return manifests
}
const secret = (name: string, data: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\n  namespace: shop\ndata: ${data}\n`

describe('two renders of one input', () => {
  test('are the same when only the order, the spelling or the sources differ', () => {
    const one = read(secret('a', '{x: eA==, z: "1"}'), secret('b', '{}'))
    const other = read(secret('b', '{ }'), secret('a', "{z: '1', x: eA==}"))
    expect(unstableProblems(one, other)).toEqual([])
    expect(unstableProblems([], [])).toEqual([])
  })

  test('that differ are named by object and field, at its line, without any value', () => {
    const one = read(secret('a', '\n  same: eA==\n  password: Y2FuYXJ5MQ=='), secret('b', '{}'))
    const other = read(secret('a', '\n  same: eA==\n  password: Y2FuYXJ5Mg=='), secret('b', '{}'))
    const problems = unstableProblems(one, other)
    expect(problems).toEqual([
      {
        code: 'render-unstable',
        message: 'Secret shop/a is rendered differently each time (field /data/password).',
        source: { path: 'a.yaml', line: 8 },
        hint: expect.stringContaining('existing Secret'),
      },
    ])
    expect(JSON.stringify(problems)).not.toMatch(/Y2FuYXJ5|canary/)
  })

  test('fields: keys that come and go, items, escaped keys, and no more than three', () => {
    const fieldsOf = (before: string, after: string) =>
      /\((.*)\)/.exec(unstableProblems(read(secret('a', before)), read(secret('a', after)))[0]?.message ?? '')?.[1]
    expect(fieldsOf('{a/b~c: x}', '{a/b~c: y}')).toBe('field /data/a~1b~0c')
    expect(fieldsOf('{a: x}', '{b: x}')).toBe('fields /data/a, /data/b')
    expect(fieldsOf('{a: [1, {x: 2}]}', '{a: [1, {x: 3}]}')).toBe('field /data/a/1/x')
    expect(fieldsOf('{a: [1]}', '{a: [1, 2]}')).toBe('field /data/a')
    expect(fieldsOf('{a: 1}', '{a: {b: 1}}')).toBe('field /data/a')
    expect(fieldsOf('{a: 9007199254740993}', '{a: 9007199254740992}')).toBe('field /data/a')
    expect(fieldsOf('{a: 1, b: 1, c: 1}', '{a: 2, b: 2, c: 2}')).toBe('fields /data/a, /data/b, /data/c')
    expect(fieldsOf('{a: 1, b: 1, c: 1, d: 1}', '{a: 2, b: 2, c: 2, d: 2}')).toBe(
      'fields /data/a, /data/b, /data/c and more',
    )
  })

  test('an object with a new name each time is named once; one that comes or goes is named too', () => {
    const messages = (one: readonly Manifest[], other: readonly Manifest[]) =>
      unstableProblems(one, other).map((each) => each.message.split(':')[0])
    expect(messages(read(secret('a-x1', '{}')), read(secret('a-x2', '{}')))).toEqual([
      'Secret shop/a-x1 is in only one of two renders of the same files',
    ])
    expect(messages(read(secret('a', '{}')), read(secret('a', '{}'), secret('b', '{}')))).toEqual([
      'Secret shop/b is in only one of two renders of the same files',
    ])
    expect(messages(read(secret('a', '{}'), secret('b', '{}')), read(secret('a', '{}')))).toHaveLength(1)
  })

  test('objects with one identity are compared one with one', () => {
    const twice = (value: string) => read(secret('a', '{x: y}'), secret('a', `{x: ${value}}`))
    expect(unstableProblems(twice('z'), twice('z'))).toEqual([])
    expect(unstableProblems(twice('z'), twice('q'))).toHaveLength(1)
  })

  test('ten are named, the others are counted', () => {
    const all = (count: number, value: number) =>
      read(...Array.from({ length: count }, (_, index) => secret(`s${index}`, `{x: ${value}}`)))
    expect(unstableProblems(all(10, 1), all(10, 2))).toHaveLength(10)
    const many = unstableProblems(all(13, 1), all(13, 2))
    expect(many).toHaveLength(11)
    expect(many[10]?.message).toBe('3 more objects are rendered differently each time.')
    expect(unstableProblems(all(11, 1), all(11, 2))[10]?.message).toContain('1 more object is')
  })
})

describe('a template that asks for the time', () => {
  test.each([
    '{{ now }}',
    'a: {{- now | date "2006-01-02" -}}',
    '{{ now | unixEpoch }}',
    '{{ date "15:04:05" .Values.x }}',
    '{{\n  $t := now\n}}',
    '{{ if (ago .x) }}',
    '{{ a }} {{ printf "%s" (now) }}',
    '{{ dateInZone "2006" (now) "UTC" }}',
  ])('%s', (text) => expect(readsClock(text)).toBe(true))

  test.each([
    'now {{ .Values.a }} date',
    '{{ .Values.date }}',
    '{{ .now }}',
    '{{ include "now-playing" . }}',
    '{{ $now }}',
    '{{ update }} {{ known }}',
    '{{ now',
    '}} now {{',
  ])('not: %s', (text) => expect(readsClock(text)).toBe(false))

  test('is looked for in time that grows with the text only', () => {
    const started = performance.now()
    expect(readsClock('{{'.repeat(1_000_000))).toBe(false)
    expect(readsClock('{{ x }}'.repeat(1_000_000))).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
