import { stringifyJson } from '../model/json.ts'
import { isObject, type Json, type KubeObject } from '../model/object.ts'

/** kubectl keeps a whole copy of the object in this annotation, secret values included. */
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** Replaces secret values; equal values of one plan get equal masks, so that "changed" stays visible. */
export type Masker = {
  /** The object without a secret value: the only form that may leave the diff. */
  readonly mask: <T extends KubeObject>(object: T) => T
}

/**
 * A masker for one plan. Values of `data` and `stringData` of Secrets become `(sensitive 1)`, by structure and never by
 * searching text; the last-applied annotation of any object is taken out.
 */
export function createMasker(): Masker {
  const numbers = new Map<string, number>()
  const maskValue = (value: Json, encoded: boolean): string => {
    // `stringData` holds plain text, `data` base64: the same secret gets the same mask in both.
    const text =
      typeof value === 'string' && encoded ? Buffer.from(value, 'base64').toString('latin1') : stringText(value)
    const number = numbers.get(text) ?? numbers.size + 1
    numbers.set(text, number)
    return `(sensitive ${number})`
  }
  const maskFields = (fields: Json | undefined, encoded: boolean): Json | undefined => {
    if (!isObject(fields)) return fields === undefined || fields === null ? fields : maskValue(fields, false)
    return Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, value === undefined ? value : maskValue(value, encoded)]),
    )
  }
  return {
    mask: (object) => {
      const clean = withoutLastApplied(object)
      if (object.kind !== 'Secret') return clean
      return {
        ...clean,
        ...(object.data === undefined ? {} : { data: maskFields(object.data, true) }),
        ...(object.stringData === undefined ? {} : { stringData: maskFields(object.stringData, false) }),
      }
    },
  }
}

function stringText(value: Json): string {
  return typeof value === 'string' ? Buffer.from(value, 'utf8').toString('latin1') : stringifyJson(value)
}

function withoutLastApplied<T extends KubeObject>(object: T): T {
  if (object.metadata.annotations?.[lastApplied] === undefined) return object
  const { [lastApplied]: _, ...annotations } = object.metadata.annotations
  return { ...object, metadata: { ...object.metadata, annotations } }
}
