import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { directivesOf, liveDirectives } from '../../../src/core/sync/directives.ts'
import { phases } from '../../../src/core/sync/schedule.ts'
import { annotated } from './objects.ts'

const keys = [
  ...['wave', 'hook', 'hook-delete-policy', 'prune', 'replace', 'ignore', 'toString'].map(
    (key) => `drydock.dev/${key}`,
  ),
  ...['sync-wave', 'hook', 'hook-delete-policy', 'sync-options', 'ignore-healthcheck', 'constructor'].map(
    (key) => `argocd.argoproj.io/${key}`,
  ),
  ...['prune', 'ssa', 'force', 'reconcile', '__proto__'].map((key) => `kustomize.toolkit.fluxcd.io/${key}`),
  ...['hook', 'hook-weight', 'hook-delete-policy', 'resource-policy'].map((key) => `helm.sh/${key}`),
]
const words = [
  ...['PreSync', 'pre-sync', 'Skip', 'SyncFail', 'pre-install', 'post-upgrade', 'test', 'crd-install', 'PostDelete'],
  ...['HookSucceeded', 'hook-failed', 'before-creation', 'Never', 'disabled', 'enabled', 'confirm', 'first', 'keep'],
  ...['allowed', 'Merge', 'IfNotPresent', 'Ignore', 'true', '1', '-3', 'constructor', '__proto__', 'toString'],
  ...[
    'Prune=false',
    'Delete=confirm',
    'Replace=true',
    'Force=true',
    'PrunePropagationPolicy=constructor',
    'Prune',
    '=',
  ],
]
const value = fc.oneof(
  fc.array(fc.constantFrom(...words), { maxLength: 3 }).map((list) => list.join(',')),
  fc.string({ maxLength: 12 }),
)
const annotations = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 8 })

const options = { numRuns: 3000 }

describe('any annotations', () => {
  it('are read into words that a sync knows', () => {
    const property = fc.property(
      annotations,
      annotations,
      fc.boolean(),
      fc.boolean(),
      (some, more, argoHooks, install) => {
        const found = directivesOf(annotated(some, more), { argoHooks, install })
        expect(Number.isSafeInteger(found.wave)).toBe(true)
        expect(['always', 'if-absent', 'never', 'merge', 'replace']).toContain(found.apply)
        expect(['yes', 'no', 'confirm', 'first']).toContain(found.prune)
        expect(['Background', 'Foreground', 'Orphan']).toContain(found.propagation)
        expect(found.protectedBy !== undefined).toBe(['no', 'confirm'].includes(found.prune))
        expect(found.hook && found.skipped).toBeUndefined()
        if (found.hook) {
          expect(found.hook.phases.length).toBeGreaterThan(0)
          expect(phases).toEqual(expect.arrayContaining([...found.hook.phases]))
          for (const each of found.hook.deletion) expect(['before-creation', 'succeeded', 'failed']).toContain(each)
        }
        for (const text of [...found.warnings, ...found.faults]) expect(typeof text).toBe('string')
      },
    )
    fc.assert(property, options)
  })

  it('protect a live object as they protect its manifest', () => {
    const property = fc.property(annotations, (some) => {
      const object = annotated(some)
      const { prune, protectedBy } = directivesOf(object, { argoHooks: false, install: true })
      const live = liveDirectives(object)
      expect([live.prune, live.protectedBy]).toEqual([prune, protectedBy])
    })
    fc.assert(property, options)
  })

  it('that say that an object is kept are never outvoted by words that are not known', () => {
    const protecting = fc.constantFrom(
      { 'argocd.argoproj.io/sync-options': 'Prune=false' },
      { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
      { 'helm.sh/resource-policy': 'keep' },
    )
    const property = fc.property(protecting, fc.string({ minLength: 1 }), (said, word) => {
      const unknown = { 'drydock.dev/prune': `?${word}` }
      expect(liveDirectives(annotated({ ...said, ...unknown })).prune).toBe('no')
    })
    fc.assert(property, options)
  })
})
