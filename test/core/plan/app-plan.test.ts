import { describe, expect, it } from 'vitest'
import { problem } from '../../../src/core/model/errors.ts'
import { fieldManager, partOfLabel } from '../../../src/core/model/inventory.ts'
import { stringifyJson } from '../../../src/core/model/json.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { planApp } from '../../../src/core/plan/app-plan.ts'
import type { Answer } from '../../../src/core/plan/facts.ts'
import { assemblePlan, hasWork } from '../../../src/core/plan/plan.ts'
import { appOf, configMap, factsOf, foreign, liveOf, objectOf, unlabelled } from './facts.ts'

const one = configMap({ a: '1' })
const two = configMap({ a: '2' })
const plan = (...objects: ReturnType<typeof objectOf>[]) => planApp(factsOf({ objects }))

describe('a manifest and what is live', () => {
  it('is unchanged when the server would store what it stores', () => {
    expect(plan(objectOf(one, liveOf(one)))).toMatchObject({ changes: [], drift: [], errors: [], unchanged: 1 })
  })

  it('is created where nothing is live', () => {
    const { changes } = plan(objectOf(one, undefined))
    expect(changes).toMatchObject([{ action: 'create', source: { line: 3 }, preview: 'server', risks: [] }])
    expect(changes[0]?.hunks).toContain("+  a: '1'")
  })

  it('is updated, with path, sides and hunks', () => {
    const { changes } = plan(objectOf(two, liveOf(one)))
    expect(changes).toMatchObject([{ action: 'update', fields: [{ path: '/data/a', before: '1', after: '2' }] }])
    expect(changes[0]?.hunks).toMatch(/- {2}a: '1'\n\+ {2}a: '2'/)
  })

  it('says from whom a field is taken', () => {
    const entries = [{ manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:data': { 'f:a': {} } } }]
    const { changes } = plan(objectOf(two, liveOf(one, { managedFields: entries })))
    expect(changes[0]?.fields).toMatchObject([{ takenFrom: 'kubectl-edit' }])
  })

  it('is adopted when nobody claims it, and refused when somebody does', () => {
    expect(plan(objectOf(one, liveOf(one, unlabelled))).changes).toMatchObject([{ action: 'adopt', fields: [] }])
    const refused = plan(objectOf(one, liveOf(one, foreign)))
    expect(refused).toMatchObject({ changes: [], errors: [{ code: 'already-owned', source: { line: 3 } }] })
    const adopting = factsOf({ app: appOf({ adopt: true }), objects: [objectOf(one, liveOf(one, foreign))] })
    expect(planApp(adopting)).toMatchObject({ changes: [{ action: 'adopt' }], errors: [] })
  })

  it('is an error while it is being deleted, and when the server refuses it', () => {
    const going = liveOf(one, { deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(plan(objectOf(two, going))).toMatchObject({ changes: [], errors: [{ code: 'cluster-refused' }] })
    const answer: Answer = { by: 'refusal', immutable: false, problems: [problem('cluster-refused', 'no')] }
    expect(plan(objectOf(two, liveOf(one), { answer }))).toMatchObject({ changes: [], errors: [{ message: 'no' }] })
    // Immutability of something that isn't live can't be: it is an error, too.
    expect(plan(objectOf(two, undefined, { answer: { ...answer, immutable: true } })).errors).toHaveLength(1)
  })

  it('carries what the server warned of', () => {
    const answer: Answer = { by: 'server', predicted: liveOf(two), warnings: ['careful'] }
    expect(plan(objectOf(two, liveOf(one), { answer })).changes).toMatchObject([{ warnings: ['careful'] }])
  })
})

describe('what the commit does not ask for', () => {
  const untouched = { touched: false }

  it('is drift: kept, or restored with selfHeal', () => {
    const entries = [{ manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:data': { 'f:a': {} } } }]
    const objects = [objectOf(one, liveOf(two, { managedFields: entries }), untouched)]
    const kept = planApp(factsOf({ objects }))
    expect(kept).toMatchObject({
      changes: [],
      drift: [{ onSync: 'kept', managers: ['kubectl-edit'], fields: [{ path: '/data/a', before: '2', after: '1' }] }],
    })
    expect(hasWork(assemblePlan({ head: 'x', apps: [kept] }))).toBe(false)
    const healing = planApp(factsOf({ app: appOf({}, { selfHeal: true }), objects }))
    expect(healing.drift).toMatchObject([{ onSync: 'restored' }])
    expect(hasWork(assemblePlan({ head: 'x', apps: [healing] }))).toBe(true)
  })

  it('is a missing object', () => {
    expect(plan(objectOf(one, undefined, untouched))).toMatchObject({
      changes: [],
      drift: [{ missing: true, onSync: 'kept' }],
    })
  })

  it('is our label, when somebody took it off', () => {
    const { drift } = plan(objectOf(one, liveOf(one, unlabelled), untouched))
    expect(drift[0]?.fields).toMatchObject([{ path: `/metadata/labels/${partOfLabel.replace('/', '~1')}` }])
  })

  it('is told apart from the change in one object by the third side', () => {
    const base = configMap({ a: '1', b: '1' })
    const head = configMap({ a: '2', b: '1' })
    const live = liveOf(configMap({ a: '1', b: 'edited' }))
    const { changes, drift } = plan(objectOf(head, live, { basePredicted: liveOf(base) }))
    expect(changes).toMatchObject([{ action: 'update', fields: [{ path: '/data/a' }] }])
    // The object is sent as a whole, so that its drift goes away with it.
    expect(drift).toMatchObject([{ onSync: 'restored', fields: [{ path: '/data/b', before: 'edited', after: '1' }] }])
    expect(changes[0]?.hunks).not.toContain('edited')
  })

  it('is a change where the commit changes the same field', () => {
    const facts = objectOf(two, liveOf(configMap({ a: 'edited' })), { basePredicted: liveOf(one) })
    expect(plan(facts)).toMatchObject({
      changes: [{ fields: [{ path: '/data/a', before: 'edited', after: '2' }] }],
      drift: [],
    })
  })

  it('replaces nothing: an immutable field that somebody changed is drift', () => {
    const answer: Answer = { by: 'refusal', immutable: true, problems: [problem('cluster-refused', 'immutable')] }
    const facts = objectOf(one, liveOf(two), { answer, touched: false })
    expect(plan(facts)).toMatchObject({ changes: [], errors: [], drift: [{ onSync: 'kept' }] })
  })
})

describe('an immutable field', () => {
  const answer: Answer = { by: 'refusal', immutable: true, problems: [problem('cluster-refused', 'immutable')] }
  const pod = (name: string, value: string, more: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', ...more },
    spec: { containers: [{ name, env: [{ name: 'A', value }] }] },
  })
  const live = liveOf({
    ...pod('web', '1'),
    spec: {
      nodeName: 'CANARY-node',
      containers: [
        { name: 'web', env: [{ name: 'A', value: '1' }], terminationMessagePath: '/CANARY' },
        { name: 'injected', env: [{ name: 'TOKEN', value: 'CANARY' }] },
      ],
    },
  })

  it('is a replacement with a risk, unless the manifest allows it', () => {
    const replaced = plan(objectOf(pod('web', '2'), live, { answer }))
    expect(replaced.changes).toMatchObject([{ action: 'replace', risks: ['immutable'], preview: 'client' }])
    const allowed = pod('web', '2', { annotations: { 'drydock.dev/replace': 'allowed' } })
    expect(plan(objectOf(allowed, live, { answer })).changes).toMatchObject([{ action: 'replace', risks: [] }])
  })

  it('shows what the manifest changes, and nothing live that it does not declare', () => {
    const [change] = plan(objectOf(pod('web', '2'), live, { answer })).changes
    expect(change?.fields).toEqual([{ path: '/spec/containers[name=web]/env[name=A]/value', before: '1', after: '2' }])
    expect(stringifyJson(change)).not.toContain('CANARY')
  })
})

describe('prune', () => {
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'web' }
  const leftover = (meta: object = {}, more: object = {}) => ({ reference, live: liveOf(one, meta), ...more })
  const pruned = (...leftovers: ReturnType<typeof leftover>[]) => planApp(factsOf({ leftovers }))

  it('deletes what the render lacks', () => {
    const manifest = { object: one, source: { path: 'a.yaml', line: 2 } }
    expect(pruned(leftover({}, { base: manifest })).changes).toMatchObject([
      { action: 'delete', source: { line: 2 }, hunks: expect.stringContaining("-  a: '1'") },
    ])
  })

  it.each([
    ['without our label', unlabelled],
    ['with the label of another set', foreign],
    ['that we never wrote', { managedFields: [{ manager: 'kubectl', operation: 'Apply', fieldsV1: {} }] }],
    ['of another UID', { uid: 'uid-2' }],
    ['protected by drydock.dev/prune', { annotations: { 'drydock.dev/prune': 'disabled' } }],
    ['protected by Argo CD', { annotations: { 'argocd.argoproj.io/sync-options': 'Validate=false, Prune=false' } }],
    ['protected by Flux', { annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } }],
    ['protected by Helm', { annotations: { 'helm.sh/resource-policy': 'keep' } }],
  ])('keeps an object %s, and says so', (_name, meta) => {
    const result = pruned(leftover(meta, { uid: 'uid-1' }))
    expect(result.changes).toEqual([])
    expect(result.notes?.[0]).toMatch(/ConfigMap shop\/web is no longer rendered, but is kept: /)
  })

  it.each([
    ['the app', { app: appOf({}, { prune: 'confirm' }), leftovers: [leftover()] }],
    ['an annotation', { leftovers: [leftover({ annotations: { 'drydock.dev/prune': 'confirm' } })] }],
  ])('asks for the confirmation that %s wants', (_name, more) => {
    expect(planApp(factsOf(more)).changes).toMatchObject([{ action: 'delete', risks: ['unconfirmed'] }])
  })

  it('keeps all when told so, and remarks only on what earlier commits left', () => {
    expect(planApp(factsOf({ app: appOf({}, { prune: false }), leftovers: [leftover()] })).changes).toEqual([])
    expect(planApp(factsOf({ oldLeftovers: 'note', leftovers: [leftover()] }))).toMatchObject({
      changes: [],
      notes: [expect.stringContaining('left over')],
    })
  })

  it('has nothing to do with what is gone, and is an error where the server refuses', () => {
    expect(planApp(factsOf({ leftovers: [{ reference }] })).changes).toEqual([])
    const refusal = problem('cluster-refused', 'no')
    expect(pruned(leftover({}, { refusal }))).toMatchObject({ changes: [], errors: [{ message: 'no' }] })
  })

  it('of more than maxPrune objects is a risk of each', () => {
    const leftovers = [1, 2, 3].map((number) => ({
      reference: { ...reference, name: `web-${number}` },
      live: liveOf(one),
    }))
    const app = (maxPrune: number) => appOf({}, { maxPrune })
    expect(planApp(factsOf({ app: app(3), leftovers })).changes.flatMap((each) => each.risks)).toEqual([])
    expect(planApp(factsOf({ app: app(2), leftovers })).changes.map((each) => each.risks)).toEqual([
      ['mass-prune'],
      ['mass-prune'],
      ['mass-prune'],
    ])
  })

  it.each([
    ['v1', 'PersistentVolumeClaim', 'data-loss'],
    ['v1', 'PersistentVolume', 'data-loss'],
    ['v1', 'Namespace', 'namespace-deletion'],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'crd-deletion'],
  ])('of %s %s is a risk', (apiVersion, kind, risk) => {
    const object = { apiVersion, kind, metadata: { name: 'x' } }
    const { changes } = planApp(
      factsOf({ leftovers: [{ reference: { apiVersion, kind, name: 'x' }, live: liveOf(object) }] }),
    )
    expect(changes).toMatchObject([{ risks: [risk] }])
  })
})

describe('a secret value', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const secret = (value: string, more: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 's',
      namespace: 'shop',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"data":"CANARY"}` },
    },
    data: { password: base64(value), same: base64('CANARY-same') },
    ...more,
  })
  const [before, after] = [secret('CANARY-1'), secret('CANARY-2')]
  const bytes = ['CANARY', base64('CANARY-1').slice(0, 8)]
  const client: Answer = { by: 'client', reason: 'why' }
  const immutable: Answer = { by: 'refusal', immutable: true, problems: [problem('cluster-refused', 'x')] }
  const edited = [{ manager: fieldManager, operation: 'Apply', fieldsV1: { 'f:data': { 'f:gone': {} } } }]

  it.each([
    ['created', objectOf(after, undefined)],
    ['created from stringData', objectOf(secret('CANARY', { stringData: { more: 'CANARY' } }), undefined)],
    ['updated', objectOf(after, liveOf(before))],
    ['drifting', objectOf(after, liveOf(before), { touched: false })],
    ['changed and drifting', objectOf(after, liveOf(before), { basePredicted: liveOf(secret('CANARY-3')) })],
    ['replaced', objectOf(after, liveOf(before, { managedFields: edited }), { answer: immutable })],
    ['previewed by the client', objectOf(after, liveOf(before), { answer: client })],
    ['of a wrong type', objectOf(secret('x', { data: { a: { b: 'CANARY' }, c: ['CANARY'] } }), undefined)],
    ['that is no map', objectOf(secret('x', { data: 'CANARY' }), undefined)],
  ])('is in no part of the plan of a Secret that is %s', (_name, facts) => {
    const text = stringifyJson(plan(facts))
    expect(text).toContain('(sensitive ')
    for (const byte of bytes) expect(text).not.toContain(byte)
  })

  it('is in no part of the plan of a deletion', () => {
    const reference = { apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name: 's' }
    const base = { object: after, source: { path: 'a', line: 1 } }
    const text = stringifyJson(planApp(factsOf({ leftovers: [{ reference, live: liveOf(before), base }] })))
    expect(text).toContain('"delete"')
    for (const byte of bytes) expect(text).not.toContain(byte)
  })

  it('keeps its number when it moves from stringData to data', () => {
    const moved = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' } }
    const facts = objectOf({ ...moved, stringData: { a: 'one' } }, liveOf({ ...moved, data: { a: base64('one') } }), {
      predicted: { ...moved, data: { a: base64('one') } },
    })
    expect(plan(facts)).toMatchObject({ changes: [], drift: [], unchanged: 1 })
  })
})
