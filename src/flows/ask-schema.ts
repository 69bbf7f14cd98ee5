import { problem } from '../core/model/errors.ts'
import type { Manifest } from '../core/model/manifest.ts'
import type { KubeObject } from '../core/model/object.ts'
import { describeReference, groupOf, referenceOf } from '../core/model/reference.ts'
import type { Answer } from '../core/plan/facts.ts'
import { checkAgainstDefinition, definitionFor } from '../core/schema/check.ts'
import type { Inquiry } from './gather.ts'

/** A kind that this commit defines, or whose API is down: the server can't say anything of it. */
export function unserved(inquiry: Inquiry, manifest: Manifest): Answer {
  const group = groupOf(manifest.object.apiVersion)
  if (inquiry.kinds.unavailable.includes(group))
    return { by: 'client', reason: `its API group ${group} does not answer` }
  return bySchema(inquiry, manifest, 'this commit creates its kind')
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
