import { describe, expect, it } from 'vitest'
import type { ObjectOutcome, SyncOutcome } from '../../../src/core/model/outcome.ts'
import { nothingAlong, takenAlong, undoneBy } from '../../../src/core/sync/going-back.ts'

const job = { apiVersion: 'batch/v1', kind: 'Job', namespace: 'shop' }
const sync = (...objects: readonly ObjectOutcome[]): SyncOutcome => ({
  app: 'shop',
  cluster: 'prod',
  revision: 'a',
  state: 'succeeded',
  objects,
  problems: [],
})
const namesOf = (...later: readonly SyncOutcome[]) => undoneBy(later).map(({ name }) => name)

describe('what going back can not undo', () => {
  it('is each Job or hook that prepared what a later commit applied, once', () => {
    const migrate: ObjectOutcome = { ...job, name: 'migrate', result: 'created', hook: 'pre-sync' }
    const seed: ObjectOutcome = { ...job, name: 'seed', result: 'created' }
    expect(namesOf(sync(migrate, seed), sync(migrate))).toEqual(['migrate', 'seed'])
    expect(undoneBy([sync(migrate)])).toMatchObject([{ ...job, name: 'migrate', risks: ['migration'] }])
  })
  it('may be half of what a Job did that failed', () => {
    expect(namesOf(sync({ ...job, name: 'migrate', result: 'failed', hook: 'sync' }))).toEqual(['migrate'])
  })
  it('is no hook that only looks or tidies up, no Job that was there, and no other object', () => {
    expect(
      namesOf(
        sync(
          { ...job, name: 'smoke-test', result: 'created', hook: 'post-sync' },
          { ...job, name: 'clean-up', result: 'created', hook: 'sync-fail' },
          { ...job, name: 'seed', result: 'unchanged' },
          { ...job, name: 'old', result: 'deleted' },
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'map', result: 'created' },
        ),
      ),
    ).toEqual([])
  })
})

describe('what goes back along with a pull request', () => {
  const object: ObjectOutcome = { ...job, name: 'web', result: 'configured' }
  const past = (id: string, state: SyncOutcome['state'], number?: number, ...objects: readonly ObjectOutcome[]) => ({
    id,
    ...(number === undefined ? {} : { number }),
    outcome: { ...sync(...objects), state },
  })
  it('is what was synced after the sync that it goes back to, each once', () => {
    const newest = [
      past('e', 'succeeded', 4),
      past('d', 'failed', 2, object),
      past('c', 'succeeded'),
      past('b', 'succeeded', 4),
      past('a', 'succeeded', 1),
    ]
    expect(takenAlong(newest, 'a', 2)).toEqual({ numbers: [4], pushes: 1 })
    expect(takenAlong(newest, 'e', 2)).toEqual(nothingAlong)
  })
  it('is what a later sync contains, though it was superseded itself, but nothing that still waits', () => {
    const superseded = past('b', 'superseded', 3)
    const bad = past('c', 'failed', 2, object)
    const waits = past('d', 'held', 5)
    expect(takenAlong([waits, bad, superseded, past('a', 'succeeded', 1)], 'a', 2)).toEqual({ numbers: [3], pushes: 0 })
  })
  it('is nothing where nothing was applied since', () => {
    expect(takenAlong([past('b', 'held', 3), past('a', 'succeeded', 1)], 'a', 2)).toEqual(nothingAlong)
  })
})
