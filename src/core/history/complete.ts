import type { KubeObject } from '../model/object.ts'
import { describeReference, identityOf, referenceOf } from '../model/reference.ts'
import type { KeptObjects } from './pack.ts'

/** Objects that may be applied, or the names of those whose values are nowhere. */
type Completed = { readonly objects: readonly KubeObject[] } | { readonly missing: readonly string[] }

/**
 * The kept objects, those with values that were not kept taken from another source of the same revision. An object that
 * isn't there either is named: what stands in the place of a value is never applied.
 */
export function completeObjects({ objects, missing }: KeptObjects, source: readonly KubeObject[]): Completed {
  const lacking = new Set(missing)
  const others = new Map(source.map((object) => [identityOf(referenceOf(object)), object]))
  const isLacking = (object: KubeObject) => lacking.has(describeReference(referenceOf(object)))
  const nowhere = objects.filter((object) => isLacking(object) && !others.has(identityOf(referenceOf(object))))
  if (nowhere.length > 0) return { missing: nowhere.map((object) => describeReference(referenceOf(object))) }
  return {
    objects: objects.map((object) => {
      const other = isLacking(object) ? others.get(identityOf(referenceOf(object))) : undefined
      return other ?? object
    }),
  }
}
