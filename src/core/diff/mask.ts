import type { FieldRule } from '../model/app.ts'
import { stringifyJson } from '../model/json.ts'
import type { Json, KubeObject } from '../model/object.ts'
import { identityOf, referenceOf } from '../model/reference.ts'
import { isBase64, replaceSensitive } from './sensitive.ts'

/** kubectl keeps a whole copy of the object in this annotation, secret values included. */
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** Replaces secret values; equal values of one plan get equal masks, so that "changed" stays visible. */
export type Masker = {
  /** The object without a secret value: the only form that may leave the diff. */
  readonly mask: <T extends KubeObject>(object: T) => T
}

/** A shorter value is found in too many texts by chance. */
const shortestCopy = 6

/** Base64 of what gzip writes: whole objects are kept so in annotations. */
const zipped = /^H4sI/

/**
 * A masker for one plan. Values of Secrets, and of the fields that `rules` name, become `(sensitive 1)`, by structure and
 * never by searching text; two values that differ get different masks. The last-applied annotation of any object is taken
 * out, and an annotation that holds a copy of one of the object's sensitive values is masked.
 */
export function createMasker(rules: readonly FieldRule[] = []): Masker {
  const numbers = new Map<string, number>()
  const copiesOf = new Map<string, Set<string>>()
  const maskOf = (value: Json, encoded: boolean): string => {
    const key = keyOf(value, encoded)
    const number = numbers.get(key) ?? numbers.size + 1
    numbers.set(key, number)
    return `(sensitive ${number})`
  }
  return {
    mask: (object) => {
      const clean = withoutLastApplied(object)
      const identity = identityOf(referenceOf(object))
      // Of the same object as it was before, too: an annotation may keep the value of yesterday.
      const copies = copiesOf.get(identity) ?? new Set<string>()
      const masked = replaceSensitive(clean, rules, (value, encoded) => {
        for (const text of textsOf(value, encoded)) if (text.length >= shortestCopy) copies.add(text)
        return maskOf(value, encoded)
      })
      if (masked === clean) return clean
      copiesOf.set(identity, copies)
      return withoutCopies(masked, [...copies], (text) => maskOf(text, false))
    },
  }
}

/** `stringData` holds plain text, `data` base64: the same secret gets the same mask in both. */
function keyOf(value: Json, encoded: boolean): string {
  if (typeof value !== 'string') return `json ${stringifyJson(value)}`
  const bytes = Buffer.from(value, encoded && isBase64(value) ? 'base64' : 'utf8')
  // What is no base64 is told apart by its text: its bytes may be those of another.
  return `${encoded && !isBase64(value) ? 'text' : 'bytes'} ${bytes.toString('latin1')}`
}

/** A value as an annotation may hold it: plain, encoded, or in a JSON text. */
function textsOf(value: Json, encoded: boolean): readonly string[] {
  if (typeof value !== 'string') return [stringifyJson(value)]
  const plain = encoded && isBase64(value) ? Buffer.from(value, 'base64').toString('utf8') : value
  const base64 = encoded ? value : Buffer.from(value, 'utf8').toString('base64')
  return [plain, plain.trim(), base64, JSON.stringify(plain).slice(1, -1)]
}

function withoutCopies<T extends KubeObject>(object: T, copies: readonly string[], mask: (text: string) => string): T {
  const { annotations } = object.metadata
  if (!annotations) return object
  const holds = (text: unknown) =>
    typeof text === 'string' && (zipped.test(text) || copies.some((copy) => text.includes(copy)))
  if (!Object.values(annotations).some(holds)) return object
  const left = Object.entries(annotations).map(([key, text]) => [key, holds(text) ? mask(text) : text])
  return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(left) } }
}

function withoutLastApplied<T extends KubeObject>(object: T): T {
  if (object.metadata.annotations?.[lastApplied] === undefined) return object
  const { [lastApplied]: _, ...annotations } = object.metadata.annotations
  return { ...object, metadata: { ...object.metadata, annotations } }
}
