import type { Manifest, SourcePosition } from '../model/manifest.ts'
import { at, type Json, type KubeObject } from '../model/object.ts'
import type { YamlDocument } from './documents.ts'
import { findField } from './find-field.ts'
import { objectFinder } from './find-line.ts'
import { lineFinder, type ValuePath } from './positions.ts'

/** Where a text's objects are written. */
export type Places = {
  /** The place of an object's field, while its document is at hand. */
  readonly whileRead: (document: YamlDocument, path: ValuePath, field: ValuePath, object: Json) => SourcePosition
  /** The same for later: keeps the text, but not what was read from it. */
  readonly later: (
    root: number,
    path: ValuePath,
    object: KubeObject,
    source: SourcePosition,
  ) => NonNullable<Manifest['locate']>
}

/** The places in a file (`exact`), or in the file that a text was rendered from, as far as it shows them. */
export function placesIn(text: {
  readonly path: string
  readonly text: string
  readonly exact: boolean
  readonly original?: string
}): Places {
  const { path: file, exact, original } = text
  if (exact) {
    const lineOf = lineFinder(text.text)
    return {
      whileRead: (document, path, field) => ({
        path: file,
        line: path.length + field.length === 0 ? document.line : document.lineOf([...path, ...field]),
      }),
      later: (root, path, object) => (field) => ({
        path: file,
        line: lineOf(root, [...path, ...asWritten(object, field)]),
      }),
    }
  }
  const lineOf = objectFinder(original)
  return {
    whileRead: (_document, _path, _field, object) => ({ path: file, line: lineOf(object) }),
    later: (_root, _path, object, source) => (field) => {
      if (original === undefined) return source
      return { path: file, line: findField(original, source.line, object, asWritten(object, field)) }
    },
  }
}

/** The API server names a Secret's `data` also where `stringData` is written. */
function asWritten(object: KubeObject, field: ValuePath): ValuePath {
  const [first, key, ...rest] = field
  if (object.kind !== 'Secret' || first !== 'data' || key === undefined) return field
  return at(object, 'stringData', key) === undefined ? field : ['stringData', key, ...rest]
}
