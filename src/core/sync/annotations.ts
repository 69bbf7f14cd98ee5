import { nearest } from '../config/nearest.ts'
import type { KubeObject } from '../model/object.ts'

/** What is to be said of an object's annotations: collected while they are read. */
export type Remarks = { readonly warnings: string[]; readonly faults: string[] }

/** One annotation (or, of Flux, label) with its value. */
export type Said = { readonly key: string; readonly value: string }

/** The value of an annotation, without white space around it; `undefined`: it isn't there. */
export function annotation(object: KubeObject, key: string): string | undefined {
  return object.metadata.annotations?.[key]?.trim()
}

/** The first of these annotations that is there: earlier ones win. */
export function firstOf(object: KubeObject, keys: readonly string[]): Said | undefined {
  return keys.flatMap((key) => said(key, annotation(object, key)))[0]
}

/**
 * What an object tells Flux under `name`, as annotation or label: of kustomize-controller, and of the Flux Operator, whose
 * prefix is its own (`AnyInMetadata` in fluxcd/pkg `ssa/utils`; docs/api/v1/resourceset.md of flux-operator).
 */
export function ofFlux({ metadata }: KubeObject, name: 'prune' | 'ssa' | 'force' | 'reconcile'): readonly Said[] {
  const keys = fluxPrefixes.map((prefix) => `${prefix}${name}`)
  const found = keys.flatMap((key) => [...said(key, metadata.annotations?.[key]), ...said(key, metadata.labels?.[key])])
  return found.map(({ key, value }) => ({ key, value: value.trim() }))
}

const fluxPrefixes = ['kustomize.toolkit.fluxcd.io/', 'fluxcd.controlplane.io/']

function said(key: string, value: string | undefined): readonly Said[] {
  return value === undefined ? [] : [{ key, value }]
}

/** The words of a list, `a, b`: in their order, each once. */
export function wordsOf(list: string): readonly string[] {
  const words = list.split(',').map((word) => word.trim())
  return [...new Set(words)].filter((word) => word !== '')
}

/**
 * What a word means; letter case and dashes don't count. A word that isn't known is warned of.
 *
 * @param meanings by the word as its documentation spells it
 */
export function meaningOf<T>(
  key: string,
  word: string,
  meanings: Readonly<Record<string, T>>,
  remarks: Remarks,
): T | undefined {
  const found = Object.keys(meanings).find((known) => plain(known) === plain(word))
  if (found !== undefined) return meanings[found]
  remarks.warnings.push(`${key}: ${quoted(word)} is not known. ${suggestion(word, Object.keys(meanings))}`)
  return undefined
}

/** A value as a remark shows it. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 39)}…` : value)
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll('-', '')
}

function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near ? `Did you mean ${near}?` : `It has to be ${listed(known)}.`
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/**
 * The annotations of each family, so that a misspelt one doesn't stay without effect in silence. Argo CD's are those of
 * docs/user-guide/annotations-and-labels.md, Flux's those of kustomize-controller's docs/spec/v1/kustomizations.md, Helm's
 * those of charts_hooks.md and `pkg/release`; most have no meaning for a sync by Drydock, and are none of its business.
 */
const families: Readonly<Record<string, readonly string[]>> = {
  'drydock.dev/': ['wave', 'hook', 'hook-delete-policy', 'prune', 'replace', 'ignore'],
  'argocd.argoproj.io/': [
    ...['sync-wave', 'hook', 'hook-delete-policy', 'sync-options', 'compare-options', 'ignore-healthcheck'],
    ...['ignore-restart-policy', 'ignore-resource-updates', 'ignore-default-links', 'health-aggregate-overrides'],
    ...['tracking-id', 'installation-id', 'manifest-generate-paths', 'refresh', 'refresh-timestamp', 'skip-reconcile'],
    ...['managed-by-url', 'deletion-approved', 'client-side-apply-migration-manager', 'hydrate', 'hydrate-timestamp'],
    'application-set-refresh',
  ],
  'kustomize.toolkit.fluxcd.io/': [
    ...['prune', 'ssa', 'force', 'reconcile', 'substitute', 'decrypt'],
    ...['name', 'namespace', 'checksum'],
  ],
  'helm.sh/': [
    ...['hook', 'hook-weight', 'hook-delete-policy', 'hook-delete-timeout', 'hook-output-log-policy'],
    ...['resource-policy', 'chart'],
  ],
}

/** Warns of annotations of these families that are not known, and of Drydock's own where they are labels. */
export function remarkUnknown({ metadata }: KubeObject, remarks: Remarks): void {
  for (const [prefix, known] of Object.entries(families)) {
    for (const key of keysUnder(metadata.annotations, prefix)) {
      if (known.includes(key)) continue
      const near = nearest(key, known)
      const next = near ? `Did you mean ${prefix}${near}?` : 'It has no effect.'
      remarks.warnings.push(`${prefix}${key} is not an annotation that Drydock knows. ${next}`)
    }
  }
  for (const key of keysUnder(metadata.labels, 'drydock.dev/')) {
    remarks.warnings.push(`drydock.dev/${key} is a label and has no effect: it has to be an annotation.`)
  }
}

function keysUnder(entries: Readonly<Record<string, string>> | undefined, prefix: string): readonly string[] {
  return Object.keys(entries ?? {}).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []))
}
