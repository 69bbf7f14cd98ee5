import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMasker } from '../../../src/core/diff/mask.ts'
import { problem } from '../../../src/core/model/errors.ts'
import { applySetId } from '../../../src/core/model/inventory.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'
import type { AppFacts, LeftoverFacts } from '../../../src/core/plan/facts.ts'
import { decideLeftover, fateOf, needsFormerNames, releasedOf } from '../../../src/core/plan/leftovers.ts'
import { appOf, configMap, factsOf, foreign, inventoryId, liveOf, objectOf, unlabelled } from './facts.ts'

const one = configMap({ a: '1' })
const annotated = (annotations: object) => configMap({ a: '1' }, { annotations })
const protects = { 'drydock.dev/prune': 'disabled' }

const leftover = (object: KubeObject = one, meta: object = {}, more: Partial<LeftoverFacts> = {}): LeftoverFacts => {
  const live = liveOf(object, meta)
  return { reference: referenceOf(object), live, ...more }
}
const decide = (facts: LeftoverFacts, app: AppFacts = factsOf(), held?: string) =>
  decideLeftover(facts, app, createMasker([]), held)

describe('an object that the render lacks', () => {
  it('is deleted', () => {
    expect(decide(leftover())).toMatchObject({ change: { action: 'delete', name: 'web', risks: [] } })
    expect(decide(leftover()).change).not.toHaveProperty('first')
  })

  it.each([
    ['drydock.dev/prune: confirm', { 'drydock.dev/prune': 'confirm' }],
    ['Argo CD', { 'argocd.argoproj.io/sync-options': 'Prune=confirm' }],
  ])('waits for a confirmation that %s asks for', (_who, annotations) => {
    expect(decide(leftover(annotated(annotations))).change?.risks).toEqual(['unconfirmed'])
  })

  it('waits for a confirmation that the app asks for, beside the other risks', () => {
    const claim: KubeObject = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' } }
    const confirm = factsOf({ app: appOf({}, { prune: 'confirm' }) })
    expect(decide(leftover(claim), confirm).change?.risks).toEqual(['data-loss', 'unconfirmed'])
    expect(decide(leftover(annotated(protects)), confirm)).toMatchObject({ note: expect.stringContaining('kept') })
  })

  it('goes first when it says so', () => {
    expect(decide(leftover(annotated({ 'drydock.dev/prune': 'first' }))).change).toMatchObject({
      first: true,
      risks: [],
    })
  })

  it.each([
    ['drydock.dev/prune: disabled', protects],
    ['argocd.argoproj.io/sync-options: Prune=false', { 'argocd.argoproj.io/sync-options': 'Prune=false' }],
    ['kustomize.toolkit.fluxcd.io/prune: disabled', { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' }],
    ['kustomize.toolkit.fluxcd.io/reconcile: disabled', { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }],
    ['helm.sh/resource-policy: keep', { 'helm.sh/resource-policy': 'keep' }],
  ])('is protected by %s, live or in its last manifest', (words, annotations) => {
    const manifest = { object: annotated(annotations), source: { path: 'a.yaml', line: 1 } }
    for (const facts of [leftover(annotated(annotations)), leftover(one, {}, { base: manifest })]) {
      expect(decide(facts)).toEqual({
        note: `ConfigMap shop/web is no longer rendered, but is kept: it is protected by ${words}.`,
      })
    }
  })

  it('stays protected when somebody takes the annotation off, or weakens it', () => {
    const base = { object: annotated(protects), source: { path: 'a.yaml', line: 1 } }
    const weaker = leftover(annotated({ 'drydock.dev/prune': 'first' }), {}, { base })
    expect(fateOf(weaker, factsOf())).toMatchObject({ is: 'kept' })
  })

  it('is kept while its manifest is only left out', () => {
    const skipped = [{ reference: referenceOf(one), why: 'hook: Skip' }]
    expect(decide(leftover(), factsOf({ skipped }))).toMatchObject({ note: expect.stringContaining('hook: Skip') })
  })

  it('is an error where the server refuses its deletion, but not when it is kept anyway', () => {
    const refusal = problem('cluster-refused', 'no')
    expect(decide(leftover(one, {}, { refusal }))).toEqual({ error: refusal })
    expect(decide(leftover(annotated(protects), {}, { refusal }))).toEqual({ note: expect.any(String) })
  })

  it('is remarked on once, when an earlier commit left it', () => {
    const pull = factsOf({ oldLeftovers: 'note' })
    expect(decide(leftover(), pull).note).toContain('the next sync of this app prunes it')
    expect(decide(leftover(annotated({ 'drydock.dev/prune': 'confirm' })), pull).note).toContain('to be confirmed')
    expect(decide(leftover(annotated(protects)), pull)).toEqual({})
  })
})

describe('an object that changes hands', () => {
  const claimed = { claimedBy: 'store' }

  it('is handed over, not deleted, and stays known until the other app has taken it', () => {
    expect(decide(leftover(one, {}, claimed))).toEqual({
      note: 'ConfigMap shop/web is no longer rendered, but is kept: it is handed over to store.',
    })
    expect(releasedOf(factsOf({ leftovers: [leftover(one, {}, claimed)] }))).toEqual([])
  })

  it('leaves the inventory without a word once it carries the label of the other', () => {
    const taken = leftover(one, foreign, claimed)
    expect(decide(taken)).toEqual({})
    expect(releasedOf(factsOf({ leftovers: [taken, leftover()] }))).toEqual([referenceOf(one)])
  })

  it('is kept where nobody can tell whether another app has it, and where somebody took our label off', () => {
    const undecided = 'whether store has it now is not known: it is broken'
    expect(decide(leftover(one, {}, { undecided })).note).toContain(undecided)
    for (const meta of [unlabelled, foreign])
      expect(fateOf(leftover(one, meta), factsOf())).toMatchObject({ is: 'kept' })
  })

  it('is not deleted for a label alone: the field manager and the UID count too', () => {
    const copied = { managedFields: [{ manager: 'kubectl', operation: 'Apply', fieldsV1: {} }] }
    expect(fateOf(leftover(one, copied), factsOf())).toMatchObject({ is: 'kept', why: 'Drydock did not write it' })
    expect(fateOf(leftover(one, {}, { uid: 'uid-2' }), factsOf())).toMatchObject({ is: 'kept' })
  })
})

describe('an app that had another name', () => {
  const inventory = { id: inventoryId, repository: 'acme/shop', app: 'store', objects: [], formerly: ['shop'] }
  const old = leftover(one, { labels: { 'applyset.kubernetes.io/part-of': applySetId('acme/shop', 'shop') } })

  it('owns what carries the label of that name', () => {
    expect(fateOf(old, factsOf({ inventory }))).toEqual({ is: 'deleted', confirm: false, first: false })
    expect(fateOf(old, factsOf())).toMatchObject({ is: 'kept' })
  })

  it('remembers the name for as long as such an object stays', () => {
    const facts = factsOf({ inventory, leftovers: [old] })
    expect(needsFormerNames(facts, new Set())).toBe(true)
    expect(needsFormerNames(facts, new Set(['/ConfigMap/shop/web']))).toBe(false)
    expect(needsFormerNames(factsOf({ inventory, leftovers: [leftover()] }), new Set())).toBe(false)
  })
})

describe('an object that holds what another one needs', () => {
  it('goes first, which is a risk unless it says so itself', () => {
    const held = 'node port 30080 to Service shop/new'
    expect(decide(leftover(), factsOf(), held).change).toMatchObject({
      first: true,
      risks: ['move'],
      summary: [`gives up ${held}`],
    })
    const own = leftover(annotated({ 'drydock.dev/prune': 'first' }))
    expect(decide(own, factsOf(), held).change).toMatchObject({ first: true, risks: [] })
  })

  it('is part of the change, whoever left it over', () => {
    expect(decide(leftover(), factsOf({ oldLeftovers: 'note' }), 'a port').change).toMatchObject({ risks: ['move'] })
  })
})

it('is not deleted twice while something holds it', () => {
  const going = leftover(one, { deletionTimestamp: '2026-11-21T00:00:00Z' })
  expect(decide(going)).toEqual({
    note: 'ConfigMap shop/web is no longer rendered, but is kept: it is being deleted already.',
  })
})

describe('what other objects are in', () => {
  const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
  const definition: KubeObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: { group: 'example.com', names: { kind: 'Thing', plural: 'things' } },
  }
  const thing: KubeObject = { apiVersion: 'example.com/v2', kind: 'Thing', metadata: { name: 'a', namespace: 'other' } }

  it.each([
    ['a Namespace', namespace, one],
    ['a kind', definition, thing],
  ])('is kept while the app has something in it: %s', (_name, outer, inner) => {
    const facts = factsOf({ objects: [objectOf(inner, undefined)] })
    expect(decide(leftover(outer), facts).note).toContain('is kept: objects of this app are in it')
    expect(
      decide(leftover(outer), factsOf({ objects: [objectOf(inner === one ? thing : one, undefined)] })),
    ).toMatchObject({
      change: { action: 'delete' },
    })
  })
})

it('is deleted only when everything speaks for it', () => {
  const option = <T>(value: T) => fc.constantFrom(undefined, value)
  const facts = fc.record({
    label: fc.constantFrom(inventoryId, 'applyset-other-v1', undefined),
    manager: fc.constantFrom('drydock', 'kubectl'),
    uid: fc.constantFrom('uid-1', 'uid-2', undefined),
    live: fc.constantFrom('yes', 'disabled', 'confirm', 'first', 'unknown'),
    written: fc.constantFrom(undefined, 'disabled', 'confirm', 'first', 'unknown'),
    prune: fc.constantFrom(true, false, 'confirm' as const),
    claimedBy: option('store'),
    undecided: option('nobody knows'),
    skipped: fc.boolean(),
    going: fc.boolean(),
  })
  fc.assert(
    fc.property(facts, (said) => {
      const object = said.live === 'yes' ? one : annotated({ 'drydock.dev/prune': said.live })
      const meta = {
        labels: said.label === undefined ? {} : { 'applyset.kubernetes.io/part-of': said.label },
        managedFields: [{ manager: said.manager, operation: 'Apply', fieldsV1: {} }],
        ...(said.going ? { deletionTimestamp: '2026-11-21T00:00:00Z' } : {}),
      }
      const base = said.written && {
        object: annotated({ 'drydock.dev/prune': said.written }),
        source: { path: 'a', line: 1 },
      }
      const fate = fateOf(
        leftover(object, meta, {
          ...(said.uid ? { uid: said.uid } : {}),
          ...(base ? { base } : {}),
          ...(said.claimedBy ? { claimedBy: said.claimedBy } : {}),
          ...(said.undecided ? { undecided: said.undecided } : {}),
        }),
        factsOf({
          app: appOf({}, { prune: said.prune }),
          skipped: said.skipped ? [{ reference: referenceOf(one), why: 'hook: Skip' }] : [],
        }),
      )
      const annotations = [said.live, said.written]
      const may =
        said.label === inventoryId &&
        said.manager === 'drydock' &&
        said.uid !== 'uid-2' &&
        said.prune !== false &&
        !annotations.some((each) => each === 'disabled' || each === 'unknown') &&
        said.claimedBy === undefined &&
        said.undecided === undefined &&
        !said.skipped &&
        !said.going
      expect(fate.is === 'deleted').toBe(may)
      if (fate.is === 'deleted') expect(fate.confirm).toBe(said.prune === 'confirm' || annotations.includes('confirm'))
      // Only what another app has leaves the inventory alive.
      if (fate.is === 'released') expect(said.claimedBy !== undefined && said.label !== inventoryId).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
