import { describe, expect, it } from 'vitest'
import type { Directives } from '../../../src/core/model/directives.ts'
import { directivesOf, liveDirectives, pausedBy } from '../../../src/core/sync/directives.ts'
import { annotated } from './objects.ts'

const context = { argoHooks: false, install: false }
const read = (annotations: Record<string, string>, labels: Record<string, string> = {}): Directives =>
  directivesOf(annotated(annotations, labels), context)

const argo = (options: string) => read({ 'argocd.argoproj.io/sync-options': options })

it('asks for nothing special without annotations', () => {
  expect(read({ 'example.com/team': 'shop' })).toEqual({
    wave: 0,
    apply: 'always',
    replaceAllowed: false,
    prune: 'yes',
    propagation: 'Background',
    validate: true,
    ignoreHealth: false,
    warnings: [],
    faults: [],
  })
})

describe('the wave', () => {
  it.each([
    ['drydock.dev/wave', '5', 5],
    ['argocd.argoproj.io/sync-wave', '-10', -10],
    ['argocd.argoproj.io/sync-wave', ' +2 ', 2],
    ['argocd.argoproj.io/sync-wave', '-0', 0],
  ])('%s: %s', (key, value, wave) => {
    expect(read({ [key]: value })).toMatchObject({ wave, warnings: [], faults: [] })
    expect(Object.is(read({ [key]: value }).wave, -0)).toBe(false)
  })

  it("is Drydock's before Argo CD's before a Helm hook's weight", () => {
    const hook = { 'helm.sh/hook': 'post-upgrade', 'helm.sh/hook-weight': '1' }
    expect(read(hook).wave).toBe(1)
    expect(read({ ...hook, 'argocd.argoproj.io/sync-wave': '2' }).wave).toBe(2)
    expect(read({ ...hook, 'argocd.argoproj.io/sync-wave': '2', 'drydock.dev/wave': '3' }).wave).toBe(3)
  })

  it('may be a weight of Helm of an object that is no hook, as in Argo CD', () => {
    expect(read({ 'helm.sh/hook-weight': '7' })).toMatchObject({ wave: 7, warnings: [] })
  })

  it.each(['first', '1.5', '', '1e3', '99999999999999999999'])('is a fault when it is %j', (value) => {
    const { wave, faults } = read({ 'argocd.argoproj.io/sync-wave': value })
    expect(wave).toBe(0)
    expect(faults).toEqual([expect.stringContaining('argocd.argoproj.io/sync-wave is "')])
    expect(faults[0]).toContain('whole number')
  })

  it('names the weight that can not be read', () => {
    const { faults } = read({ 'helm.sh/hook': 'pre-upgrade', 'helm.sh/hook-weight': 'low' })
    expect(faults).toEqual(['helm.sh/hook-weight is "low", but has to be a whole number, like "-1" or "5".'])
  })
})

describe('what protects an object from deletion', () => {
  it.each([
    [{ 'drydock.dev/prune': 'disabled' }, 'no', 'drydock.dev/prune: disabled'],
    [{ 'drydock.dev/prune': 'confirm' }, 'confirm', 'drydock.dev/prune: confirm'],
    [{ 'argocd.argoproj.io/sync-options': 'Prune=false' }, 'no', 'argocd.argoproj.io/sync-options: Prune=false'],
    [
      { 'argocd.argoproj.io/sync-options': 'Prune=confirm' },
      'confirm',
      'argocd.argoproj.io/sync-options: Prune=confirm',
    ],
    [{ 'argocd.argoproj.io/sync-options': 'Delete=false' }, 'no', 'argocd.argoproj.io/sync-options: Delete=false'],
    [
      { 'argocd.argoproj.io/sync-options': 'PruneLast=true, Delete=confirm' },
      'confirm',
      'argocd.argoproj.io/sync-options: Delete=confirm',
    ],
    [
      { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=false' },
      'no',
      'argocd.argoproj.io/sync-options: Delete=false',
    ],
    [{ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' }, 'no', 'kustomize.toolkit.fluxcd.io/prune: disabled'],
    [{ 'fluxcd.controlplane.io/prune': 'disabled' }, 'no', 'fluxcd.controlplane.io/prune: disabled'],
    [{ 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }, 'no', 'kustomize.toolkit.fluxcd.io/reconcile: disabled'],
    [{ 'helm.sh/resource-policy': 'keep' }, 'no', 'helm.sh/resource-policy: keep'],
  ])('%j', (annotations, prune, protectedBy) => {
    expect(read(annotations)).toMatchObject({ prune, protectedBy, warnings: [] })
    expect(liveDirectives(annotated(annotations))).toMatchObject({ prune, protectedBy })
  })

  it('may be a label of Flux', () => {
    expect(read({}, { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' }).prune).toBe('no')
    expect(read({}, { 'helm.sh/resource-policy': 'keep' }).prune).toBe('yes')
  })

  it.each([
    [{ 'argocd.argoproj.io/sync-options': 'Prune=true,Delete=true,PruneLast=true' }],
    [{ 'kustomize.toolkit.fluxcd.io/prune': 'enabled' }],
  ])('is not %j', (annotations) => {
    const directives = read(annotations)
    expect(directives).toMatchObject({ prune: 'yes', warnings: [] })
    expect(directives).not.toHaveProperty('protectedBy')
  })

  it.each([
    [{ 'drydock.dev/prune': 'disbled' }, 'Did you mean disabled?'],
    [{ 'argocd.argoproj.io/sync-options': 'Prune=fasle' }, 'Prune can be true, false, confirm.'],
    [{ 'argocd.argoproj.io/sync-options': 'Delete' }, 'Delete can be true, false, confirm.'],
    [{ 'kustomize.toolkit.fluxcd.io/prune': 'no' }, 'It has to be disabled or enabled.'],
    [{ 'helm.sh/resource-policy': 'kept' }, 'It has to be keep.'],
  ])('is also a word that is not known: %j', (annotations, hint) => {
    const { prune, warnings } = read(annotations)
    expect(prune).toBe('no')
    expect(warnings).toEqual([expect.stringContaining(hint)])
  })

  it("gives way to Drydock's own word, as Helm's does to Argo CD's", () => {
    const keep = { 'helm.sh/resource-policy': 'keep' }
    expect(read({ ...keep, 'argocd.argoproj.io/sync-options': 'Prune=confirm' }).prune).toBe('confirm')
    expect(read({ ...keep, 'drydock.dev/prune': 'first' })).toMatchObject({ prune: 'first' })
    expect(read({ ...keep, 'drydock.dev/prune': 'first' })).not.toHaveProperty('protectedBy')
  })

  it('is a pause before anything else', () => {
    const paused = { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled', 'drydock.dev/prune': 'first' }
    expect(liveDirectives(annotated(paused)).prune).toBe('no')
  })
})

describe('how an object is applied', () => {
  it.each([
    [{ 'argocd.argoproj.io/sync-options': 'Replace=true' }, 'replace'],
    [{ 'argocd.argoproj.io/sync-options': 'Replace=false' }, 'always'],
    [{ 'argocd.argoproj.io/sync-options': 'ServerSideApply=true, Replace=true' }, 'replace'],
    [{ 'kustomize.toolkit.fluxcd.io/ssa': 'Override' }, 'always'],
    [{ 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' }, 'merge'],
    [{ 'kustomize.toolkit.fluxcd.io/ssa': 'merge' }, 'merge'],
    [{ 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' }, 'if-absent'],
    [{ 'kustomize.toolkit.fluxcd.io/ssa': 'ifnotpresent' }, 'if-absent'],
    [{ 'kustomize.toolkit.fluxcd.io/ssa': 'Ignore' }, 'never'],
    [{ 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }, 'never'],
    [{ 'fluxcd.controlplane.io/reconcile': 'disabled' }, 'never'],
    [{ 'kustomize.toolkit.fluxcd.io/reconcile': 'enabled' }, 'always'],
  ])('%j', (annotations, apply) => {
    expect(read(annotations)).toMatchObject({ apply, warnings: [] })
  })

  it('may be said by a label of Flux', () => {
    expect(read({}, { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' }).apply).toBe('if-absent')
    expect(read({}, { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }).apply).toBe('never')
  })

  it("is Argo CD's before Flux's word, but not against a pause", () => {
    const replace = { 'argocd.argoproj.io/sync-options': 'Replace=true' }
    expect(read({ ...replace, 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' }).apply).toBe('replace')
    expect(read({ ...replace, 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }).apply).toBe('never')
  })

  it.each([
    [{ 'drydock.dev/replace': 'allowed' }, true],
    [{ 'argocd.argoproj.io/sync-options': 'Force=true' }, true],
    [{ 'argocd.argoproj.io/sync-options': 'Force=true,Replace=true' }, true],
    [{ 'argocd.argoproj.io/sync-options': 'Replace=true' }, false],
    [{ 'kustomize.toolkit.fluxcd.io/force': 'enabled' }, true],
    [{ 'kustomize.toolkit.fluxcd.io/force': 'Enabled' }, true],
    [{ 'kustomize.toolkit.fluxcd.io/force': 'disabled' }, false],
    [{ 'fluxcd.controlplane.io/force': 'enabled' }, true],
  ])('may be a replacement: %j', (annotations, replaceAllowed) => {
    expect(read(annotations)).toMatchObject({ replaceAllowed, warnings: [] })
  })

  it('a word that is not known allows no replacement', () => {
    expect(read({ 'drydock.dev/replace': 'yes' })).toMatchObject({
      replaceAllowed: false,
      warnings: ['drydock.dev/replace: "yes" is not known. It has to be allowed.'],
    })
  })

  it.each([
    ['PrunePropagationPolicy=foreground', { propagation: 'Foreground' }],
    ['PrunePropagationPolicy=Orphan', { propagation: 'Orphan' }],
    ['PrunePropagationPolicy=background', { propagation: 'Background' }],
    ['Validate=true', { validate: true }],
  ])('%s', (options, expected) => {
    expect(argo(options)).toMatchObject({ ...expected, warnings: [] })
  })

  it('leaves health out where Argo CD would', () => {
    expect(read({ 'argocd.argoproj.io/ignore-healthcheck': 'true' }).ignoreHealth).toBe(true)
    expect(read({ 'argocd.argoproj.io/ignore-healthcheck': 'false' }).ignoreHealth).toBe(false)
  })
})

describe('what is warned of', () => {
  it.each([
    ['drydock.dev/waves', 'Did you mean drydock.dev/wave?'],
    ['drydock.dev/owner', 'It has no effect.'],
    ['argocd.argoproj.io/sync-option', 'Did you mean argocd.argoproj.io/sync-options?'],
    ['kustomize.toolkit.fluxcd.io/prunes', 'Did you mean kustomize.toolkit.fluxcd.io/prune?'],
    ['helm.sh/hooks', 'Did you mean helm.sh/hook?'],
  ])('the annotation %s', (key, hint) => {
    expect(read({ [key]: 'x' }).warnings).toEqual([`${key} is not an annotation that Drydock knows. ${hint}`])
  })

  it('a label under drydock.dev', () => {
    expect(read({}, { 'drydock.dev/prune': 'disabled' }).warnings).toEqual([
      'drydock.dev/prune is a label and has no effect: it has to be an annotation.',
    ])
  })

  it.each([
    ['Prunee=false', 'Did you mean Prune?'],
    ['SelfHeal=true', 'It has no effect.'],
    ['ServerSideApply=false', 'Drydock applies on the server side only.'],
    ['Validate=false', "refuses a field that the kind doesn't have."],
    ['CreateNamespace=true', 'Add the Namespace to the manifests.'],
    ['Replace=maybe', 'Replace can be true, false.'],
  ])('the option %s', (option, hint) => {
    const { warnings } = argo(`PruneLast=true,${option}`)
    expect(warnings).toEqual([expect.stringContaining(hint)])
    expect(warnings[0]).toContain('argocd.argoproj.io/sync-options: ')
  })

  it('nothing that is known and needs no effect', () => {
    const silent = {
      'argocd.argoproj.io/sync-options':
        'PruneLast=true,SkipDryRunOnMissingResource=true,ApplyOutOfSyncOnly=true,ServerSideApply=true,' +
        'RespectIgnoreDifferences=true,FailOnSharedResource=true,ClientSideApplyMigration=false',
      'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
      'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web',
      'argocd.argoproj.io/manifest-generate-paths': '.',
      'link.argocd.argoproj.io/external-link': 'https://example.com',
      'kustomize.toolkit.fluxcd.io/substitute': 'disabled',
      'meta.helm.sh/release-name': 'shop',
      'drydock.dev/ignore': '/spec/replicas',
    }
    const labels = { 'helm.sh/chart': 'shop-1.0', 'argocd.argoproj.io/instance': 'shop' }
    expect(read(silent, labels)).toMatchObject({ warnings: [], faults: [] })
  })

  it('one thing once, and no more of a long value than is needed', () => {
    const { warnings } = read({ 'kustomize.toolkit.fluxcd.io/ssa': 'x'.repeat(5000), 'drydock.dev/prune': 'never' })
    expect(warnings).toHaveLength(2)
    expect(Math.max(...warnings.map((each) => each.length))).toBeLessThan(160)
  })

  it('is nothing of a live object', () => {
    const live = annotated({
      'drydock.dev/owner': 'x',
      'argocd.argoproj.io/sync-wave': 'x',
      'drydock.dev/hook': 'sync',
    })
    expect(liveDirectives(live)).toMatchObject({ wave: 0, warnings: [], faults: [] })
    expect(liveDirectives(live)).not.toHaveProperty('hook')
  })
})

it('tells the pause of a live object, which its manifest may end', () => {
  const live = annotated({ 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' })
  expect(pausedBy(live)).toBe('kustomize.toolkit.fluxcd.io/reconcile: disabled')
  expect(pausedBy(live, annotated({}))).toBe('kustomize.toolkit.fluxcd.io/reconcile: disabled')
  expect(pausedBy(live, annotated({ 'kustomize.toolkit.fluxcd.io/reconcile': 'enabled' }))).toBeUndefined()
  expect(pausedBy(annotated({}))).toBeUndefined()
})
