import { describe, expect, it } from 'vitest'
import type { Inventory, Marks } from '../../../src/core/model/inventory.ts'
import { type AgreementFacts, agreementOf, type KnownState } from '../../../src/core/sync/agreement.ts'

const lock = { by: 'ann', at: '2026-05-01T10:00:00Z' }
const pin = { revision: 'b'.repeat(40), by: 'ann', at: '2026-05-01T10:00:00Z', reason: 'broken' }
const one = { revision: '1'.repeat(40), digest: 'sha256:1' }
const two = { revision: '2'.repeat(40), digest: 'sha256:2' }

function parent(more: Partial<Inventory> = {}): Inventory {
  return { id: 'applyset-x-v1', repository: 'acme/shop', app: 'web', objects: [], ...more }
}

function judge(stored: KnownState | undefined, of: Inventory, more: Partial<AgreementFacts> = {}) {
  return agreementOf({
    app: 'web',
    cluster: 'prod',
    branch: 'main',
    clusterUID: 'uid-1',
    stored,
    parent: of,
    contained: true,
    ...more,
  })
}

function problemOf(answer: ReturnType<typeof agreementOf>) {
  if (answer.kind !== 'hold') throw new Error(`it is ${answer.kind}`)
  return answer.problem
}

describe('an app that neither knows', () => {
  it('is new', () => {
    expect(judge(undefined, parent())).toEqual({ kind: 'agree' })
  })

  it('is new also with marks, or after a first sync that failed', () => {
    expect(judge({ clusterUID: 'uid-1', lock }, parent({ resourceVersion: '5', marks: { lock } }))).toEqual({
      kind: 'agree',
    })
    expect(judge({ clusterUID: 'uid-0' }, parent({ resourceVersion: '5' }))).toEqual({ kind: 'agree' })
  })
})

describe('an app that only the cluster knows, because the database was lost', () => {
  const marks: Marks = { lock, pin }

  it('is taken from there, with lock and pin', () => {
    expect(judge(undefined, parent({ ...one, marks }))).toEqual({
      kind: 'restore',
      state: { clusterUID: 'uid-1', ...one, lock, pin },
    })
  })

  it('is held when the branch does not contain what it was synced to', () => {
    const problem = problemOf(judge(undefined, parent(one), { contained: false }))
    expect(problem.code).toBe('held')
    expect(problem.message).toContain('synced to 1111111 on prod, which main does not contain')
    expect(problem.hint).toContain('npx drydock sync --app web')
  })
})

describe('an app that only the database knows', () => {
  it('is held: its inventory is gone', () => {
    const problem = problemOf(judge({ clusterUID: 'uid-1', ...one }, parent(), { contained: false }))
    expect(problem.message).toMatch(/inventory there \(ConfigMap drydock\/web-[0-9a-f]{8}\) is gone/)
    expect(problem.hint).toContain('Restore the ConfigMap from a backup')
  })

  it('is held when all that is there are marks', () => {
    const marked = parent({ resourceVersion: '5', marks: { lock } })
    expect(judge({ clusterUID: 'uid-1', ...one }, marked, { contained: false }).kind).toBe('hold')
  })

  it('is held when the cluster is another one', () => {
    const problem = problemOf(judge({ clusterUID: 'uid-0', ...one }, parent(), { contained: false }))
    expect(problem.message).toContain('is not the one that web was synced to: it was uid-0, now it is uid-1')
  })
})

describe('an app that both know', () => {
  it('is agreed on when they say the same', () => {
    expect(judge({ clusterUID: 'uid-1', ...one, lock }, parent({ ...one, marks: { pin } }))).toEqual({ kind: 'agree' })
  })

  it('is as the parent says where they differ on one cluster, whatever the branch contains', () => {
    for (const contained of [true, false]) {
      const answer = judge({ clusterUID: 'uid-1', ...one, lock }, parent({ ...two, marks: { pin } }), { contained })
      expect(answer).toEqual({ kind: 'restore', state: { clusterUID: 'uid-1', ...two, lock } })
    }
  })

  it('is as the parent of another cluster says, if the branch contains its revision', () => {
    expect(judge({ clusterUID: 'uid-0', ...one }, parent(two))).toEqual({
      kind: 'restore',
      state: { clusterUID: 'uid-1', ...two },
    })
    expect(judge({ clusterUID: 'uid-0', ...one }, parent(one)).kind).toBe('restore')
    expect(judge({ clusterUID: 'uid-0', ...one }, parent(two), { contained: false }).kind).toBe('hold')
  })
})
