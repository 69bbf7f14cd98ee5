import { describe, expect, it } from 'vitest'
import type { SyncState } from '../../../src/core/model/outcome.ts'
import { dependencyFaults, dependencyState, inDependencyOrder } from '../../../src/core/sync/depends.ts'

const app = (name: string, ...dependsOn: string[]) => ({ name, dependsOn })
const names = (apps: readonly { readonly name: string }[]) => apps.map((each) => each.name)

describe('what is wrong with dependencies', () => {
  it('is nothing in a diamond', () => {
    expect(dependencyFaults([app('web', 'api', 'auth'), app('api', 'db'), app('auth', 'db'), app('db')])).toEqual([])
  })

  it('is a name that is no app, and an app that names itself', () => {
    expect(dependencyFaults([app('web', 'web', 'dbb'), app('db')])).toEqual([
      { app: 0, entry: 0, message: '`web` depends on itself' },
      { app: 0, entry: 1, message: '`web` depends on `dbb`, which is no app of this file' },
    ])
  })

  it('is a circle, named once, at the entry that closes it', () => {
    expect(dependencyFaults([app('web', 'api'), app('api', 'db'), app('db', 'cache', 'web'), app('cache')])).toEqual([
      { app: 2, entry: 1, message: 'These apps wait for each other: `web` → `api` → `db` → `web`' },
    ])
  })

  it('is each of several circles', () => {
    expect(dependencyFaults([app('a', 'b'), app('b', 'a'), app('c', 'd'), app('d', 'c')])).toHaveLength(2)
  })
})

it('puts every app after those that it depends on, and keeps the order of the others', () => {
  expect(names(inDependencyOrder([app('web', 'api'), app('blog'), app('api', 'db'), app('db')]))).toEqual([
    'db',
    'api',
    'web',
    'blog',
  ])
  expect(names(inDependencyOrder([app('a', 'b'), app('b', 'a')]))).toHaveLength(2)
})

describe('what the last sync of a dependency means', () => {
  const last = (state: SyncState) => ({
    app: 'db',
    cluster: 'prod',
    revision: 'abcdef0123',
    state,
    objects: [],
    problems: [],
  })

  it('is to go once it succeeded, or when it was synced before this database was made', () => {
    expect(dependencyState('db', last('succeeded'), true)).toEqual({ kind: 'go' })
    expect(dependencyState('db', undefined, true)).toEqual({ kind: 'go' })
  })

  it('is to wait for what ends by itself, and to hold for what needs somebody', () => {
    const kinds = (['queued', 'running', 'superseded', 'held', 'failed'] as const).map((state) => [
      state,
      dependencyState('db', last(state), true).kind,
    ])
    expect(kinds).toEqual([
      ['queued', 'wait'],
      ['running', 'wait'],
      ['superseded', 'go'],
      ['held', 'hold'],
      ['failed', 'hold'],
    ])
    expect(dependencyState('db', last('superseded'), false)).toMatchObject({ why: 'db was never synced' })
    expect(dependencyState('db', undefined, false)).toMatchObject({ kind: 'hold', why: 'db was never synced' })
    expect(dependencyState('db', last('failed'), true)).toMatchObject({ why: 'the sync of db to abcdef0 failed' })
  })
})
