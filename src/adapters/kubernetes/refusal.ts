import { scrub } from '../../core/diff/scrub.ts'
import { type KubeObject, textAt } from '../../core/model/object.ts'
import { describeReference, type ObjectReference } from '../../core/model/reference.ts'
import { ClusterRefusal, type FieldFault, type RefusalKind } from '../../core/model/refusal.ts'
import type { ApiResponse } from './connection.ts'
import { faultsIn } from './faults.ts'
import { isImmutability } from './immutable.ts'
import { withoutLiveData } from './live-data.ts'

/** Said with 500 of a manifest that can't be read: trying again doesn't help. */
const unreadableWords = /typed|convert|conversion|schema|decod|unknown field|duplicate entries|\.spec/

/** Limits of etcd and of gRPC answer 500. */
const tooLarge = /request is too large|entity too large|larger than max/i

/** Webhooks whose `sideEffects` are neither `None` nor `NoneOnDryRun` are not called at a dry run (400). */
const noDryRun = /admission webhook "([^"]+)" does not support dry run/

type Judgement = readonly [RefusalKind, string?]

/**
 * Turns an answer of 400 and more into a refusal. Status and text are both read: typed-patch and conversion errors
 * answer 500, a field-manager conflict 409, immutability 422 or 403. `sent` is the object of the request: its secret
 * values are taken out of what is said, and faults are found in it.
 */
export function refusalOf(response: ApiResponse, reference: ObjectReference, sent?: KubeObject): ClusterRefusal {
  const text = textAt(response.body, 'message') ?? `HTTP ${response.status}`
  const say = (words: string) => withoutLiveData(withoutSecrets(words, sent ?? named(reference)), sent)
  const [kind, hint] = judge(response, text, reference)
  const faults = faultsIn(response.body, text, sent).map(
    ({ path, message }): FieldFault => ({ path, message: say(message) }),
  )
  const message = `${describeReference(reference)}: the API server refused it: ${say(text)}`
  return new ClusterRefusal(kind, response.status, message, hint, faults, response.retryAfterMs)
}

function judge({ status, body }: ApiResponse, text: string, reference: ObjectReference): Judgement {
  if (status === 404 && /namespaces? ".*" not found/.test(text)) {
    const hint = `Add a manifest of the Namespace "${reference.namespace}" to an app, or create it.`
    return ['namespace-missing', hint]
  }
  if (status === 404) return ['kind-missing']
  if (status === 400 && noDryRun.test(text)) {
    const hint = `Ask those who run the webhook ${noDryRun.exec(text)?.[1]} to declare \`sideEffects: None\` or \`NoneOnDryRun\`: only then can it be asked for a plan.`
    return ['no-dry-run', hint]
  }
  if ((status === 422 || status === 403) && isImmutability(body, text)) return ['immutable']
  if (status === 409) return ['conflict']
  if (status === 413 || tooLarge.test(text)) return ['invalid', 'Make the object smaller, or split it.']
  // Of a node port for health checks it is said with 500.
  if (/provided (port|IP) is already allocated/.test(text)) {
    return ['invalid', 'Choose another one, or let its holder go first.']
  }
  if (status === 403 && /exceeded quota/.test(text)) return ['invalid', 'Raise the quota, or ask for less.']
  if (status === 403 && /is being terminated/.test(text)) {
    return ['invalid', 'Wait until the namespace is gone (look for finalizers), then plan again.']
  }
  if (status === 401 || (status === 403 && /cannot \w+ resource/.test(text))) {
    return ['forbidden', 'Give the credentials that Drydock uses this permission, or choose others.']
  }
  if (status === 429 || status === 503 || status === 504) return ['transient']
  if (status === 500 && /failed calling webhook|conversion webhook for .* failed/.test(text)) {
    return ['transient', 'A webhook of the cluster does not answer. Repair it, then try again.']
  }
  if (status === 500 && !unreadableWords.test(text)) return ['transient']
  return ['invalid', 'Mend the manifest at this place and push again.']
}

/** Takes sensitive values of a Secret out of what the server says of it, in errors and warnings: see {@link scrub}. */
export function withoutSecrets(text: string, sent: KubeObject): string {
  return scrub(text, [sent])
}

/** Where nothing was sent, the answer may still quote a Secret. */
function named({ apiVersion, kind, namespace, name }: ObjectReference): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) } }
}
