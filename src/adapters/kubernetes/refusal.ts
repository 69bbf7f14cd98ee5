import { at, isArray, isObject, type Json, type KubeObject, textAt } from '../../core/model/object.ts'
import { describeReference, type ObjectReference } from '../../core/model/reference.ts'
import { ClusterRefusal, type RefusalKind } from '../../core/model/refusal.ts'
import type { ApiResponse } from './connection.ts'

/** Immutability has several wordings (engines of validation, CEL transition rules, lists of what may be updated). */
const immutableWords =
  /is immutable|may not be changed|may not change once set|cannot change roleRef|updates to .* are forbidden|updates may not change fields/i

/** A policy may say anything of a change, also that something may not be changed: that is no reason to replace. */
const admissionWords = /admission webhook|ValidatingAdmissionPolicy|MutatingAdmissionPolicy/

/** Said with 500 of a manifest that can't be read: trying again doesn't help. */
const unreadableWords = /typed|convert|conversion|schema|decod|unknown field|duplicate entries|\.spec/

/**
 * Turns an answer of 400 and more into a refusal. Status and text are both read: typed-patch and conversion errors
 * answer 500, a field-manager conflict 409, immutability 422 or 403.
 */
export function refusalOf(response: ApiResponse, reference: ObjectReference, sent?: KubeObject): ClusterRefusal {
  const text = textAt(response.body, 'message') ?? `HTTP ${response.status}`
  const said = withoutLiveData(sent ? withoutSecrets(text, sent) : text)
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
  if ((status === 422 || status === 403) && isImmutability(response, text)) return make('immutable')
  if (status === 409) return make('conflict')
  if (status === 403 && /exceeded quota/.test(text)) return make('invalid', 'Raise the quota, or ask for less.')
  if (status === 401 || (status === 403 && /cannot \w+ resource/.test(text))) {
    return make('forbidden', 'Give the credentials that Drydock uses this permission, or choose others.')
  }
  if (status === 429 || status === 503 || status === 504) return make('transient')
  if (status === 500 && /failed calling webhook|conversion webhook for .* failed/.test(text)) {
    return make('transient', 'A webhook of the cluster does not answer. Repair it, then try again.')
  }
  if (status === 500 && !unreadableWords.test(text)) return make('transient')
  return make('invalid', 'Mend the manifest at this place and push again.')
}

/** Every cause must be immutability: an object that is deleted for it must be accepted when it is made again. */
function isImmutability(response: ApiResponse, text: string): boolean {
  if (admissionWords.test(text)) return false
  const causes = at(response.body, 'details', 'causes')
  const messages = isArray(causes) ? causes.flatMap((cause) => textAt(cause, 'message') ?? []) : []
  return (messages.length > 0 ? messages : [text]).every((each) => immutableWords.test(each.replace(quoted, '')))
}

/** Text in double quotes as Go writes it, with escapes. */
const quoted = /"(?:[^"\\]|\\.)*"/g

/** Some kinds answer with a diff against the live object, which may hold what no manifest declares. */
function withoutLiveData(text: string): string {
  const diff = text.indexOf('\n@@ ')
  return diff < 0 ? text : text.slice(0, diff)
}

/**
 * Takes secret values out of what the server says about a Secret: the server quotes what it could not read
 * (CVE-2025-23216). Quoted text stays only when it is a name that the manifest shows anyway.
 */
export function withoutSecrets(text: string, sent: KubeObject): string {
  if (sent.kind !== 'Secret') return text
  const fields = ['data', 'stringData'].map((key) => at(sent, key))
  const keys = fields.filter(isObject).flatMap(Object.keys)
  const known = new Set([sent.kind, sent.metadata.name, sent.metadata.namespace ?? '', ...keys])
  const bare = text
    // A value of the wrong type is written out to the end of the message.
    .replace(/\bgot &[\s\S]*/, 'got another type')
    .replace(quoted, (all) => (known.has(all.slice(1, -1)) ? all : '"(sensitive)"'))
  const values = fields
    .flatMap(leaves)
    .flatMap((value) => [value, Buffer.from(value, 'base64').toString('utf8')])
    .flatMap((value) => [value, ...value.split('\n')])
    .filter((value) => value.length >= 4)
    // The longest first: a value that begins like another must not leave its rest.
    .sort((one, other) => other.length - one.length)
  return values.reduce((said, value) => said.replaceAll(value, '(sensitive)'), bare)
}

function leaves(value: Json | undefined): readonly string[] {
  if (isObject(value)) return Object.values(value).flatMap(leaves)
  if (isArray(value)) return value.flatMap(leaves)
  return value === undefined || value === null ? [] : [String(value)]
}
