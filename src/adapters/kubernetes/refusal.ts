import { at, isArray, isObject, type Json, type KubeObject, textAt } from '../../core/model/object.ts'
import { describeReference, type ObjectReference } from '../../core/model/reference.ts'
import { ClusterRefusal, type RefusalKind } from '../../core/model/refusal.ts'
import type { ApiResponse } from './connection.ts'

/** Immutability has several wordings (engines of validation, CEL transition rules, StatefulSet's own list). */
const immutableWords =
  /field is immutable|is immutable|may not be changed|updates to statefulset spec|Forbidden: (?:updates|may not)/i

/**
 * Turns an answer of 400 and more into a refusal. Status and text are both read: typed-patch and conversion errors
 * answer 500, a field-manager conflict 409, immutability 422 or 403.
 */
export function refusalOf(response: ApiResponse, reference: ObjectReference, sent?: KubeObject): ClusterRefusal {
  const text = textAt(response.body, 'message') ?? `HTTP ${response.status}`
  const said = sent ? withoutSecrets(text, sent) : text
  const about = describeReference(reference)
  const make = (kind: RefusalKind, hint?: string) =>
    new ClusterRefusal(kind, response.status, `${about}: the API server refused it: ${said}`, hint)
  const { status } = response
  if (status === 404 && /namespaces? ".*" not found/.test(text)) {
    return make(
      'namespace-missing',
      `Add a manifest of the Namespace "${reference.namespace}" to an app, or create it.`,
    )
  }
  if (status === 404) return make('kind-missing')
  if ((status === 422 || status === 403) && immutableWords.test(text)) return make('immutable')
  if (status === 409) return make('conflict')
  if (status === 403 && /exceeded quota/.test(text)) return make('invalid', 'Raise the quota, or ask for less.')
  if (status === 401 || (status === 403 && /cannot \w+ resource/.test(text))) {
    return make('forbidden', 'Give the credentials that Drydock uses this permission, or choose others.')
  }
  if (status === 429 || status === 503 || status === 504) return make('transient')
  if (status === 500 && !/typed|conversion|schema|\.spec|unknown field/.test(text)) return make('transient')
  return make('invalid', 'Mend the manifest at this place and push again.')
}

/**
 * Takes secret values out of what the server says about a Secret: the server quotes what it could not read
 * (CVE-2025-23216). Quoted text stays only when it is a name that the manifest shows anyway.
 */
export function withoutSecrets(text: string, sent: KubeObject): string {
  if (sent.kind !== 'Secret') return text
  const fields = ['data', 'stringData'].map((key) => at(sent, key)).filter(isObject)
  const known = new Set([sent.kind, sent.metadata.name, sent.metadata.namespace ?? '', ...fields.flatMap(Object.keys)])
  const quoted = text
    .replace(/"([^"]*)"/g, (all, inside: string) => (known.has(inside) ? all : '"(sensitive)"'))
    .replace(/Value:[^}]*\}/g, 'Value:(sensitive)}')
  const values = fields
    .flatMap((field) => leaves(field))
    .flatMap((value) => [value, Buffer.from(value, 'base64').toString('utf8')])
    .filter((value) => value.length >= 4)
  return values.reduce((said, value) => said.replaceAll(value, '(sensitive)'), quoted)
}

function leaves(value: Json | undefined): readonly string[] {
  if (isObject(value)) return Object.values(value).flatMap(leaves)
  if (isArray(value)) return value.flatMap(leaves)
  return value === undefined || value === null ? [] : [String(value)]
}
