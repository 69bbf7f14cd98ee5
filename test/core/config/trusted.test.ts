import { describe, expect, it } from 'vitest'
import { discoverApps } from '../../../src/core/config/discover.ts'
import { parseRepositoryConfig } from '../../../src/core/config/repository.ts'
import { mergeTrusted } from '../../../src/core/config/trusted.ts'

const read = (apps: string, rest = '') =>
  parseRepositoryConfig(`version: 1\n${rest}apps: ${apps}\n`, '.github/drydock.yaml')
const notes = (result: ReturnType<typeof mergeTrusted>) =>
  result.notes.map((each) => `${each.app ?? '*'}: ${each.message}`)

describe('what a pull request may change for its own plan', () => {
  it('is where and how an app is rendered', () => {
    const base = read('[{ name: a, path: old, cluster: prod }]')
    const head = read('[{ name: a, path: new, cluster: prod, render: helm, helm: { values: { x: 1 } } }]')
    const result = mergeTrusted(base, head)
    expect(result.apps).toMatchObject([{ path: 'new', render: 'helm', helm: { values: { x: 1 } }, cluster: 'prod' }])
    expect(result.notes).toEqual([])
  })

  it('is nothing that the target branch decides; the change is named', () => {
    const base = read('[{ name: a, path: p, cluster: prod, namespace: shop, sync: { maxPrune: 3 } }]')
    const head = read(
      '[{ name: a, path: p, cluster: other, namespace: kube-system, adopt: true, sync: { maxPrune: 999, prune: false, timeout: 1h }, ignore: [{ jsonPointers: [/data] }], managers: [evil] }]',
    )
    const result = mergeTrusted(base, head)
    expect(result.apps[0]).toEqual({ ...base.apps[0], source: head.apps[0]?.source })
    expect(notes(result)).toEqual([
      'a: adopt: false → true; takes effect after the merge',
      'a: cluster: prod → other; takes effect after the merge',
      'a: ignore: [] → [{"jsonPointers":["/data"]}]; takes effect after the merge',
      'a: managers: [] → ["evil"]; takes effect after the merge',
      'a: namespace: shop → kube-system; takes effect after the merge',
      'a: sync.maxPrune: 3 → 999; takes effect after the merge',
      'a: sync.prune: true → false; takes effect after the merge',
      'a: sync.timeout: 5m → 1h; takes effect after the merge',
    ])
  })

  it('is not the Helm settings that it removes', () => {
    const base = read('[{ name: a, path: p, helm: { releaseName: x } }]')
    expect(mergeTrusted(base, read('[{ name: a, path: p }]')).apps[0]).not.toHaveProperty('helm')
  })
})

describe('who may use which command on an app', () => {
  const rules = '[{ name: a, path: p, commands: { sync: ["@acme/platform"] } }]'

  it('is said by the target branch, and a change of it is shown', () => {
    const wider = read('[{ name: a, path: p, commands: { sync: read, lock: read } }]')
    const result = mergeTrusted(read(rules), wider)
    expect(result.apps[0]?.commands).toEqual({ sync: ['@acme/platform'] })
    expect(notes(result)).toEqual([
      'a: commands: {"sync":["@acme/platform"]} → {"sync":"read","lock":"read"}; takes effect after the merge',
    ])
    expect(notes(mergeTrusted(read(rules), read('[{ name: a, path: p }]')))).toEqual([
      'a: commands: {"sync":["@acme/platform"]} → (not set); takes effect after the merge',
    ])
  })
  it('goes with the app to a new name', () => {
    const result = mergeTrusted(read(rules), read('[{ name: b, path: p }]'))
    expect(result.apps).toMatchObject([{ name: 'b', commands: { sync: ['@acme/platform'] } }])
  })
  it('is not what a new app says of itself', () => {
    expect(mergeTrusted(read('[{ name: z, path: q }]'), read(rules)).apps[0]?.commands).toBeUndefined()
  })
})

describe('a new app', () => {
  it('goes where the pull request says, under the defaults', () => {
    const head = read(
      '[{ name: new, path: p, cluster: c, namespace: s, adopt: true, sync: { prune: false }, ignore: [{ jsonPointers: [/data] }] }]',
    )
    for (const base of [undefined, read('[{ name: old, path: p2 }]'), discoverApps(['p/Chart.yaml'])]) {
      const result = mergeTrusted(base, head)
      expect(result.apps).toMatchObject([
        { name: 'new', path: 'p', cluster: 'c', namespace: 's', adopt: false, ignore: [], sync: { prune: true } },
      ])
      expect(notes(result)).toContain(
        'new: sync.prune: true → false; takes effect after the merge; a new app is planned with the default',
      )
    }
  })
})

describe('a removed app', () => {
  const base = read('[{ name: a, path: p }, { name: b, path: q }]')

  it('is left out and named', () => {
    const result = mergeTrusted(base, read('[{ name: b, path: q }]'))
    expect(result.apps.map((each) => each.name)).toEqual(['b'])
    expect(notes(result)).toEqual([
      'a: removed from the configuration; its objects stay on the cluster until somebody deletes them there',
    ])
  })

  it('is every app when the file is deleted: nothing is guessed instead', () => {
    const result = mergeTrusted(base, discoverApps(['p/kustomization.yaml', 'other/Chart.yaml']))
    expect(result.apps).toEqual([])
    expect(result.notes.map((each) => each.app)).toEqual(['a', 'b'])
  })
})

it('names a change of what judges the pull request', () => {
  const base = read('[{ name: a, path: p }]', 'require: { approvals: 2 }\n')
  const head = read('[{ name: a, path: p }]', 'require: { approvals: 0 }\n')
  expect(notes(mergeTrusted(base, head))).toEqual(['*: require changed; takes effect after the merge'])
})

it('names a change of what holds a sync, and goes by the target branch', () => {
  const apps = '[{ name: a, path: p }, { name: b, path: q, dependsOn: [a], sync: { onFailure: rollback } }]'
  const base = read(apps, 'windows: [{ kind: deny, schedule: "0 2 * * *", duration: 1h }]\n')
  const result = mergeTrusted(
    base,
    read('[{ name: a, path: p }, { name: b, path: q, health: [{ group: x.io, kind: X, healthy: "true" }] }]'),
  )
  expect(result.apps[1]).toMatchObject({ dependsOn: ['a'], health: [], sync: { onFailure: 'rollback' } })
  expect(notes(result)).toEqual([
    'b: dependsOn: ["a"] → []; takes effect after the merge',
    'b: health: [] → [{"group":"x.io","kind":"X","healthy":"true"}]; takes effect after the merge',
    'b: sync.onFailure: rollback → hold; takes effect after the merge',
    '*: windows changed; takes effect after the merge',
  ])
})

it('takes discovered apps as they are when neither side has a file', () => {
  const both = discoverApps(['a/Chart.yaml'])
  expect(mergeTrusted(both, both)).toEqual({ apps: both.apps, notes: [] })
})
