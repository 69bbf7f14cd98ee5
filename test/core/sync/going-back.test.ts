import { describe, expect, it } from 'vitest'
import type { ObjectOutcome, SyncOutcome } from '../../../src/core/model/outcome.ts'
import { undoneBy } from '../../../src/core/sync/going-back.ts'

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
