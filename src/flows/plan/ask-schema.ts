import { predict } from '../../core/diff/predict.ts'
import { problem } from '../../core/model/errors.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { KubeObject, LiveObject } from '../../core/model/object.ts'
import { describeReference, groupOf, referenceOf } from '../../core/model/reference.ts'
import type { Answer } from '../../core/plan/facts.ts'
import { checkAgainstDefinition, definitionFor } from '../../core/schema/check.ts'
import { retrying } from '../sync/retry.ts'
import type { Inquiry } from './gather.ts'

/** A kind or version that this commit defines, or whose API is down: the server can't say anything of it. */
export async function unserved(
  inquiry: Inquiry,
  manifest: Manifest,
  desired: KubeObject,
): Promise<{ readonly answer: Answer; readonly live?: LiveObject }> {
  const reference = referenceOf(manifest.object)
  const group = groupOf(reference.apiVersion)
  if (inquiry.kinds.unavailable.includes(group)) {
    return { answer: { by: 'client', reason: `its API group ${group} does not answer` } }
  }
  const served = inquiry.kinds.all.find((each) => each.kind === reference.kind && groupOf(each.apiVersion) === group)
  const found = served && (await retrying(() => inquiry.cluster.get({ ...reference, apiVersion: served.apiVersion })))
  if (!found) {
    const reason = served ? 'this commit adds the version of its kind' : 'this commit creates its kind'
    return { answer: bySchema(inquiry, manifest, reason) }
  }
  // Without a conversion webhook the versions differ by their name alone.
  const live = { ...found, apiVersion: reference.apiVersion }
  const reason = `this commit adds the version of its kind, and it is compared with ${served.apiVersion}`
  return { answer: withDefaults(inquiry, live, desired, bySchema(inquiry, manifest, reason)), live }
}

/** The answer with what the object becomes: merged into live, with the defaults of the new schema. */
export function withDefaults(inquiry: Inquiry, live: LiveObject, desired: KubeObject, answer: Answer): Answer {
  const definition = definitionFor(desired, inquiry.definitions)
  if (answer.by !== 'client' || !definition) return answer
  const { status: _, ...merged } = predict(live, desired)
  return { ...answer, object: checkAgainstDefinition(merged as KubeObject, definition).object }
}

/** The answer that the definition in this commit gives. */
export function bySchema(inquiry: Inquiry, manifest: Manifest, reason: string): Answer {
  const definition = definitionFor(manifest.object, inquiry.definitions)
  if (!definition) return { by: 'client', reason }
  const { object, faults, notChecked } = checkAgainstDefinition(manifest.object, definition)
  if (faults.length === 0) return { by: 'client', reason: [reason, ...notChecked].join('; '), object }
  const about = describeReference(referenceOf(manifest.object))
  const hint = 'Mend the manifest at this place, or the schema in its CustomResourceDefinition.'
  const problems = faults.map(({ path, message }) =>
    problem('manifest-invalid', `${about}: ${atField(path, message)}`, {
      source: manifest.locate?.(path) ?? manifest.source,
      hint,
    }),
  )
  return { by: 'refusal', problems, immutable: false }
}

/** What the live definition accepts, the one of this commit may refuse. */
export function newSchema(inquiry: Inquiry, manifest: Manifest): Answer | undefined {
  if (!definesAnew(inquiry, manifest.object)) return undefined
  const answer = bySchema(inquiry, manifest, 'this commit changes its CustomResourceDefinition')
  return answer.by === 'refusal' ? answer : undefined
}

/** Does this commit change the definition of the object's kind? */
export function definesAnew(inquiry: Inquiry, object: KubeObject): boolean {
  return inquiry.changedKinds.has(`${object.apiVersion} ${object.kind}`)
}

/** A mistake with its field, as the API server writes it: `spec.containers[0].image: Required value`. */
export function atField(path: readonly (string | number)[], message: string): string {
  const field = path
    .map((part) => (typeof part === 'number' || !/^[\w-]+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '')
  const last = path.findLast((part) => typeof part === 'string')
  return last === undefined || message.includes(String(last)) ? message : `${field}: ${message}`
}
