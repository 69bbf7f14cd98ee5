import { isObject, type Json, type JsonObject, type KubeObject, type ObjectMeta } from '../model/object.ts'
import { looksLikeHook } from '../sync/hooks.ts'
import { withGeneratedName } from './generated-name.ts'

/** What keeps a value from being an object that can be applied. */
export type Fault = {
  readonly message: string
  readonly hint: string
  /** Where in the value. */
  readonly field: readonly string[]
}

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const API_VERSION = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const KIND = /^[A-Za-z][A-Za-z0-9]*$/
/** What the API server lets into a URL (`ValidatePathSegmentName`); the rules of single kinds are the server's to check. */
const NAME = /^(?!\.{1,2}$)[^/%\s\p{Cc}]{1,253}$/u

const ELSEWHERE = "Every document in an app's folder must be a Kubernetes object. Move other files elsewhere."

/**
 * The value as an object to apply, or everything that is wrong with its shape. Names it only by what is no secret. A hook
 * with `generateName` gets its name here, so that plan and sync mean the same object.
 */
export function fitObject(written: Json): { readonly object: KubeObject } | { readonly faults: readonly Fault[] } {
  if (!isObject(written)) {
    return {
      faults: [fault('This document is not a Kubernetes object.', 'An object begins with apiVersion and kind.')],
    }
  }
  const value = looksLikeHook(written.metadata) ? withGeneratedName(written) : written
  const { apiVersion, kind, metadata } = value
  const faults: Fault[] = []
  if (isAbsent(apiVersion) && isAbsent(kind)) {
    return { faults: [fault('This document has no apiVersion and no kind.', ELSEWHERE)] }
  }
  if (typeof apiVersion !== 'string' || !API_VERSION.test(apiVersion)) faults.push(header('apiVersion', apiVersion))
  if (typeof kind !== 'string' || !KIND.test(kind)) faults.push(header('kind', kind))
  // Not an object at all: its metadata would only repeat that.
  if (faults.length > 0) return { faults }
  const what = String(kind)
  if (!isObject(metadata)) {
    return { faults: [fault(`This ${what} has no metadata.`, 'Add metadata with a name.', ['metadata'])] }
  }
  faults.push(...nameFaults(metadata, what))
  const name = typeof metadata.name === 'string' ? `${what} ${metadata.name}` : `This ${what}`
  for (const field of ['labels', 'annotations'] as const) faults.push(...textFaults(metadata[field], field, name))
  if (faults.length > 0) return { faults }
  // An empty value means the same as none, and would not be text.
  const kept = Object.entries(metadata).filter(
    ([key, entry]) => !(['labels', 'annotations', 'namespace'].includes(key) && (entry === null || entry === '')),
  )
  return { object: { ...value, metadata: Object.fromEntries(kept) as ObjectMeta } as KubeObject }
}

function header(field: 'apiVersion' | 'kind', found: Json | undefined): Fault {
  if (isAbsent(found)) return fault(`This document has no ${field}.`, ELSEWHERE)
  return fault(`The ${field} of this document is not valid.`, ELSEWHERE, [field])
}

function isAbsent(value: Json | undefined): boolean {
  return value === undefined || value === null
}

function nameFaults(metadata: JsonObject, kind: string): readonly Fault[] {
  const { name, namespace, generateName } = metadata
  const faults: Fault[] = []
  if (generateName !== undefined && generateName !== null) {
    const message = `This ${kind} uses generateName, which only hooks may: each sync would create one more.`
    const hint = 'Use metadata.name, or make it a hook by an annotation such as drydock.dev/hook: pre-sync.'
    faults.push(fault(message, hint, ['metadata', 'generateName']))
  } else if (name === undefined || name === null || name === '') {
    faults.push(fault(`This ${kind} has no metadata.name.`, 'Add a name.', ['metadata']))
  } else if (typeof name !== 'string') {
    faults.push(fault(`The name of this ${kind} is not text.`, `Write it in quotes: "${name}"`, ['metadata', 'name']))
  } else if (!NAME.test(name)) {
    faults.push(fault(`The name of this ${kind} is not valid.`, 'Use a-z, 0-9, "-" and ".".', ['metadata', 'name']))
  }
  const absent = namespace === undefined || namespace === null || namespace === ''
  if (!absent && (typeof namespace !== 'string' || !LABEL.test(namespace))) {
    const hint = 'Use at most 63 of a-z, 0-9 and "-", in quotes when it is all digits.'
    faults.push(fault(`The namespace of this ${kind} is not valid.`, hint, ['metadata', 'namespace']))
  }
  return faults
}

function textFaults(entries: Json | undefined, field: 'labels' | 'annotations', name: string): readonly Fault[] {
  if (entries === undefined || entries === null) return []
  if (!isObject(entries)) {
    return [fault(`${name}: metadata.${field} is not a map.`, 'Write it as key: "value".', ['metadata', field])]
  }
  const one = field === 'labels' ? 'label' : 'annotation'
  return Object.entries(entries)
    .filter(([, value]) => typeof value !== 'string')
    .map(([key, value]) => {
      const plain = value !== null && typeof value !== 'object'
      const example = `${key}: "${value === null ? '' : plain ? value : '…'}"`
      const message = `${name}: the value of the ${one} ${key} is not text${value === null ? ', it is empty' : ''}.`
      return fault(message, `Write it in quotes: ${example}`, ['metadata', field, key])
    })
}

function fault(message: string, hint: string, field: readonly string[] = []): Fault {
  return { message, hint, field }
}
