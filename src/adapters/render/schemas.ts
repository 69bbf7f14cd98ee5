import { readDocuments } from '../../core/manifests/documents.ts'
import { DrydockErrors, type Problem, problem } from '../../core/model/errors.ts'
import { isArray, isObject, type Json } from '../../core/model/object.ts'
import type { RootFiles } from './files.ts'

/**
 * A schema of values can refer to any file of this machine or any address, which helm reads (CVE-2025-55199).
 *
 * @throws DrydockErrors `path-refused`
 */
export async function refuseRemoteSchemas(chart: string, files: RootFiles): Promise<void> {
  const problems: Problem[] = []
  for (const path of await files.list(chart)) {
    if (!path.endsWith('.schema.json')) continue
    const parsed = readDocuments((await files.read(path)) ?? '')
    for (const document of 'documents' in parsed ? parsed.documents : []) {
      for (const place of outsideReferences(document.value)) {
        problems.push(
          problem('path-refused', `${path} refers to a schema outside of itself.`, {
            source: { path, line: document.lineOf(place) },
            hint: 'Put the definition into this file, under $defs.',
          }),
        )
      }
    }
  }
  if (problems.length > 0) throw new DrydockErrors(problems.slice(0, 20))
}

function* outsideReferences(value: Json, place: readonly (string | number)[] = []): Iterable<(string | number)[]> {
  if (isArray(value)) {
    for (const [index, each] of value.entries()) yield* outsideReferences(each, [...place, index])
  } else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) {
      if (each === undefined) continue
      const reference = key === '$ref' || key === '$dynamicRef' || key === '$recursiveRef'
      if (reference && typeof each === 'string' && !allowed(each)) yield [...place, key]
      yield* outsideReferences(each, [...place, key])
    }
  }
}

/** A place in the same file, or a standard schema, which helm has built in. */
function allowed(reference: string): boolean {
  return reference.startsWith('#') || /^https?:\/\/json-schema\.org\/draft/.test(reference)
}
