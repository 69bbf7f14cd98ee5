import { describe, expect, test } from 'vitest'
import { type ManifestText, readManifests } from '../../../src/core/manifests/read.ts'
import type { JsonObject } from '../../../src/core/model/object.ts'

const file = (text: string, path = 'app/a.yaml'): ManifestText => ({ path, text, exact: true })
const read = (text: string) => readManifests([file(text)])
const configMap = (body: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n${body}`

/** Of this process, whatever else the machine does. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function dataOf(body: string): JsonObject {
  const { manifests, problems } = read(configMap(body))
  expect(problems).toEqual([])
  return manifests[0]?.object.data as JsonObject
}

describe('values are read as kubectl reads them', () => {
  test.each([
    ['0644', 420],
    ['0o17', 15],
    ['0x1F', 31],
    ['0b11', 3],
    ['1_000', 1000],
    ['+5', 5],
    ['-010', -8],
    ['089', 89],
    ['1:30', '1:30'],
    ['2020-01-01', '2020-01-01'],
    ['yes', true],
    ['Off', false],
    ['n', false],
    ['yEs', 'yEs'],
    ['1e3', 1000],
    ['~', null],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['12345678901234567890', 12345678901234567890n],
    ['-9223372036854775808', -9223372036854775808n],
  ])('%s', (written, expected) => {
    expect(dataOf(`data: {x: ${written}}`).x).toBe(expected)
  })

  test('merge keys are merged, and own keys win', () => {
    expect(dataOf('base: &b {x: 1, z: 1}\ndata: {<<: *b, z: 2}')).toEqual({ x: 1, z: 2 })
  })

  test('a byte order mark, CRLF and JSON with tabs', () => {
    expect(read(`\uFEFF${configMap('data: {x: "1"}').replaceAll('\n', '\r\n')}`).manifests).toHaveLength(1)
    const json = '{\n\t"apiVersion": "v1",\n\t"kind": "ConfigMap",\n\t"metadata": {"name": "a"}\n}\n'
    expect(readManifests([file(json, 'a.json')])).toMatchObject({ problems: [], manifests: [{ source: { line: 1 } }] })
  })
})

describe('each object knows its line', () => {
  test('documents, comments and empty documents', () => {
    const text = `# head\n---\n# note\n${configMap('')}---\n# nothing here\n---\n\n---\n\nkind: Secret\napiVersion: v1\nmetadata: {name: b}\n`
    const { manifests, problems } = read(text)
    expect(problems).toEqual([])
    expect(manifests.map(({ object, source }) => [object.kind, source.line])).toEqual([
      ['ConfigMap', 4],
      ['Secret', 13],
    ])
  })

  test('a list is replaced by its items, each with its line; a typed list gives them their kind', () => {
    const text = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: a}
- apiVersion: v1
  kind: ConfigMapList
  items:
  - metadata: {name: b}

  - metadata: {name: c}
`
    expect(read(text).manifests.map(({ object, source }) => [object.kind, object.metadata.name, source.line])).toEqual([
      ['Secret', 'a', 4],
      ['ConfigMap', 'b', 10],
      ['ConfigMap', 'c', 12],
    ])
  })

  test('an object whose kind ends in List stays one object', () => {
    const text = 'apiVersion: example.com/v1\nkind: AllowList\nmetadata: {name: a}\nitems: [1]\n'
    expect(read(text).manifests).toHaveLength(1)
  })
})

describe('mistakes', () => {
  const mistakes: readonly (readonly [string, string, string, number, string])[] = [
    ['a broken mapping', 'a: 1\nb: c: d\n', 'yaml-invalid', 2, 'bad indentation'],
    ['a key twice', configMap('data:\n  x: "1"\n  x: "2"\n'), 'yaml-invalid', 6, 'duplicated mapping key'],
    ['a key that is a number', configMap('data:\n  8080: x\n'), 'yaml-invalid', 5, 'the key 8080 is not text'],
    ['a key that is a boolean', configMap('data:\n  on: x\n'), 'yaml-invalid', 5, 'read as true'],
    ['a key __proto__', configMap('data:\n  __proto__: {x: 1}\n'), 'yaml-invalid', 5, '__proto__ is not allowed'],
    ['a key constructor', configMap('data:\n  constructor: x\n'), 'yaml-invalid', 5, 'constructor is not allowed'],
    ['infinity', configMap('data: {x: .inf}'), 'yaml-invalid', 1, 'not a number'],
    ['a value file', '# c\nreplicas: 3\n', 'manifest-invalid', 2, 'has no apiVersion and no kind'],
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}\n', 'manifest-invalid', 1, 'has no kind'],
    ['text', 'hello\n', 'manifest-invalid', 1, 'not a Kubernetes object'],
    ['no metadata', 'apiVersion: v1\nkind: Pod\n', 'manifest-invalid', 1, 'has no metadata'],
    ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {labels: {}}\n', 'manifest-invalid', 3, 'no metadata.name'],
    [
      'generateName',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: a-\n',
      'manifest-invalid',
      4,
      'generateName',
    ],
    [
      'a name that is a path',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: ../x\n',
      'manifest-invalid',
      4,
      'not valid',
    ],
    ['a name that is a number', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: 1\n', 'manifest-invalid', 4, 'not text'],
    [
      'a namespace',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: A_b\n',
      'manifest-invalid',
      5,
      'namespace',
    ],
  ]
  test.each(mistakes)('%s', (_name, text, code, line, message) => {
    const { manifests, problems } = read(text)
    expect(manifests).toEqual([])
    expect(problems).toMatchObject([{ code, source: { path: 'app/a.yaml', line } }])
    expect(problems[0]?.message).toContain(message)
  })

  test('a label or annotation that is not text is named with its line and what to write', () => {
    const text = `apiVersion: v1
kind: Pod
metadata:
  name: a
  labels:
    on-call: yes
  annotations:
    example.com/port: 1
    example.com/empty:
`
    const { problems } = read(text)
    expect(problems).toMatchObject([
      { source: { line: 6 }, hint: 'Write it in quotes: on-call: "true"' },
      { source: { line: 8 }, hint: 'Write it in quotes: example.com/port: "1"' },
      { source: { line: 9 }, hint: 'Write it in quotes: example.com/empty: ""' },
    ])
    expect(problems[1]?.message).toBe('Pod a: the value of the annotation example.com/port is not text.')
  })

  test('labels without a value count as absent', () => {
    const { manifests, problems } = read('apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: , namespace: ""}\n')
    expect(problems).toEqual([])
    expect(manifests[0]?.object.metadata).toEqual({ name: 'a' })
  })

  test('every broken file is reported, and no value of a file is repeated', () => {
    const { problems } = readManifests([
      file('password: *hunter2\n', 'one.yaml'),
      file('a: !hunter2 x\n', 'two.yaml'),
      file('a: [1\n', 'three.yaml'),
    ])
    expect(problems.map((each) => each.source?.path)).toEqual(['one.yaml', 'two.yaml', 'three.yaml'])
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })
})

describe('bombs', () => {
  test('aliases that stand for billions of values are refused at once', () => {
    const levels = ['l0: &l0 [x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 11; level++) levels.push(`l${level}: &l${level} [${`*l${level - 1},`.repeat(9)}]`)
    const started = performance.now()
    expect(read(configMap(levels.join('\n'))).problems).toMatchObject([
      {
        code: 'render-too-large',
        message: expect.stringContaining('more than 5,000,000 values'),
        source: { path: 'app/a.yaml', line: 1 },
        hint: expect.stringContaining('aliases'),
      },
    ])
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('more than a hundred aliases, an alias of itself, and deep nesting are refused', () => {
    const problemOf = (body: string) => read(configMap(body)).problems[0]
    expect(problemOf(`b: &b {x: 1}\nc: [${'*b,'.repeat(101)}]`)).toMatchObject({
      code: 'render-too-large',
      message: expect.stringContaining('more than 100 aliases'),
      source: { line: 5 },
    })
    expect(problemOf('b: &b [*b]')?.message).toContain('a part of')
    expect(problemOf(`b: ${'['.repeat(200)}${']'.repeat(200)}`)).toMatchObject({
      code: 'render-too-large',
      message: expect.stringContaining('deeper than 100 levels'),
      source: { line: 4 },
    })
    const chain = ['l0: &l0 [x]']
    for (let level = 1; level < 99; level++) chain.push(`l${level}: &l${level} [[*l${level - 1}]]`)
    expect(read(configMap(chain.join('\n'))).problems[0]?.message).toContain('nested deeper')
  })

  test('too many objects and too many bytes are an error, never a part of the render', () => {
    const many = Array.from({ length: 5 }, (_, index) => file(configMap(''), `${index}.yaml`))
    expect(() => readManifests(many, { maxObjects: 4 })).toThrow(/more than 4 objects/)
    expect(() => readManifests(many, { maxBytes: 100 })).toThrow(expect.objectContaining({ code: 'render-too-large' }))
  })

  test('20,000 objects are refused quickly, in one file or in many, with the limit and what to do', () => {
    const objects = Array.from({ length: 20_000 }, (_, index) => configMap('').replace('name: a', `name: a${index}`))
    for (const files of [[file(objects.join('---\n'))], objects.map((text, index) => file(text, `${index}.yaml`))]) {
      const used = cpuMs()
      expect(() => readManifests(files)).toThrow(
        expect.objectContaining({
          code: 'render-too-large',
          message: 'The render has more than 10,000 objects; the limit of one app is 10,000.',
          hint: 'Split the app into smaller ones.',
        }),
      )
      expect(cpuMs() - used).toBeLessThan(3000)
    }
  })

  test('thousands of objects that were rendered from one file are found in it quickly', () => {
    const objects = Array.from({ length: 5_000 }, (_, index) => configMap('').replace('name: a', `name: a${index}`))
    const original = objects.join('---\n')
    const used = cpuMs()
    const { manifests } = readManifests(objects.map((text) => ({ path: 'a.yaml', text, exact: false, original })))
    expect(cpuMs() - used).toBeLessThan(3000)
    expect(manifests[4_999]?.source.line).toBe(4_999 * 4 + 1)
  })

  test('an object that etcd would not take is named with its place; the others are still looked at', () => {
    const large = (name: string, bytes: number) =>
      configMap(`data:\n  x: "${'x'.repeat(bytes)}"\n`).replace('name: a', `name: ${name}, namespace: shop`)
    const text = ['# all', large('fits', 1_500_000), '---', large('big', 5_000_000), '---', large('huge', 1_600_000)]
    const { problems, manifests } = read(text.join('\n'))
    expect(problems).toEqual([
      {
        code: 'render-too-large',
        message: 'ConfigMap shop/big is too large: etcd takes objects of at most 1.5 MiB.',
        source: { path: 'app/a.yaml', line: 9 },
        hint: 'Split it into several objects, or keep the data in a volume or an image.',
      },
      expect.objectContaining({ source: { path: 'app/a.yaml', line: 16 } }),
    ])
    expect(manifests.map((each) => each.object.metadata.name)).toEqual(['fits'])
  })

  test('the size counts bytes, as JSON has them, and what aliases stand for', () => {
    const sizes = (value: string) => read(configMap(`data: {x: "${value}"}`)).problems.map((each) => each.code)
    expect(sizes('\u00fc'.repeat(700_000))).toEqual([])
    expect(sizes('\u00fc'.repeat(800_000))).toEqual(['render-too-large'])
    expect(sizes('\\u0001'.repeat(250_000))).toEqual([])
    expect(sizes('\\u0001'.repeat(270_000))).toEqual(['render-too-large'])
    const aliases = (count: number) => configMap(`base: &b ${'x'.repeat(50_000)}\ndata: [${'*b,'.repeat(count)}]`)
    expect(read(aliases(20)).problems).toEqual([])
    expect(read(aliases(40)).problems).toMatchObject([{ code: 'render-too-large' }])
  })
})

describe('text that was rendered from a file', () => {
  const rendered = (original: string, name: string, kind = 'Deployment') =>
    readManifests([
      {
        path: 'base/web.yaml',
        text: `apiVersion: apps/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`,
        exact: false,
        original,
      },
    ]).manifests[0]?.source

  test('an object is found by its kind and the longest name that is a part of its own', () => {
    const original = `apiVersion: v1
kind: Service
metadata:
  name: web
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
---
apiVersion: apps/v1
kind: Deployment
metadata:
  labels: {name: wrong}
  name: "web-admin"   # note
`
    expect(rendered(original, 'web')).toEqual({ path: 'base/web.yaml', line: 6 })
    expect(rendered(original, 'prod-web-v2')).toEqual({ path: 'base/web.yaml', line: 6 })
    expect(rendered(original, 'prod-web-admin-v2')).toEqual({ path: 'base/web.yaml', line: 11 })
    expect(rendered(original, 'prod-web', 'Service')).toEqual({ path: 'base/web.yaml', line: 1 })
  })

  test('a template, which is no YAML', () => {
    const original = `{{- if .Values.enabled }}
{{- range .Values.items }}
---
# the deployment
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "x.fullname" $ }}-worker
{{- end }}
---
kind: Deployment
metadata:
  name: {{ include "x.fullname" $ }}-web
{{- end }}
`
    expect(rendered(original, 'shop-worker')?.line).toBe(5)
    expect(rendered(original, 'shop-web')?.line).toBe(11)
  })

  test('a generator of a kustomization', () => {
    const original = 'namespace: a\nconfigMapGenerator:\n- name: web\n- name: web-extra\n'
    expect(rendered(original, 'web-extra-5h2k', 'ConfigMap')?.line).toBe(4)
  })
})
