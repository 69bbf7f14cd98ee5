import fc from 'fast-check'
import { expect, it } from 'vitest'
import { refusalOf, withoutSecrets } from '../../../src/adapters/kubernetes/refusal.ts'
import type { FieldRule } from '../../../src/core/model/app.ts'
import { problem } from '../../../src/core/model/errors.ts'
import type { Json, KubeObject, LiveObject } from '../../../src/core/model/object.ts'
import type { AppPlan } from '../../../src/core/model/plan.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'
import { planApp } from '../../../src/core/plan/app-plan.ts'
import { desiredObject } from '../../../src/core/plan/desired.ts'
import type { Answer, AppFacts, LeftoverFacts, ObjectFacts } from '../../../src/core/plan/facts.ts'
import { assemblePlan } from '../../../src/core/plan/plan.ts'
import { scrubbed, scrubProblem } from '../../../src/core/plan/scrubbed.ts'
import { annotationsOf } from '../../../src/core/report/annotations.ts'
import { appCheck, planCheck } from '../../../src/core/report/check.ts'
import { planComment } from '../../../src/core/report/plan-comment.ts'
import { planJson } from '../../../src/core/report/plan-json.ts'
import { planText } from '../../../src/core/report/plan-text.ts'
import { appOf, factsOf, inventoryId, liveOf, objectOf } from '../plan/facts.ts'

/** Objects and what is said of each, of all runs together. */
const total = 100_000
/** Objects in one plan: few enough that the comment holds the hunks of most. */
const perPlan = 40

/** Every canary holds this, or these digits: a mark that no name, key or word of a report has. */
const marks = ['Zq7Xk9Wv3Rt5', '48151623420815']

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64')

/** Six characters in a row of a mark, or eight of its base64 at any place in a group of three bytes, are a leak. */
const leak = new RegExp(
  marks
    .flatMap((mark) => [
      ...parts(mark, 6),
      ...[0, 1, 2].flatMap((shift) => parts(base64(`${' '.repeat(shift)}${mark}`).slice(shift === 0 ? 0 : 4, 16), 8)),
      ...parts(Buffer.from(mark).toString('hex'), 12),
    ])
    .join('|'),
)

function parts(text: string, length: number): readonly string[] {
  return Array.from({ length: text.length - length + 1 }, (_, at) => text.slice(at, at + length))
}

const hostile = fc.constantFrom(
  ...[
    '',
    '',
    '',
    '"',
    '\\',
    '\\"',
    '\n',
    '\n---\n',
    "'",
    '<b>&',
    '@all ',
    '`',
    '```\n',
    '%41',
    ' ',
    'é',
    '\u202e',
    '💥',
  ],
  ...[
    '{"a":"',
    '$(',
    '#',
    '\u0000',
    '\u007f',
    '\t',
    'x'.repeat(70),
    'is immutable: ',
    '(sensitive 1)',
    'a=b&c=',
    '://u:',
  ],
)
const canary = fc.tuple(hostile, hostile).map(([before, after]) => `${before}${marks[0]}${after}`)

type Shape = (secret: string, key: string) => { readonly [field: string]: unknown }

const secretShapes: Record<string, Shape> = {
  data: (secret, key) => ({ data: { [key]: base64(secret), other: base64('harmless') } }),
  'data that is no base64': (secret, key) => ({ data: { [key]: secret } }),
  'a map in data': (secret, key) => ({ data: { [key]: { deep: [secret, { er: secret }] } } }),
  'a number in data': (_, key) => ({ data: { [key]: Number(marks[1]) } }),
  'a bigint in data': (_, key) => ({ data: { [key]: BigInt(`${marks[1]}000000`) } }),
  'a list for data': (secret) => ({ data: [secret, [secret]] }),
  'a text for data': (secret) => ({ data: secret }),
  stringData: (secret, key) => ({ stringData: { [key]: secret } }),
  'a map in stringData': (secret, key) => ({ stringData: { [key]: { deep: secret } } }),
  'a list for stringData': (secret) => ({ stringData: [secret] }),
  'data and stringData': (secret, key) => ({ data: { [key]: base64(secret) }, stringData: { also: secret } }),
  'a misspelt field': (secret, key) => ({ stringdata: { [key]: secret }, Data: { [key]: base64(secret) } }),
  'an unknown field': (secret, key) => ({ spec: { [key]: { value: secret } }, value: secret, list: [{ secret }] }),
  'a wrong indentation': (secret, key) => ({ metadata: { stringData: { [key]: secret }, data: secret } }),
  'an annotation': (secret, key) => ({
    stringData: { [key]: secret },
    metadata: { annotations: { plain: `was ${secret}`, encoded: base64(secret), json: JSON.stringify({ secret }) } },
  }),
  'last-applied': (secret, key) => ({
    data: { [key]: base64(secret) },
    metadata: {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ stringData: { [key]: secret } }),
      },
    },
  }),
  'no string for an annotation': (secret) => ({ metadata: { annotations: { a: { b: secret } } } }),
  'no text for a type': (secret) => ({ type: { a: secret } }),
  'no boolean for immutable': (secret) => ({ immutable: secret }),
  'a docker configuration': (secret) => ({
    type: 'kubernetes.io/dockerconfigjson',
    data: {
      '.dockerconfigjson': base64(JSON.stringify({ auths: { 'ghcr.io': { auth: base64(`bot:${secret}`) } } })),
    },
  }),
  'JSON in JSON': (secret, key) => ({ stringData: { [key]: JSON.stringify({ inner: JSON.stringify({ secret }) }) } }),
  'many lines': (secret, key) => ({ data: { [key]: base64(`first line\r\n${secret}\nlast line\n`) } }),
  'a status': (secret) => ({ status: { value: secret } }),
  'another group': (secret, key) => ({ apiVersion: 'vault.acme.dev/v1', data: { [key]: secret }, spec: { secret } }),
}

const ruledShapes: Record<string, Shape> = {
  'a key': (secret) => ({ data: { token: secret, open: 'seen' } }),
  'a tree': (secret, key) => ({ spec: { secret: { [key]: [secret, { [key]: secret }] }, open: 'seen' } }),
  'a list': (secret) => ({
    spec: {
      users: [
        { name: 'a', password: secret },
        { name: 'b', password: `${secret}2` },
      ],
    },
  }),
  'a number': () => ({ data: { token: Number(marks[1]) } }),
  'a text for a tree': (secret) => ({ spec: { secret } }),
  'a copy in an annotation': (secret) => ({
    data: { token: secret },
    metadata: {
      annotations: {
        copy: JSON.stringify({ token: secret }),
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data: { token: secret } }),
      },
    },
  }),
}

const rules: readonly FieldRule[] = [
  { kind: 'ConfigMap', jsonPointers: ['/data/token', '/spec/secret', '/spec/users/*/password'] },
  { group: 'acme.dev', namespace: 'shop', jsonPointers: ['/data/token', '/spec/secret', '/spec/users/*/password'] },
]

const goQuoted = (text: string) =>
  JSON.stringify(text).replace(/\\u00([01]\w)|\\b|\\f/g, (all, hex) => (hex ? `\\x${hex}` : all))
const dump = (value: string) => `&value.valueUnstructured{Value:map[string]interface {}{"a}":${goQuoted(value)}}}`

/** The ways in which servers, webhooks and policies quote a value. */
const quotes: Record<string, (value: string) => string> = {
  'in quotes': (value) => `data: Invalid value: ${goQuoted(value)}: must be shorter`,
  'in JSON': (value) => `data: Invalid value: ${JSON.stringify({ a: [value] })}: must be something else`,
  'as base64': (value) => `data: Invalid value: "${base64(value)}": illegal`,
  'as base64 without quotes': (value) => `secret was ${base64(value)} and is too weak`,
  bare: (value) => `admission webhook "a.b.c" denied the request: ${value} is a bad password`,
  'in a policy': (value) => `ValidatingAdmissionPolicy 'p' with binding 'p' denied request: old was ${value}, mend it`,
  'in lower case': (value) => `admission webhook "a.b.c" denied the request: host ${value.toLowerCase()} is not known`,
  'cut at its end': (value) => `admission webhook "a.b.c" denied the request: ${value.slice(0, -1)}… is too long`,
  'cut at its beginning': (value) => `admission webhook "a.b.c" denied the request: …${value.slice(1)} is too long`,
  'by the line': (value) =>
    value
      .split('\n')
      .map((line, at) => `line ${at}: ${line}`)
      .join('; '),
  'in a URL': (value) => `Get "https://a.b/?q=${encodeURIComponent(value.toWellFormed())}": no such host`,
  'in JSON in JSON': (value) => `denied: ${JSON.stringify({ request: JSON.stringify({ object: { value } }) })}`,
  'as HTML-safe JSON': (value) =>
    `got ${JSON.stringify(value).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)}`,
  'as a Go value': (value) => `.data.token: expected string, got ${dump(value)}`,
  'as a Go map': (value) => `.data: expected map, got &{${value}}`,
  'in a diff': (value) => `spec: Forbidden: updates may not change fields\n@@ -1,2 +1,2 @@\n-  "${value}"\n+  "b"\n`,
  'in single quotes': (value) => `parsing time '${value}' as '2006-01-02': cannot parse`,
  'in a list': (value) => `spec: Unsupported value: "${value}": supported values: "a", "b"`,
}

const situations = [
  'create',
  'update',
  'drift',
  'missing',
  'delete',
  'refuse',
  'replace',
  'client',
  'kept',
  'error',
] as const

type Case = {
  readonly ruled: boolean
  readonly shape: string
  readonly key: string
  readonly secret: string
  readonly old: string
  readonly quote: string
  readonly quotesOld: boolean
  readonly situation: (typeof situations)[number]
}

const keys = fc.constantFrom(
  'password',
  'a.b',
  'a/b',
  '.hidden',
  '__proto__',
  'k`ey',
  'constructor',
  'tls.key',
  'data',
  '0',
)

const oneCase: fc.Arbitrary<Case> = fc
  .record({
    ruled: fc.boolean(),
    at: fc.nat(),
    key: keys,
    secret: canary,
    old: canary,
    quote: fc.constantFrom(...Object.keys(quotes)),
    quotesOld: fc.boolean(),
    situation: fc.constantFrom(...situations),
  })
  .map(({ at, ...rest }) => {
    const shapes = Object.keys(rest.ruled ? ruledShapes : secretShapes)
    const shape = shapes[at % shapes.length] ?? ''
    const numeric = / (number|bigint)/.test(` ${shape}`)
    return { ...rest, shape, ...(numeric ? { secret: marks[1], old: marks[1] } : {}) }
  })

function objectFor(each: Case, secret: string, name: string): KubeObject {
  const shape = (each.ruled ? ruledShapes : secretShapes)[each.shape]
  const { metadata = {}, ...rest } = shape?.(secret, each.key) ?? {}
  const kind = each.ruled ? 'ConfigMap' : 'Secret'
  const own = metadata as object
  return { apiVersion: 'v1', kind, ...rest, metadata: { name, namespace: 'shop', ...own } } as unknown as KubeObject
}

/** What the adapter makes of what the server says. */
function saidOf(each: Case, sent: KubeObject, live: LiveObject | undefined, leaks: string[]) {
  const value = each.quotesOld && live ? each.old : each.secret
  const text = quotes[each.quote]?.(value) ?? ''
  const message = `${each.situation === 'error' ? 'failed to create typed patch object (shop/x; /v1, Kind=X): ' : ''}${text}`
  const causes = each.situation === 'refuse' ? { details: { causes: [{ field: 'data[a.b]', message: text }] } } : {}
  const answer = { status: 422, body: { message, ...causes } as unknown as Json, warnings: [text] }
  const refusal = refusalOf(answer, referenceOf(sent), sent)
  // The adapter knows what was sent and no rules.
  if (!each.ruled && value === each.secret) leaks.push(refusal.message, ...refusal.faults.map((fault) => fault.message))
  const source = { path: 'apps/shop/secret.yaml', line: 7 }
  return {
    warnings: [withoutSecrets(text, sent)],
    problems: [
      problem('cluster-refused', refusal.message, { source, hint: 'Mend it.' }),
      ...refusal.faults.map((fault) => problem('cluster-refused', fault.message, { source })),
    ],
  }
}

type Facts = { readonly object?: ObjectFacts; readonly leftover?: LeftoverFacts }

function factsFor(each: Case, index: number, leaks: string[]): Facts {
  const name = `object-${index}`
  const object = objectFor(each, each.secret, name)
  const before = objectFor(each, each.old, name)
  const { situation } = each
  const exists = !['create', 'missing', 'refuse'].includes(situation)
  const live = exists ? liveOf(before, labelled(before)) : undefined
  const desired = desiredObject(object, inventoryId)
  const { warnings, problems } = saidOf(each, desired, live, leaks)
  const manifest = { object, source: { path: 'apps/shop/secret.yaml', line: index + 1 } }
  if (situation === 'delete' && live) {
    const refusal = each.quotesOld && problems[0] ? { refusal: scrubProblem(problems[0], [live], rules) } : {}
    const base = { ...manifest, object: before }
    return { leftover: { reference: referenceOf(object), uid: 'uid-1', live, base, ...refusal } }
  }
  const predicted = liveOf(object, labelled(object))
  const server: Answer = { by: 'server', predicted, warnings }
  const refused = (immutable: boolean): Answer => ({ by: 'refusal', problems, immutable })
  const answers: Partial<Record<Case['situation'], Answer>> = {
    refuse: refused(false),
    error: refused(false),
    replace: { ...refused(true), recreated: predicted } as Answer,
    client: { by: 'client', reason: warnings[0] ?? '' },
  }
  const touched = !['drift', 'missing'].includes(situation)
  const facts = objectOf(object, live, { answer: answers[situation] ?? server, touched, manifest, desired })
  const said = { unknown: warnings[0] ?? '', warnings }
  const more = situation === 'kept' ? { ...said, basePredicted: predicted, folded: liveOf(object) } : {}
  return { object: scrubbed({ ...facts, ...more }, rules) }
}

/** The labels and annotations of the object itself stay beside what a live object has. */
function labelled(object: KubeObject): object {
  const { name: _, namespace: __, ...own } = object.metadata
  return { ...own, labels: { ...desiredObject(object, inventoryId).metadata.labels } }
}

function outputsOf(app: AppPlan): Record<string, string> {
  const plan = assemblePlan({ head: 'a'.repeat(40), base: 'b'.repeat(40), apps: [app] })
  const view = { plan, number: 1, baseRef: 'main', plannedAt: '2026-11-21T15:00:00Z', marker: '<!-- drydock:x -->' }
  return {
    comment: planComment(view),
    text: planText(plan, { color: false, width: 120 }),
    json: planJson(plan),
    check: JSON.stringify(planCheck(plan, { appChecks: false })),
    'check of the app': JSON.stringify(appCheck(app)),
    annotations: JSON.stringify(annotationsOf(app)),
  }
}

function planOf(cases: readonly Case[], leaks: string[]): AppPlan {
  const found = cases.map((each, index) => factsFor(each, index, leaks))
  const app = appOf({ sensitive: rules }, { maxPrune: 1000 })
  const leftovers = found.flatMap((each) => each.leftover ?? [])
  const facts: AppFacts = factsOf({ app, objects: found.flatMap((each) => each.object ?? []), leftovers })
  const entries = leftovers.map(({ reference }) => ({ ...reference, uid: 'uid-1' }))
  return planApp({ ...facts, inventory: { ...facts.inventory, objects: entries } })
}

it(`shows no value of ${total.toLocaleString('en')} generated Secrets, sensitive fields and messages`, {
  timeout: 300_000,
}, () => {
  fc.assert(
    fc.property(fc.array(oneCase, { minLength: perPlan, maxLength: perPlan, size: 'max' }), (cases) => {
      const leaks: string[] = []
      const app = planOf(cases, leaks)
      const outputs: Record<string, string> = { ...outputsOf(app), refusals: leaks.join('\n') }
      for (const [output, text] of Object.entries(outputs)) {
        const found = leak.exec(text)
        if (!found) continue
        const around = text.slice(Math.max(0, found.index - 200), found.index + 60)
        const index = Number(/object-(\d+)/.exec(around)?.[1] ?? -1)
        expect.fail(`${output}: …${around}… of ${JSON.stringify(cases[index])}`)
      }
    }),
    { seed: 20_261_121, numRuns: total / (2 * perPlan), endOnFailure: true },
  )
})
