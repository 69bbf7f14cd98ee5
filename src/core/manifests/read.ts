import { DrydockError, type Problem, problem } from '../model/errors.ts'
import type { Manifest } from '../model/manifest.ts'
import { isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import { describeReference, referenceOf } from '../model/reference.ts'
import { readDocuments, type YamlDocument } from './documents.ts'
import { fitObject } from './fit-object.ts'
import { isLargerThan } from './json-size.ts'
import { type Places, placesIn } from './places.ts'
import type { ValuePath } from './positions.ts'
import { yamlProblem } from './yaml-problem.ts'

/** A text that a renderer produced; the same shape as the port's. */
export type ManifestText = {
  readonly path: string
  readonly text: string
  /** `true`: lines of `text` are lines of the file. */
  readonly exact: boolean
  /** The file at `path`, to find an object's line in. */
  readonly original?: string
}

/** Limits of one render. */
export type ReadLimits = {
  /** Default 10,000. */
  readonly maxObjects?: number
  /** Bytes of all texts; default 64 MiB. */
  readonly maxBytes?: number
}

/** Objects of one render. */
export const MAX_OBJECTS = 10_000

/** Values (aliases counted as often as they appear) of one render. */
const MAX_VALUES = 5_000_000

/** Bytes of JSON: etcd's own limit of a request (`--max-request-bytes`), which no object of a cluster exceeds. */
const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024

/**
 * Reads texts into objects with the place that each comes from. Lists are flattened, empty documents are left out.
 * Every mistake is reported; with any problem the manifests are incomplete and must not be used as the desired state.
 *
 * @throws DrydockError `render-too-large` past a limit
 */
export function readManifests(
  texts: readonly ManifestText[],
  limits: ReadLimits = {},
): { readonly manifests: readonly Manifest[]; readonly problems: readonly Problem[] } {
  const { maxObjects = MAX_OBJECTS, maxBytes = 64 * 1024 * 1024 } = limits
  const bytes = texts.reduce((sum, each) => sum + Buffer.byteLength(each.text), 0)
  if (bytes > maxBytes) throw tooLarge(`has ${inMiB(bytes)} of YAML`, inMiB(maxBytes))
  const manifests: Manifest[] = []
  const problems: Problem[] = []
  const budget = { left: MAX_VALUES, limit: MAX_VALUES }
  const placesOf = placesByFile()
  for (const each of texts) {
    const read = readDocuments(each.text, budget)
    if ('failure' in read) {
      problems.push(yamlProblem(each.path, read.failure, each.exact))
      continue
    }
    const places = placesOf(each)
    for (const document of read.documents) {
      for (const { object, path } of flatten(document.value)) {
        const result = readObject(object, places, document, path)
        if ('object' in result) manifests.push(result)
        else problems.push(...result.problems)
        if (manifests.length + problems.length > maxObjects) throw tooManyObjects(maxObjects)
      }
    }
  }
  return { manifests, problems }
}

/** Many texts may come from one file, which is looked through once. */
function placesByFile(): (text: ManifestText) => Places {
  const known = new Map<string, Places>()
  return (text) => {
    if (text.exact) return placesIn(text)
    const places = known.get(text.path) ?? placesIn(text)
    known.set(text.path, places)
    return places
  }
}

function readObject(
  written: Json,
  places: Places,
  document: YamlDocument,
  path: ValuePath,
): Manifest | { readonly problems: readonly Problem[] } {
  const fitted = fitObject(written)
  if ('faults' in fitted) {
    const problems = fitted.faults.map(({ message, hint, field }) =>
      problem('manifest-invalid', message, { source: places.whileRead(document, path, field, written), hint }),
    )
    return { problems }
  }
  const { object } = fitted
  const source = places.whileRead(document, path, [], object)
  if (isLargerThan(object, MAX_OBJECT_BYTES)) {
    const what = describeReference(referenceOf(object))
    const message = `${what} is too large: etcd takes objects of at most ${inMiB(MAX_OBJECT_BYTES)}.`
    const hint = 'Split it into several objects, or keep the data in a volume or an image.'
    return { problems: [problem('render-too-large', message, { source, hint })] }
  }
  return { object, source, locate: places.later(document.root, path, object, source) }
}

/** The objects of a document with their paths in it; a list of any kind is replaced by its items. */
function* flatten(value: Json, path: ValuePath = []): Iterable<{ readonly object: Json; readonly path: ValuePath }> {
  if (!isList(value)) {
    yield { object: value, path }
    return
  }
  const kind = value.kind === 'List' ? undefined : value.kind.slice(0, -'List'.length)
  for (const [index, item] of value.items.entries()) {
    // Items of a typed list may leave out what the list says.
    const named = kind && isObject(item) ? { apiVersion: value.apiVersion, kind, ...item } : item
    yield* flatten(named, [...path, 'items', index])
  }
}

function isList(value: Json): value is JsonObject & { readonly kind: string; readonly items: readonly Json[] } {
  if (!isObject(value) || typeof value.kind !== 'string' || !value.kind.endsWith('List')) return false
  const named = isObject(value.metadata) && typeof value.metadata.name === 'string'
  return typeof value.apiVersion === 'string' && isArray(value.items) && !named
}

function inMiB(bytes: number): string {
  return `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`
}

/** The error of a render with more objects than one app may have. */
export function tooManyObjects(maxObjects = MAX_OBJECTS): DrydockError {
  const limit = maxObjects.toLocaleString('en')
  return tooLarge(`has more than ${limit} objects`, limit)
}

function tooLarge(what: string, limit: string): DrydockError {
  return new DrydockError('render-too-large', `The render ${what}; the limit of one app is ${limit}.`, {
    hint: 'Split the app into smaller ones.',
  })
}
