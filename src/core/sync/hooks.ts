import type { Hook, HookDeletion, Phase } from '../model/directives.ts'
import { isObject, type Json, type KubeObject } from '../model/object.ts'
import { annotation, firstOf, meaningOf, type Remarks, wordsOf } from './annotations.ts'

/** What the app that a manifest belongs to says of its hooks. */
export type HookContext = {
  /** Some manifest of the app is a hook of Argo CD: see {@link definesArgoHook}. */
  readonly argoHooks: boolean
  /** The first sync of the app: of Helm's hooks, those of an installation run, else those of an upgrade. */
  readonly install: boolean
}

/** A hook, or why the object is never applied; neither: an ordinary object. */
export type HookReading = { readonly hook?: Hook; readonly skipped?: string }

const drydockHook = 'drydock.dev/hook'
const argoHook = 'argocd.argoproj.io/hook'
const helmHook = 'helm.sh/hook'

type Moment = Phase | 'skip' | 'removal'

const ownMoments: Readonly<Record<string, Moment>> = {
  'pre-sync': 'pre-sync',
  sync: 'sync',
  'post-sync': 'post-sync',
  'sync-fail': 'sync-fail',
  skip: 'skip',
}

/** `HookType` in Argo CD's gitops-engine/pkg/sync/common/types.go; the last two run when an application is deleted. */
const argoMoments: Readonly<Record<string, Moment>> = {
  PreSync: 'pre-sync',
  Sync: 'sync',
  PostSync: 'post-sync',
  SyncFail: 'sync-fail',
  Skip: 'skip',
  PreDelete: 'removal',
  PostDelete: 'removal',
}

type HelmMoment =
  | { readonly phase: 'pre-sync' | 'post-sync'; readonly at: 'install' | 'upgrade' }
  | 'definition'
  | 'removal'
  | 'rollback'
  | 'test'

/** Helm's docs/topics/charts_hooks, and (`crd-install`, `test-success`, `test-failure`) those of Helm 2. */
const helmMoments: Readonly<Record<string, HelmMoment>> = {
  'pre-install': { phase: 'pre-sync', at: 'install' },
  'post-install': { phase: 'post-sync', at: 'install' },
  'pre-upgrade': { phase: 'pre-sync', at: 'upgrade' },
  'post-upgrade': { phase: 'post-sync', at: 'upgrade' },
  'pre-delete': 'removal',
  'post-delete': 'removal',
  'pre-rollback': 'rollback',
  'post-rollback': 'rollback',
  test: 'test',
  'test-success': 'test',
  'test-failure': 'test',
  'crd-install': 'definition',
}

/**
 * When an object runs as a hook. Of several families' annotations Drydock's own counts, then Argo CD's. One that names no
 * known phase makes the object skipped, as Argo CD and Helm do: it was never meant to be an ordinary one.
 */
export function hookOf(object: KubeObject, context: HookContext, remarks: Remarks): HookReading {
  const found = firstOf(object, [drydockHook, argoHook, helmHook])
  if (!found) return {}
  if (found.key === helmHook) return readHelm(object, found.value, context, remarks)
  const own = found.key === drydockHook
  return read(object, found, own ? ownMoments : argoMoments, own ? 'drydock' : 'argocd', remarks)
}

function read(
  object: KubeObject,
  { key, value }: { readonly key: string; readonly value: string },
  meanings: Readonly<Record<string, Moment>>,
  family: 'drydock' | 'argocd',
  remarks: Remarks,
): HookReading {
  const moments = wordsOf(value).flatMap((word) => meaningOf(key, word, meanings, remarks) ?? [])
  // Beside others, `Skip` says nothing (`Skip` in gitops-engine/pkg/sync/hook/hook.go).
  const phases = [...new Set(moments)].filter((moment) => moment !== 'skip' && moment !== 'removal')
  if (phases.length > 0) return { hook: { phases, deletion: deletionOf(object, remarks), family } }
  if (moments.includes('removal')) {
    return { skipped: `${key}: ${value} runs when an application is deleted, which Drydock doesn't do` }
  }
  return { skipped: moments.includes('skip') ? `${key}: ${value}` : `${key} names no phase of a sync` }
}

function readHelm(object: KubeObject, value: string, context: HookContext, remarks: Remarks): HookReading {
  const moments = wordsOf(value).flatMap((word) => meaningOf(helmHook, word, helmMoments, remarks) ?? [])
  if (moments.includes('definition')) return {}
  const runs = moments.filter((moment) => typeof moment !== 'string')
  if (runs.length > 0 && context.argoHooks) return {}
  const now = runs.filter(({ at }) => at === (context.install ? 'install' : 'upgrade'))
  const phases = [...new Set(now.map(({ phase }) => phase))]
  if (phases.length > 0) return { hook: { phases, deletion: deletionOf(object, remarks), family: 'helm' } }
  return { skipped: `${helmHook}: ${value} ${whyNot(moments, runs.length > 0, context)}` }
}

function whyNot(moments: readonly HelmMoment[], runs: boolean, { install }: HookContext): string {
  if (runs) return install ? 'runs at upgrades only' : "runs at an app's first sync only"
  if (moments.includes('test')) return 'is a test, which a sync leaves out'
  if (moments.includes('rollback')) return "runs when Helm rolls back, which Drydock doesn't do"
  return moments.length > 0
    ? "runs when a release is deleted, which Drydock doesn't do"
    : 'is no hook of an installation or upgrade'
}

const ownDeletion: Readonly<Record<string, HookDeletion | 'never'>> = {
  'before-creation': 'before-creation',
  succeeded: 'succeeded',
  failed: 'failed',
  never: 'never',
}

/** `HookDeletePolicy` in Argo CD's gitops-engine/pkg/sync/common/types.go. */
const argoDeletion: Readonly<Record<string, HookDeletion | 'never'>> = {
  BeforeHookCreation: 'before-creation',
  HookSucceeded: 'succeeded',
  HookFailed: 'failed',
  Never: 'never',
}

/** Helm's docs/topics/charts_hooks, "Hook deletion policies". */
const helmDeletion: Readonly<Record<string, HookDeletion | 'never'>> = {
  'before-hook-creation': 'before-creation',
  'hook-succeeded': 'succeeded',
  'hook-failed': 'failed',
}

const deletions: Readonly<Record<string, Readonly<Record<string, HookDeletion | 'never'>>>> = {
  'drydock.dev/hook-delete-policy': ownDeletion,
  'argocd.argoproj.io/hook-delete-policy': argoDeletion,
  'helm.sh/hook-delete-policy': helmDeletion,
}

/** With no policy the default of all three families: before creation. */
function deletionOf(object: KubeObject, remarks: Remarks): readonly HookDeletion[] {
  const found = firstOf(object, Object.keys(deletions))
  const known = (found && deletions[found.key]) ?? {}
  const read = found ? wordsOf(found.value).flatMap((word) => meaningOf(found.key, word, known, remarks) ?? []) : []
  return read.length > 0 ? read.filter((each) => each !== 'never') : ['before-creation']
}

/**
 * Does any of an app's manifests define a hook of Argo CD? Then "all Helm hooks will be ignored" (its
 * docs/user-guide/helm.md). `Skip` alone defines none.
 */
export function definesArgoHook(objects: readonly KubeObject[]): boolean {
  return objects.some((object) => {
    const words = wordsOf(annotation(object, argoHook) ?? '')
    const silent = { warnings: [], faults: [] }
    return words.some((word) => (meaningOf(argoHook, word, argoMoments, silent) ?? 'skip') !== 'skip')
  })
}

/** What would be a hook of Helm, but is an ordinary object since the app has hooks of Argo CD too. */
export function ignoredHelmHooks(objects: readonly KubeObject[]): readonly KubeObject[] {
  if (!definesArgoHook(objects)) return []
  const silent = { warnings: [], faults: [] }
  return objects.filter((object) =>
    [true, false].some((install) => hookOf(object, { argoHooks: false, install }, silent).hook?.family === 'helm'),
  )
}

/** Is the manifest, which need not be a valid one, annotated as a hook, of whatever family, that isn't skipped? */
export function looksLikeHook(metadata: Json | undefined): boolean {
  const annotations = isObject(metadata) && isObject(metadata.annotations) ? metadata.annotations : {}
  return [drydockHook, argoHook, helmHook].some((key) => {
    const value = annotations[key]
    return typeof value === 'string' && wordsOf(value).some((word) => word.toLowerCase() !== 'skip')
  })
}
