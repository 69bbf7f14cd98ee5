import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { at, isArray, isObject, type Json, type KubeObject, textAt } from '../../../src/core/model/object.ts'
import { checkAgainstDefinition, type DefinitionAnswer } from '../../../src/core/schema/check.ts'
import {
  allowed,
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../../adapters/kubernetes/control-plane.ts'
import { richDefinition, samples } from './rich.ts'

type Said = {
  readonly spec?: Json
  readonly status?: Json
  readonly refused?: string
  readonly fields: readonly string[]
}

describe.skipIf(!kubeconfig)(`an object is checked as the API server does it${skipped}`, () => {
  let plane: ControlPlane
  let definition: KubeObject
  const group = `${randomName('g')}.example.com`
  beforeAll(async () => {
    plane = await openControlPlane('schema')
    definition = richDefinition(group) as KubeObject
    plane.later(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.${group}`)
    await plane.cluster.writer(allowed('create', definition)).apply(definition)
    // It is accepted before it is served.
    const first = async () => expect((await ask(thing({}))).refused).toBeUndefined()
    await vi.waitFor(first, { timeout: 20_000, interval: 200 })
  })
  afterAll(() => plane.close())

  const thing = (spec: Json, more: object = {}): KubeObject =>
    ({
      apiVersion: `${group}/v1`,
      kind: 'Thing',
      metadata: { name: 'x', namespace: plane.namespace },
      spec,
      ...more,
    }) as KubeObject

  /** What the server says to the dry run that a plan makes, with the fields that it complains about. */
  const ask = async (object: KubeObject): Promise<Said> => {
    const path = `/apis/${group}/v1/namespaces/${plane.namespace}/things/${encodeURIComponent(object.metadata.name)}`
    const query = { fieldManager: 'drydock', force: 'true', fieldValidation: 'Strict', dryRun: 'All' }
    const { status, body } = await plane.raw('PATCH', path, object, {
      query,
      contentType: 'application/apply-patch+yaml',
    })
    if (status < 300) return { ...(body as object), fields: [] }
    const causes = at(body, 'details', 'causes')
    const fields = isArray(causes) ? causes.flatMap((each) => textAt(each, 'field') ?? []) : []
    return { refused: textAt(body, 'message') ?? String(status), fields }
  }

  /** Differences between both answers, in words; none when they agree. */
  const differences = (said: Said, ours: DefinitionAnswer): readonly string[] => {
    const refused = ours.faults.length > 0
    // What it says that it did not check, it may get wrong.
    if (!refused && said.refused !== undefined && ours.notChecked.length > 0) return []
    if (refused !== (said.refused !== undefined)) {
      return [`server: ${said.refused ?? 'takes it'}`, `we: ${JSON.stringify(ours.faults)}`]
    }
    if (refused) {
      const paths = ours.faults.map(({ path }) =>
        path
          .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
          .join('')
          .slice(1),
      )
      // The server leaves out which owner it means, and begins the path of replicas with a dot.
      const plain = (path: string) => `${path.replace(/^\./, '').replace('ownerReferences[0]', 'ownerReferences')}.`
      // Of alternatives that all fail, the server and we may pick another one to speak of.
      const meets = (one: string, other: string) =>
        one.startsWith(other.slice(0, -1)) || other.startsWith(one.slice(0, -1))
      const unsaid = said.fields.filter(
        (field) => field !== '<nil>' && !paths.some((path) => meets(plain(path), plain(field))),
      )
      return unsaid.map((field) => `server names ${field} (${said.refused}), we: ${paths.join(', ')}`)
    }
    const [theirs, mine] = [said, ours.object].map((each) =>
      comparable({ spec: each.spec ?? null, status: each.status ?? null }),
    )
    return theirs === mine ? [] : [`server: ${theirs}`, `we: ${mine}`]
  }

  const compare = async (object: KubeObject): Promise<readonly string[]> =>
    differences(await ask(object), checkAgainstDefinition(object, definition))

  it('for each sample of each field', async () => {
    const found: string[] = []
    let taken = 0
    for (const [name, { good, odd }] of Object.entries(samples)) {
      for (const value of [...good, ...odd]) {
        const object = thing({ [name]: value })
        const answer = await ask(object)
        if (answer.refused === undefined) taken += 1
        else if (good.includes(value)) found.push(`${name} ${show(value)}: should be taken: ${answer.refused}`)
        for (const each of differences(answer, checkAgainstDefinition(object, definition))) {
          found.push(`${name} ${show(value)}: ${each}`)
        }
      }
    }
    expect(found).toEqual([])
    expect(taken).toBeGreaterThan(150)
  })

  it('for what stands beside the spec', async () => {
    const label = 'a'.repeat(64)
    const cases: readonly (readonly [Json, object])[] = [
      [null, {}],
      ['x', {}],
      [[], {}],
      [{ foo: 1, bar: {} }, {}],
      [{}, { foo: 1 }],
      [{}, { spec: undefined }],
      [{}, { status: { s: 1 } }],
      [{}, { status: { s: 'x' } }],
      [{}, { status: { z: 1 } }],
      [{}, { status: { l: [null] } }],
      [{}, { status: { l: ['a', 'a'] } }],
      [{}, { status: { l: ['a', 'b'] } }],
      [{}, { status: null }],
      [{}, { status: { s: 4 } }],
      ...[
        { foo: 1 },
        { name: 'X_y' },
        { name: 'a.b-c' },
        { name: 'a'.repeat(254) },
        { labels: { 'a b': 'c' } },
        { labels: { a: 'b c' } },
        { labels: { [label]: 'a' } },
        { labels: { 'A/b': 'a' } },
        { labels: { 'a.b/C_d': 'E-f' } },
        { annotations: { 'a b': 'c' } },
        { annotations: { 'a/b': 'c d' } },
        { annotations: { 'A.b/c': 'd' } },
        { finalizers: ['example.com/x'] },
        { finalizers: ['a b'] },
        { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x' }] },
        { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'u' }] },
        { generation: 'a' },
      ].map((metadata) => [{}, { metadata: { name: 'x', namespace: plane.namespace, ...metadata } }] as const),
    ]
    const found: string[] = []
    for (const [spec, more] of cases) {
      for (const each of await compare(thing(spec, more))) found.push(`${show(spec)} ${JSON.stringify(more)}: ${each}`)
    }
    expect(found).toEqual([])
  })

  it('for generated objects', async () => {
    const names = Object.keys(samples)
    const field = (kind: 'good' | 'odd') =>
      fc
        .constantFrom(...names.filter((name) => (samples[name]?.[kind].length ?? 0) > 0))
        .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...(samples[name]?.[kind] ?? []))))
    const entries = fc.tuple(
      fc.array(field('good'), { maxLength: 8 }),
      fc.oneof({ arbitrary: fc.constant([]), weight: 2 }, fc.array(field('odd'), { minLength: 1, maxLength: 3 })),
    )
    const spec = entries.map(([good, odd]) => Object.fromEntries([...good, ...odd]))
    let taken = 0
    await fc.assert(
      fc.asyncProperty(spec, async (each) => {
        const object = thing(each)
        const said = await ask(object)
        if (said.refused === undefined) taken += 1
        expect(differences(said, checkAgainstDefinition(object, definition))).toEqual([])
      }),
      { seed: 20_260, numRuns: 150 },
    )
    expect(taken).toBeGreaterThan(50)
  })

  it('for values of another field, and for text that nobody thought of', async () => {
    const values = Object.values(samples).flatMap(({ good, odd }) => [...good, ...odd])
    const hostile = fc.oneof(
      fc.constantFrom(...values),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.string({ unit: fc.constantFrom(...'ab1.:-/@%[] <>"TZhms'), maxLength: 16 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    )
    const names = fc.constantFrom(...Object.keys(samples))
    await fc.assert(
      fc.asyncProperty(names, hostile, async (name, value) => {
        expect(await compare(thing({ [name]: value }))).toEqual([])
      }),
      { seed: 20_261, numRuns: 300 },
    )
  })
})

/** With sorted keys, and with numbers as Go reads them: whole ones exactly, others as a double. */
function comparable(value: Json): string {
  const sorted = (each: Json): unknown => {
    if (isArray(each)) return each.map(sorted)
    if (isObject(each))
      return Object.fromEntries(
        Object.keys(each)
          .sort()
          .map((key) => [key, sorted(each[key] ?? null)]),
      )
    if (typeof each !== 'number' && typeof each !== 'bigint') return each
    const digits = String(each)
    const whole = /^-?\d+$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits)
    return whole ? { whole: digits } : { double: Number(each) }
  }
  return JSON.stringify(sorted(value))
}

function show(value: Json): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each)).slice(0, 200)
}
