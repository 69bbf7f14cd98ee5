import { DrydockError, type Problem, problem } from '../model/errors.ts'
import type { Manifest, SourcePosition } from '../model/manifest.ts'
import { isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import { readDocuments, type YamlDocument } from './documents.ts'
import { findLine } from './find-line.ts'
import { fitObject } from './fit-object.ts'

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

/** Values (aliases counted as often as they appear) of one render. */
const MAX_VALUES = 5_000_000

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
  const { maxObjects = 10_000, maxBytes = 64 * 1024 * 1024 } = limits
  const bytes = texts.reduce((sum, each) => sum + Buffer.byteLength(each.text), 0)
  if (bytes > maxBytes) throw tooLarge(`${Math.ceil(bytes / 1024 / 1024)} MiB of YAML`, `${maxBytes} bytes`)
  const manifests: Manifest[] = []
  const problems: Problem[] = []
  const budget = { left: MAX_VALUES }
  for (const each of texts) {
    const read = readDocuments(each.text, budget)
    if ('failure' in read) {
      problems.push(yamlProblem(each, read.failure))
      continue
    }
    for (const document of read.documents) {
      for (const { object, path } of flatten(document.value)) {
        const fitted = fitObject(object)
        if ('object' in fitted) manifests.push({ object: fitted.object, source: placeOf(each, document, path, object) })
        else {
          for (const { message, hint, field } of fitted.faults) {
            const source = placeOf(each, document, [...path, ...field], object)
            problems.push(problem('manifest-invalid', message, { source, hint }))
          }
        }
        if (manifests.length + problems.length > maxObjects) {
          throw tooLarge(`more than ${maxObjects} objects`, `${maxObjects} objects`)
        }
      }
    }
  }
  return { manifests, problems }
}

function yamlProblem(text: ManifestText, failure: { readonly line: number; readonly message: string }): Problem {
  const exact = text.exact
  const where = exact ? '' : ` (line ${failure.line} of what was rendered from it)`
  return problem('yaml-invalid', `${text.path} is not valid YAML: ${failure.message}${where}.`, {
    source: { path: text.path, line: exact ? failure.line : 1 },
    hint: 'Correct the YAML in this file.',
  })
}

function placeOf(
  text: ManifestText,
  document: YamlDocument,
  path: readonly (string | number)[],
  object: Json,
): SourcePosition {
  if (text.exact) return { path: text.path, line: path.length === 0 ? document.line : document.lineOf(path) }
  return { path: text.path, line: findLine(text.original, object) }
}

/** The objects of a document with their paths in it; a list of any kind is replaced by its items. */
function* flatten(
  value: Json,
  path: readonly (string | number)[] = [],
): Iterable<{ readonly object: Json; readonly path: readonly (string | number)[] }> {
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

function tooLarge(what: string, limit: string): DrydockError {
  return new DrydockError('render-too-large', `The render has ${what}; the limit is ${limit}.`, {
    hint: 'Split the app into smaller ones.',
  })
}
