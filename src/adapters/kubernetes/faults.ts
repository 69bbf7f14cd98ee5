import { isBase64 } from '../../core/diff/sensitive.ts'
import { type FieldPath, fieldPath, lastItem } from '../../core/manifests/server-path.ts'
import { at, isArray, isObject, type Json, type KubeObject, textAt } from '../../core/model/object.ts'
import type { FieldFault } from '../../core/model/refusal.ts'

/**
 * What is wrong at which field of the object that was sent, as far as an answer says so: its causes, or the texts of
 * typed-patch and strict decoding errors, which have none. Messages are the server's, not scrubbed.
 */
export function faultsIn(body: Json | undefined, text: string, sent?: KubeObject): readonly FieldFault[] {
  const causes = at(body, 'details', 'causes')
  // Admission policies give a cause without a field.
  const placed = isArray(causes) && causes.some((each) => textAt(each, 'field') !== undefined)
  const found = placed ? causes.flatMap((each) => ofCause(each, sent)) : ofText(text, sent)
  const seen = new Set<string>()
  return found.filter(({ path, message }) => {
    const key = JSON.stringify([path, message])
    return !seen.has(key) && seen.add(key)
  })
}

function ofCause(cause: Json, sent: KubeObject | undefined): readonly FieldFault[] {
  const field = textAt(cause, 'field') ?? ''
  const message = textAt(cause, 'message')
  // `<nil>`: rules that could not be checked because of the other causes; `[]`: the whole object.
  if (message === undefined || field === '<nil>') return []
  if (field === '[]' || field === '') return [{ path: [], message }]
  return [{ path: asSent(fieldPath(field, sent), field, sent), message: `${field}: ${message}` }]
}

/** Internal names of the server for places that its API calls otherwise. */
function asSent(path: FieldPath, field: string, sent: KubeObject | undefined): FieldPath {
  const [first] = path
  if (sent === undefined || first === undefined) return path
  if (sent.kind === 'CustomResourceDefinition' && field.startsWith('spec.validation.')) {
    const inner = field.slice('spec.validation.'.length)
    const place = ['spec', 'versions', 0, 'schema']
    return [...place, ...fieldPath(inner, at(sent, ...place))]
  }
  // A PersistentVolume's `nodeAffinity` and `volumeMode` are said without their `spec`.
  return at(sent, first) === undefined && at(sent, 'spec', first) !== undefined
    ? ['spec', ...fieldPath(field, at(sent, 'spec'))]
    : path
}

function ofText(text: string, sent: KubeObject | undefined): readonly FieldFault[] {
  const [, typed] = /^failed to create typed patch object \([^)]*\): (?:errors:\n)?([\s\S]*)$/.exec(text) ?? []
  if (typed !== undefined) return typed.split(/\n(?= *\.)/).flatMap((line) => ofTyped(line.trim(), sent))
  const strict = [...text.matchAll(/(unknown|duplicate) field "((?:[^"\\]|\\.)+)"/g)]
  if (strict.length > 0) {
    return strict.map(([message, , field = '']) => ({ path: fieldPath(field, sent), message }))
  }
  const [, goField] = /Go struct field \w+\.([\w.]+) of type/.exec(text) ?? []
  if (goField !== undefined) return [{ path: fieldPath(goField, sent), message: text }]
  if (text.includes('illegal base64 data')) return badBase64(sent)
  if (/^namespaces? ".*" not found/.test(text)) return [{ path: ['metadata', 'namespace'], message: text }]
  return []
}

/** `.spec.containers[name="web"].imagee: field not declared in schema` */
function ofTyped(line: string, sent: KubeObject | undefined): readonly FieldFault[] {
  const end = line.search(/: (?=expected |field not |duplicate |associative |key |missing |error |value |invalid )/)
  if (!line.startsWith('.') || end < 0) return []
  const path = fieldPath(line.slice(0, end), sent)
  const [, keys] = /duplicate entries for key (\[.*\])$/.exec(line) ?? []
  const twice = keys === undefined ? undefined : lastItem(keys, at(sent, ...path))
  return [{ path: twice === undefined ? path : [...path, twice], message: line }]
}

/** The server says that it is no base64, but not which value. */
function badBase64(sent: KubeObject | undefined): readonly FieldFault[] {
  const field = sent?.kind === 'Secret' ? 'data' : 'binaryData'
  const values = at(sent, field)
  if (!isObject(values)) return []
  return Object.entries(values).flatMap(([key, value]) =>
    typeof value === 'string' && !isBase64(value)
      ? [{ path: [field, key], message: `${field}[${key}]: the value is not valid base64` }]
      : [],
  )
}
