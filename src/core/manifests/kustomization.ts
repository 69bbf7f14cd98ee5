import type { SourcePosition } from '../model/manifest.ts'
import { at, isArray, isObject, type Json, textAt } from '../model/object.ts'
import { readDocuments, type YamlDocument } from './documents.ts'

/** What a kustomization refers to. */
export type KustomizeReference = {
  /** As it is written. */
  readonly value: string
  readonly source: SourcePosition
  /** `tree`: a file, or a folder with a kustomization of its own; `plugin`: the same, for a transformer's settings. */
  readonly kind: 'tree' | 'plugin' | 'file'
}

/** A field of a kustomization that Drydock doesn't render. */
export type KustomizeRefusal = { readonly field: string; readonly source: SourcePosition }

/** What one kustomization file says that matters before it is rendered. */
export type Kustomization = {
  readonly references: readonly KustomizeReference[]
  /** Settings of transformers and generators that are written into the kustomization itself. */
  readonly inlineSettings: readonly string[]
  readonly refusals: readonly KustomizeRefusal[]
}

const TREES = ['resources', 'bases', 'components'] as const
const PLUGINS = ['transformers', 'generators', 'validators'] as const
const FILES = ['patchesStrategicMerge', 'crds', 'configurations'] as const
const WITH_PATH = ['patches', 'patchesJson6902', 'replacements'] as const
const GENERATORS = ['configMapGenerator', 'secretGenerator'] as const
/** Fields that make kustomize run helm, which downloads charts and takes options from the file. */
const HELM = ['helmCharts', 'helmChartInflationGenerator', 'helmGlobals'] as const

/** Reads the references of a kustomization; a file that can't be read has none, and kustomize says why. */
export function readKustomization(path: string, text: string): Kustomization {
  const read = readDocuments(text)
  const document = 'documents' in read ? read.documents[0] : undefined
  if (!document || !isObject(document.value)) return { references: [], inlineSettings: [], refusals: [] }
  const plugins = PLUGINS.flatMap((field) => at(document.value, field) ?? [])
  return {
    references: [...referencesOf(path, document)],
    inlineSettings: plugins.filter((each) => typeof each === 'string' && each.includes('\n')) as string[],
    refusals: [...refusalsOf(path, document)],
  }
}

/** An address with a scheme, `https://…`, `file:…`, `git::…`: never a path of this repository. */
export function isAddress(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(value)
}

/** Would kustomize take this for an address when there is no such file? `github.com/acme/base`, `git@host:x`, `a?ref=b`. */
export function looksRemote(value: string): boolean {
  return (
    isAddress(value) ||
    /^[^/]+@[^/]+:/.test(value) ||
    /[?&](ref|version|submodules|timeout)=/.test(value) ||
    /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?\//i.test(value)
  )
}

/** Keys of the settings of a transformer or generator that name files. */
const FILE_KEYS = new Set(['path', 'paths', 'files', 'env', 'envs', 'valuesFile', 'additionalValuesFiles'])

/** Files that the settings of a transformer or generator name. */
export function namedFiles(text: string): readonly string[] {
  const read = readDocuments(text)
  const found = new Set<string>()
  const walk = (value: Json | undefined, named: boolean): void => {
    if (typeof value === 'string') {
      if (named && value !== '' && !value.includes('\n')) found.add(afterKey(value))
    } else if (isArray(value)) {
      for (const each of value) walk(each, named)
    } else if (isObject(value)) {
      for (const [key, each] of Object.entries(value)) walk(each, FILE_KEYS.has(key))
    }
  }
  if ('documents' in read) for (const document of read.documents) walk(document.value, false)
  return [...found]
}

function* referencesOf(path: string, document: YamlDocument): Iterable<KustomizeReference> {
  const make = (kind: KustomizeReference['kind'], value: Json | undefined, ...place: (string | number)[]) =>
    typeof value === 'string' && value !== '' && !value.includes('\n')
      ? [{ kind, value, source: { path, line: document.lineOf(place) } }]
      : []
  const items = (field: string): readonly Json[] => {
    const value = at(document.value, field)
    return isArray(value) ? value : []
  }
  for (const field of TREES) for (const [index, each] of items(field).entries()) yield* make('tree', each, field, index)
  for (const field of PLUGINS) {
    for (const [index, each] of items(field).entries()) yield* make('plugin', each, field, index)
  }
  for (const field of FILES) for (const [index, each] of items(field).entries()) yield* make('file', each, field, index)
  for (const field of WITH_PATH) {
    for (const [index, each] of items(field).entries()) yield* make('file', textAt(each, 'path'), field, index, 'path')
  }
  for (const field of GENERATORS) {
    for (const [index, each] of items(field).entries()) {
      for (const key of ['files', 'envs'] as const) {
        const entries = at(each, key)
        if (!isArray(entries)) continue
        for (const [place, entry] of entries.entries()) {
          const value = typeof entry === 'string' && key === 'files' ? afterKey(entry) : entry
          yield* make('file', value, field, index, key, place)
        }
      }
      yield* make('file', textAt(each, 'env'), field, index, 'env')
    }
  }
  yield* make('file', textAt(document.value, 'openapi', 'path'), 'openapi', 'path')
}

function* refusalsOf(path: string, document: YamlDocument): Iterable<KustomizeRefusal> {
  for (const field of HELM) {
    if (at(document.value, field) !== undefined) yield { field, source: { path, line: document.lineOf([field]) } }
  }
}

function afterKey(entry: string): string {
  return entry.slice(entry.indexOf('=') + 1)
}
