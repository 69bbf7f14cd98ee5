import type { KindInfo } from '../model/kinds.ts'
import { groupOf, type ObjectReference } from '../model/reference.ts'

/**
 * Tells which objects would go with the deletion of another: those in a Namespace, and those of the kind of a
 * CustomResourceDefinition, which is looked up among `kinds`. `undefined`: with this one nothing goes.
 */
export function holdingOf(
  reference: ObjectReference,
  kinds: readonly KindInfo[],
): ((object: ObjectReference) => boolean) | undefined {
  const { kind, name } = reference
  const group = groupOf(reference.apiVersion)
  if (group === '' && kind === 'Namespace') return (object) => object.namespace === name
  if (group !== 'apiextensions.k8s.io') return undefined
  // A definition is called `<plural>.<group>`.
  const dot = name.indexOf('.')
  const [plural, defined] = [name.slice(0, dot), name.slice(dot + 1)]
  const served = kinds.find((each) => each.resource === plural && groupOf(each.apiVersion) === defined)
  return served && ((object) => groupOf(object.apiVersion) === defined && object.kind === served.kind)
}
