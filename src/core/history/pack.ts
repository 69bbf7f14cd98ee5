import { randomBytes } from 'node:crypto'
import { lastApplied } from '../diff/mask.ts'
import { secretTexts } from '../diff/secret-texts.ts'
import { replaceSensitive } from '../diff/sensitive.ts'
import type { FieldRule } from '../model/app.ts'
import { DrydockError } from '../model/errors.ts'
import { parseJson, stringifyJson } from '../model/json.ts'
import { at, isArray, isObject, type Json, type JsonObject, type KubeObject, textAt } from '../model/object.ts'
import { describeReference, identityOf, referenceOf } from '../model/reference.ts'
import { close, damaged, type EnvelopeKeys, envelopeKeys, open } from './envelope.ts'
import { seal, unseal } from './seal.ts'

/** The exact objects of a sync, to be stored. */
export type StoredObjects = {
  /** Compressed JSON of the objects; sensitive values are sealed, or left out without a key. */
  readonly packed: Uint8Array
  readonly sealed: boolean
}

/** Objects that were kept. */
export type KeptObjects = {
  readonly objects: readonly KubeObject[]
  /**
   * The objects with values that were not kept, or that can't be opened without a key, as `Secret shop/db`. What stands
   * in their place ({@link notKept}) is not for the cluster: take these objects from Git, or refuse.
   */
  readonly missing: readonly string[]
  /** The rules of the app by which values are sensitive, as they were at that sync. */
  readonly sensitive: readonly FieldRule[]
}

/** Turns objects into what is stored, and back. */
export type ObjectPacking = {
  /**
   * `sensitive`: the app's rules; values of Secrets and copies of sensitive values in annotations are sealed anyway. Uses
   * randomness: packing twice gives other bytes. Throws `render-too-large` past 128 MiB of JSON.
   */
  readonly pack: (objects: readonly KubeObject[], sensitive?: readonly FieldRule[]) => StoredObjects
  /** Throws `store-failed`: damaged, changed, or sealed with a key that isn't here. */
  readonly unpack: (stored: StoredObjects) => KeptObjects
}

/** Stands where a value was left out: a map, which no API server takes for a text. */
export const notKept: JsonObject = { 'drydock.dev/not-kept': true }

/** The first line of the text in an envelope; each object is a line of its own. */
type Head = {
  /** Texts that begin with this stand for sensitive values. Random: no manifest can hold it. */
  readonly mark: string
  readonly sensitive: readonly FieldRule[]
  /** Indexes of the objects with such texts. */
  readonly withMarks: readonly number[]
}

/** Base64 of what gzip writes: whole objects are kept so in annotations. */
const zipped = /^H4sI/

/**
 * Keeps objects exactly, integers past 2^53 too. `key` seals (AES-256-GCM, each value for its object and path) and puts
 * the whole under a MAC; `key` and `earlier` open. Without a key sensitive values are left out, never replaced by an
 * empty one.
 */
export function packing(key?: Uint8Array, ...earlier: readonly Uint8Array[]): ObjectPacking {
  const all = key ? [key, ...earlier] : earlier
  return {
    pack: (objects, sensitive = []) => {
      const keys = key && envelopeKeys(key)
      return { packed: close(textOf(objects, sensitive, keys), keys), sealed: keys !== undefined }
    },
    unpack: ({ packed }) => {
      const { text, keys } = open(packed, all)
      try {
        const [head = null, ...lines] = text.split('\n').map(parseJson)
        return keptOf(head, lines, keys)
      } catch (thrown) {
        if (thrown instanceof DrydockError) throw thrown
        // What was thrown may quote a value.
        throw damaged()
      }
    },
  }
}

function textOf(
  objects: readonly KubeObject[],
  sensitive: readonly FieldRule[],
  keys: EnvelopeKeys | undefined,
): string {
  const mark = `sealed-${randomBytes(16).toString('hex')}:`
  const withMarks: number[] = []
  const kept = objects.map((object, index) => {
    const values = new Map<string, Json>()
    const marked = markSensitive(object, sensitive, mark, values)
    if (values.size === 0) return object
    withMarks.push(index)
    const identity = identityOf(referenceOf(object))
    return mapTexts(marked, [], (text, path) => {
      const value = values.get(text)
      if (value === undefined) return text
      return keys ? `${mark}${seal(value, keys.seal, placeOf(identity, path))}` : mark
    }) as KubeObject
  })
  const head: Head = { mark, sensitive, withMarks }
  return [head, ...kept].map((each) => stringifyJson(each)).join('\n')
}

/** The object with a text of its own in place of each sensitive value, which `values` then knows. */
function markSensitive(
  object: KubeObject,
  sensitive: readonly FieldRule[],
  mark: string,
  values: Map<string, Json>,
): KubeObject {
  const hide = (value: Json): string => {
    // Two rules may name the same place.
    if (typeof value === 'string' && values.has(value)) return value
    const text = `${mark}${values.size}`
    values.set(text, value)
    return text
  }
  const marked = replaceSensitive(object, sensitive, hide)
  const { annotations } = marked.metadata
  if (!annotations) return marked
  const copies = values.size > 0 ? [...secretTexts([object], sensitive)] : []
  const holdsCopy = (text: string) =>
    values.size > 0 && (zipped.test(text) || copies.some((copy) => text.includes(copy)))
  const entries = Object.entries(annotations as JsonObject).map(([key, value]) => {
    if (typeof value !== 'string' || values.has(value)) return [key, value] as const
    return [key, key === lastApplied || holdsCopy(value) ? hide(value) : value] as const
  })
  return { ...marked, metadata: { ...marked.metadata, annotations: Object.fromEntries(entries) } } as KubeObject
}

function keptOf(head: Json, stored: readonly Json[], keys: EnvelopeKeys | undefined): KeptObjects {
  const [mark, withMarks] = [textAt(head, 'mark'), at(head, 'withMarks')]
  if (!mark || !isArray(withMarks) || !stored.every(isKubeObject)) throw damaged()
  const marked = new Set(withMarks)
  const missing: string[] = []
  const objects = stored.map((object, index) => {
    if (!marked.has(index)) return object
    const reference = referenceOf(object)
    let complete = true
    const opened = mapTexts(object, [], (text, path) => {
      if (!text.startsWith(mark)) return text
      const sealed = text.slice(mark.length)
      if (keys && sealed !== '') return unseal(sealed, keys.seal, placeOf(identityOf(reference), path))
      complete = false
      return notKept
    })
    if (!complete) missing.push(describeReference(reference))
    return opened as KubeObject
  })
  return { objects, missing, sensitive: (at(head, 'sensitive') ?? []) as unknown as readonly FieldRule[] }
}

function isKubeObject(value: Json): value is KubeObject {
  return ['apiVersion', 'kind'].every((key) => textAt(value, key)) && textAt(value, 'metadata', 'name') !== undefined
}

function placeOf(identity: string, path: readonly (string | number)[]): string {
  return JSON.stringify([identity, ...path])
}

/** A value with each text in it replaced, by what stands at which path. */
function mapTexts(
  value: Json,
  path: readonly (string | number)[],
  change: (text: string, path: readonly (string | number)[]) => Json,
): Json {
  if (typeof value === 'string') return change(value, path)
  if (isArray(value)) return value.map((each, index) => mapTexts(each, [...path, index], change))
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, each]) => {
    return [key, each === undefined ? each : mapTexts(each, [...path, key], change)] as const
  })
  return Object.fromEntries(entries)
}
