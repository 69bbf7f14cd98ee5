import { describe, expect, it } from 'vitest'
import type { JsonObject, LiveObject } from '../../../src/core/model/object.ts'
import type { Plan } from '../../../src/core/model/plan.ts'
import { planApp } from '../../../src/core/plan/app-plan.ts'
import { liveStates, ownedState, shownDigest } from '../../../src/core/plan/staleness.ts'
import { configMap, factsOf, inventoryId, liveOf, objectOf, unlabelled } from './facts.ts'

const ours = {
  'f:metadata': { 'f:annotations': {}, 'f:labels': { 'f:app': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:volume': { 'f:emptyDir': {} },
    'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:args': {} } },
    'f:finalizers': { 'v:"ours"': {} },
  },
  'f:status': { 'f:phase': {} },
}

type Entries = readonly { manager: string; operation: string; fieldsV1: JsonObject; subresource?: string }[]

/** A live object with fields of ours and of others. */
function live(change: (spec: Record<string, unknown>) => void = () => undefined, more: Entries = [], meta = {}) {
  const spec: Record<string, unknown> = {
    replicas: 3,
    volume: { emptyDir: {} },
    containers: [
      { name: 'web', image: 'web:1', args: ['a', 'b'], imagePullPolicy: 'Always' },
      { name: 'sidecar', image: 'mesh:1' },
    ],
    finalizers: ['ours', 'theirs'],
    paused: false,
  }
  change(spec)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'u1',
      resourceVersion: '5',
      generation: 2,
      labels: { app: 'web', team: 'a' },
      annotations: {},
      managedFields: [{ manager: 'drydock', operation: 'Apply', fieldsV1: ours }, ...more],
      ...meta,
    },
    spec,
    status: { phase: 'Running' },
  } as unknown as LiveObject
}

const state = (object: LiveObject | undefined) => ownedState(object, 'key')
const container = (spec: Record<string, unknown>, index: number) =>
  (spec.containers as Record<string, unknown>[])[index] as Record<string, unknown>

describe('the state that a plan counts on', () => {
  it.each<[string, LiveObject]>([
    ['a value', live((spec) => Object.assign(spec, { replicas: 4 }))],
    ['a value of our item in a list', live((spec) => Object.assign(container(spec, 0), { image: 'web:2' }))],
    ['a list that is one value', live((spec) => Object.assign(container(spec, 0), { args: ['b', 'a'] }))],
    ['a field that is gone', live((spec) => delete spec.replicas)],
    ['our item that is gone', live((spec) => Object.assign(spec, { containers: [] }))],
    ['our member of a set that is gone', live((spec) => Object.assign(spec, { finalizers: ['theirs'] }))],
    ['a label', live(undefined, [], { labels: { app: 'other', team: 'a' } })],
    ['another object of the same name', live(undefined, [], { uid: 'u2' })],
    ['a field that somebody took from us', live(undefined, [], { managedFields: [] })],
  ])('is another after %s', (_name, changed) => {
    expect(state(changed)).not.toBe(state(live()))
  })

  const sidecar = { 'f:spec': { 'f:containers': { 'k:{"name":"sidecar"}': { 'f:image': {} } } } }
  const note = { 'f:metadata': { 'f:annotations': { 'f:note': {} } } }
  const by = (fieldsV1: JsonObject, more = {}) => [{ manager: 'other', operation: 'Update', fieldsV1, ...more }]
  it.each<[string, LiveObject]>([
    ['the status', { ...live(), status: { phase: 'Failed', replicas: 1 } }],
    ['what every write changes', live(undefined, [], { resourceVersion: '9', generation: 3 })],
    ['a field of nobody', live((spec) => Object.assign(spec, { paused: true }))],
    ['a default beside our fields', live((spec) => Object.assign(container(spec, 0), { imagePullPolicy: 'Never' }))],
    ['an item of somebody else', live((spec) => Object.assign(container(spec, 1), { image: 'mesh:2' }), by(sidecar))],
    ['a member of somebody else', live((spec) => Object.assign(spec, { finalizers: ['other', 'ours'] }))],
    ['a label of somebody else', live(undefined, [], { labels: { app: 'web', team: 'b' } })],
    ['the first annotation beside our empty map', live(undefined, by(note), { annotations: { note: 'x' } })],
    ['the order of items', live((spec) => Object.assign(spec, { containers: [...(spec.containers as [])].reverse() }))],
  ])('is the same after a change of %s', (_name, changed) => {
    expect(state(changed)).toBe(state(live()))
  })

  it('of an object that is gone is no state of an object', () => {
    expect(state(undefined)).not.toBe(state(live()))
    expect(state(undefined)).toBe(state(undefined))
  })

  it('can not be told without the key, and holds no value', () => {
    expect(ownedState(live(), 'one')).not.toBe(ownedState(live(), 'other'))
    expect(state(live())).toMatch(/^[\w-]{43}$/)
  })
})

describe('the live objects of a plan', () => {
  const named = (name: string, text = 'a') => {
    const { metadata, ...rest } = configMap({ text })
    return { ...rest, metadata: { ...metadata, name } }
  }
  const statesOf = (facts: Parameters<typeof factsOf>[0]) => {
    const all = factsOf(facts)
    return liveStates(planApp(all), all, 'key')
  }

  it('are those that it changes and those that have drifted, none else', () => {
    const same = objectOf(named('same'), liveOf(named('same')))
    const changed = objectOf(named('changed', 'b'), liveOf(named('changed')))
    const drifted = objectOf(named('drifted'), liveOf(named('drifted', 'x')), { touched: false })
    const created = objectOf(named('created'), undefined)
    const states = statesOf({ objects: [same, changed, drifted, created] })
    expect(states.map((each) => each.reference.name).sort()).toEqual(['changed', 'created', 'drifted'])
    const of = (name: string) => states.find((each) => each.reference.name === name)?.state
    expect(of('changed')).toBe(state(liveOf(named('changed'))))
    expect(of('created')).toBe(state(undefined))
  })

  it('say which of them do not carry the label of the app', () => {
    const adopted = objectOf(named('adopted', 'b'), liveOf(named('adopted'), unlabelled))
    const own = objectOf(named('own', 'b'), liveOf(named('own')))
    const foreign = statesOf({ objects: [adopted, own] }).filter((each) => each.foreign)
    expect(foreign.map((each) => each.reference.name)).toEqual(['adopted'])
  })

  it('include what is to be deleted', () => {
    const object = named('gone')
    const entry = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'gone', uid: 'uid-1' }
    const { uid, ...reference } = entry
    const leftover = { reference, uid, live: liveOf(object), base: { object, source: { path: 'x.yaml', line: 1 } } }
    const inventory = { id: inventoryId, repository: 'acme/shop', app: 'shop', objects: [entry] }
    const states = statesOf({ leftovers: [leftover], inventory })
    expect(states.map((each) => each.reference.name)).toEqual(['gone'])
  })
})

describe('the digest of what is shown', () => {
  const plan: Plan = {
    apiVersion: 'drydock.dev/v1',
    kind: 'Plan',
    head: 'h',
    base: 'b',
    digest: 'sha256:1',
    conclusion: 'success',
    apps: [
      { name: 'shop', cluster: 'c', clusterUID: 'u', changes: [], unchanged: 3, drift: [], errors: [], policies: [] },
    ],
  }
  const [app] = plan.apps
  const digest = (more: Partial<Plan>, about = {}) => shownDigest({ ...plan, ...more }, about)

  it('does not know the commit that was compared with', () => {
    expect(digest({ base: 'other' })).toBe(digest({}))
  })

  it.each<[string, Partial<Plan>]>([
    ['the head', { head: 'other' }],
    ['a note', { notes: ['n'] }],
    ['the cluster', { apps: [{ ...app, clusterUID: 'other' } as (typeof plan.apps)[number]] }],
    ['a count', { apps: [{ ...app, unchanged: 4 } as (typeof plan.apps)[number]] }],
  ])('is another with another of: %s', (_name, more) => {
    expect(digest(more)).not.toBe(digest({}))
  })

  it('is another where the comment is: with another target branch', () => {
    expect(digest({}, { baseRef: 'main' })).not.toBe(digest({}, { baseRef: 'develop' }))
  })
})
