import { createHash } from 'node:crypto'
import { isObject, type JsonObject } from '../model/object.ts'
import { canonicalJson } from './canonical.ts'

/** Characters of a name that is made from a prefix; the API server keeps to it too, for names that become labels. */
const MAX_NAME = 63
const HASH = 8

/**
 * Gives an object with `generateName` and without a name one of its own: the prefix and a hash of the manifest, so that
 * the same manifest always has the same name and a changed one a new name. Anything else is returned as it is.
 */
export function withGeneratedName(value: JsonObject): JsonObject {
  const { metadata } = value
  if (!isObject(metadata)) return value
  const { generateName, name, ...rest } = metadata
  if (typeof generateName !== 'string' || (name !== undefined && name !== null && name !== '')) return value
  const { status: _, ...manifest } = value
  const hash = createHash('sha256').update(canonicalJson(manifest)).digest('hex').slice(0, HASH)
  return { ...value, metadata: { ...rest, name: `${generateName.slice(0, MAX_NAME - HASH)}${hash}` } }
}
