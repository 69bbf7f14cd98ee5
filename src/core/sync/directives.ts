import type { Directives } from '../model/directives.ts'
import type { KubeObject } from '../model/object.ts'
import { annotation, firstOf, meaningOf, ofFlux, quoted, type Remarks, remarkUnknown } from './annotations.ts'
import { type HookContext, hookOf } from './hooks.ts'
import { pausedBy, protectionOf } from './protection.ts'
import { type SyncOptions, syncOptions } from './sync-options.ts'

export { definesArgoHook, type HookContext, ignoredHelmHooks } from './hooks.ts'
export { pausedBy } from './protection.ts'

/**
 * What the annotations of a manifest ask of a sync: Drydock's own (docs/guide.md), Argo CD's (its docs/user-guide:
 * sync-waves.md, resource_hooks.md, sync-options.md, helm.md), Flux's (kustomize-controller's
 * docs/spec/v1/kustomizations.md) and Helm's (docs/topics/charts_hooks). Of several that speak of one thing Drydock's wins,
 * then Argo CD's.
 */
export function directivesOf(object: KubeObject, context: HookContext): Directives {
  const remarks: Remarks = { warnings: [], faults: [] }
  remarkUnknown(object, remarks)
  const options = syncOptions(object, remarks)
  return {
    wave: waveOf(object, remarks),
    ...hookOf(object, context, remarks),
    apply: applyOf(object, options, remarks),
    replaceAllowed: mayReplace(object, options, remarks),
    ...protectionOf(object, options, remarks),
    propagation: propagationOf(options),
    validate: options.get('Validate') !== 'false',
    ignoreHealth: annotation(object, 'argocd.argoproj.io/ignore-healthcheck') === 'true',
    warnings: [...new Set(remarks.warnings)],
    faults: remarks.faults,
  }
}

/**
 * What a live object asks that is no longer rendered: whether, how and when it is deleted. It is judged by what the
 * cluster has, so that a protection or a pause that was set there counts. Its remarks are nobody's: no file has them.
 */
export function liveDirectives(live: KubeObject): Directives {
  const { hook: _, skipped: __, ...rest } = directivesOf(live, { argoHooks: false, install: false })
  return { ...rest, warnings: [], faults: [] }
}

/**
 * Helm's weight is a wave, of any object (`Wave` in Argo CD's gitops-engine/pkg/sync/syncwaves/waves.go; its example
 * helm-hooks counts on it). Argo CD reads what is no number as 0; here it is a fault, since the order was meant to be another.
 */
function waveOf(object: KubeObject, remarks: Remarks): number {
  const found = firstOf(object, ['drydock.dev/wave', 'argocd.argoproj.io/sync-wave', 'helm.sh/hook-weight'])
  if (!found) return 0
  const wave = /^[+-]?\d+$/.test(found.value) ? Number(found.value) : Number.NaN
  // -0 would be another key than 0.
  if (Number.isSafeInteger(wave)) return wave + 0
  remarks.faults.push(`${found.key} is ${quoted(found.value)}, but has to be a whole number, like "-1" or "5".`)
  return 0
}

const ssaWords = { Override: 'always', Merge: 'merge', IfNotPresent: 'if-absent', Ignore: 'never' } as const

/** `Replace` wins over a server-side apply (Argo CD's docs/user-guide/sync-options.md). */
function applyOf(object: KubeObject, options: SyncOptions, remarks: Remarks): Directives['apply'] {
  for (const { key, value } of ofFlux(object, 'reconcile')) {
    meaningOf(key, value, { disabled: true, enabled: true }, remarks)
  }
  const ssa = ofFlux(object, 'ssa').flatMap(({ key, value }) => meaningOf(key, value, ssaWords, remarks) ?? [])
  if (pausedBy(object)) return 'never'
  if (options.get('Replace') === 'true') return 'replace'
  return ssa[0] ?? 'always'
}

function mayReplace(object: KubeObject, options: SyncOptions, remarks: Remarks): boolean {
  const key = 'drydock.dev/replace'
  const own = annotation(object, key)
  const allowed = own !== undefined && meaningOf(key, own, { allowed: true }, remarks) === true
  const forced = ofFlux(object, 'force').map(
    (each) => meaningOf(each.key, each.value, { enabled: true, disabled: false }, remarks) === true,
  )
  return allowed || options.get('Force') === 'true' || forced.includes(true)
}

const propagations: ReadonlyMap<string | undefined, Directives['propagation']> = new Map([
  ['foreground', 'Foreground'],
  ['orphan', 'Orphan'],
])

function propagationOf(options: SyncOptions): Directives['propagation'] {
  return propagations.get(options.get('PrunePropagationPolicy')) ?? 'Background'
}
