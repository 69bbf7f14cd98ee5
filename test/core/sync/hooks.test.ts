import { describe, expect, it } from 'vitest'
import { definesArgoHook, directivesOf, type HookContext, ignoredHelmHooks } from '../../../src/core/sync/directives.ts'
import { annotated } from './objects.ts'

const read = (annotations: Record<string, string>, context: Partial<HookContext> = {}) =>
  directivesOf(annotated(annotations), { argoHooks: false, install: false, ...context })

describe('phases', () => {
  it.each([
    ['drydock.dev/hook', 'pre-sync', ['pre-sync'], 'drydock'],
    ['drydock.dev/hook', 'PreSync', ['pre-sync'], 'drydock'],
    ['drydock.dev/hook', 'sync, post-sync', ['sync', 'post-sync'], 'drydock'],
    ['argocd.argoproj.io/hook', 'PreSync', ['pre-sync'], 'argocd'],
    ['argocd.argoproj.io/hook', 'Sync', ['sync'], 'argocd'],
    ['argocd.argoproj.io/hook', 'PostSync,SyncFail,PostSync', ['post-sync', 'sync-fail'], 'argocd'],
    ['argocd.argoproj.io/hook', 'Skip,PreSync', ['pre-sync'], 'argocd'],
    ['argocd.argoproj.io/hook', 'PreSync,PreDelete', ['pre-sync'], 'argocd'],
  ])('%s: %s', (key, value, phases, family) => {
    expect(read({ [key]: value })).toMatchObject({
      hook: { phases, deletion: ['before-creation'], family },
      warnings: [],
    })
  })

  it.each([
    ['drydock.dev/hook', 'skip', 'drydock.dev/hook: skip'],
    ['argocd.argoproj.io/hook', 'Skip', 'argocd.argoproj.io/hook: Skip'],
    ['argocd.argoproj.io/hook', 'PostDelete', 'runs when an application is deleted'],
    ['argocd.argoproj.io/hook', '', 'names no phase'],
  ])('none for %s: %s', (key, value, why) => {
    const directives = read({ [key]: value })
    expect(directives).not.toHaveProperty('hook')
    expect(directives.skipped).toContain(why)
    expect(directives.warnings).toEqual([])
  })

  it('a misspelt one is never applied as an ordinary object, and warned of', () => {
    const directives = read({ 'argocd.argoproj.io/hook': 'PreSynk' })
    expect(directives).not.toHaveProperty('hook')
    expect(directives.skipped).toBe('argocd.argoproj.io/hook names no phase of a sync')
    expect(directives.warnings).toEqual(['argocd.argoproj.io/hook: "PreSynk" is not known. Did you mean PreSync?'])
  })

  it("Drydock's own word counts before Argo CD's, and that before Helm's", () => {
    const helm = { 'helm.sh/hook': 'pre-upgrade' }
    const both = { ...helm, 'argocd.argoproj.io/hook': 'PostSync' }
    expect(read(both).hook).toMatchObject({ phases: ['post-sync'], family: 'argocd' })
    expect(read({ ...both, 'drydock.dev/hook': 'sync-fail' }).hook).toMatchObject({
      phases: ['sync-fail'],
      family: 'drydock',
    })
    expect(read({ ...both, 'drydock.dev/hook': 'skip' })).not.toHaveProperty('hook')
  })
})

describe('hooks of Helm', () => {
  it.each([
    ['pre-install', true, ['pre-sync']],
    ['post-install', true, ['post-sync']],
    ['pre-upgrade', false, ['pre-sync']],
    ['post-upgrade', false, ['post-sync']],
    ['post-install,post-upgrade', true, ['post-sync']],
    ['post-install,post-upgrade', false, ['post-sync']],
    ['pre-install, post-install', true, ['pre-sync', 'post-sync']],
    ['pre-upgrade,test', false, ['pre-sync']],
  ])('%s, install: %s', (value, install, phases) => {
    expect(read({ 'helm.sh/hook': value }, { install })).toMatchObject({
      hook: { phases, deletion: ['before-creation'], family: 'helm' },
      warnings: [],
    })
  })

  it.each([
    ['pre-install', false, "runs at an app's first sync only"],
    ['post-upgrade', true, 'runs at upgrades only'],
    ['test', true, 'is a test'],
    ['test-success', false, 'is a test'],
    ['pre-rollback', false, 'rolls back'],
    ['post-delete', false, 'release is deleted'],
    ['pre-instal', true, 'is no hook'],
  ])('%s, install: %s is skipped', (value, install, why) => {
    const directives = read({ 'helm.sh/hook': value }, { install })
    expect(directives).not.toHaveProperty('hook')
    expect(directives.skipped).toContain(why)
  })

  it('crd-install is an ordinary object', () => {
    const directives = read({ 'helm.sh/hook': 'crd-install', 'helm.sh/hook-weight': '-5' })
    expect(directives).toMatchObject({ wave: -5, warnings: [] })
    expect(directives).not.toHaveProperty('hook')
    expect(directives).not.toHaveProperty('skipped')
  })

  it('are ordinary objects beside a hook of Argo CD, but for what must not run', () => {
    const beside = { argoHooks: true }
    for (const install of [true, false]) {
      const directives = read({ 'helm.sh/hook': 'pre-install' }, { ...beside, install })
      expect(directives).not.toHaveProperty('hook')
      expect(directives).not.toHaveProperty('skipped')
    }
    for (const value of ['test', 'pre-delete', 'post-rollback']) {
      expect(read({ 'helm.sh/hook': value }, beside).skipped).toContain(value)
    }
    expect(read({ 'argocd.argoproj.io/hook': 'Sync', 'helm.sh/hook': 'pre-install' }, beside).hook?.phases).toEqual([
      'sync',
    ])
  })
})

describe('deletion of a hook', () => {
  it.each([
    ['drydock.dev/hook-delete-policy', 'succeeded', ['succeeded']],
    ['drydock.dev/hook-delete-policy', 'before-creation, failed', ['before-creation', 'failed']],
    ['drydock.dev/hook-delete-policy', 'never', []],
    ['argocd.argoproj.io/hook-delete-policy', 'HookSucceeded', ['succeeded']],
    ['argocd.argoproj.io/hook-delete-policy', 'BeforeHookCreation,HookFailed', ['before-creation', 'failed']],
    ['argocd.argoproj.io/hook-delete-policy', 'Never', []],
    ['helm.sh/hook-delete-policy', 'before-hook-creation,hook-succeeded', ['before-creation', 'succeeded']],
    ['helm.sh/hook-delete-policy', 'hook-failed', ['failed']],
    ['argocd.argoproj.io/hook-delete-policy', '', ['before-creation']],
  ])('%s: %s', (key, value, deletion) => {
    expect(read({ 'drydock.dev/hook': 'sync', [key]: value })).toMatchObject({ hook: { deletion }, warnings: [] })
  })

  it("is by Drydock's word before Argo CD's before Helm's", () => {
    const helm = { 'helm.sh/hook': 'pre-upgrade', 'helm.sh/hook-delete-policy': 'hook-failed' }
    const argo = { ...helm, 'argocd.argoproj.io/hook-delete-policy': 'HookSucceeded' }
    expect(read(argo).hook?.deletion).toEqual(['succeeded'])
    expect(read({ ...argo, 'drydock.dev/hook-delete-policy': 'never' }).hook?.deletion).toEqual([])
  })

  it('is the default, with a warning, when the word is not known', () => {
    expect(read({ 'drydock.dev/hook': 'sync', 'argocd.argoproj.io/hook-delete-policy': 'HookSucceded' })).toMatchObject(
      {
        hook: { deletion: ['before-creation'] },
        warnings: ['argocd.argoproj.io/hook-delete-policy: "HookSucceded" is not known. Did you mean HookSucceeded?'],
      },
    )
  })
})

it.each([
  ['PreSync', true],
  ['PostDelete', true],
  ['Skip', false],
  ['Skip,Sync', true],
  ['typo', false],
])('argocd.argoproj.io/hook: %s defines a hook of Argo CD: %s', (value, defines) => {
  const objects = [annotated({ 'helm.sh/hook': 'pre-install' }), annotated({ 'argocd.argoproj.io/hook': value })]
  expect(definesArgoHook(objects)).toBe(defines)
})

it('tells which hooks of Helm are ignored beside a hook of Argo CD', () => {
  const helm = ['pre-install', 'post-upgrade', 'test', 'crd-install'].map((value) =>
    annotated({ 'helm.sh/hook': value }),
  )
  const both = annotated({ 'helm.sh/hook': 'pre-install', 'drydock.dev/hook': 'sync' })
  expect(ignoredHelmHooks([...helm, both])).toEqual([])
  const argo = annotated({ 'argocd.argoproj.io/hook': 'Sync' })
  expect(ignoredHelmHooks([...helm, both, argo])).toEqual(helm.slice(0, 2))
})
