import type { FieldRule } from '../model/app.ts'
import type { KubeObject } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'

/** The fields that the rules name of this object, each as the parts of its pointer. */
export function rulesFor(object: KubeObject, rules: readonly FieldRule[]): readonly (readonly string[])[] {
  const { name, namespace } = object.metadata
  return rules
    .filter(
      (rule) =>
        (rule.group === undefined || rule.group === groupOf(object.apiVersion)) &&
        (rule.kind === undefined || rule.kind === object.kind) &&
        (rule.namespace === undefined || rule.namespace === namespace) &&
        (rule.name === undefined || rule.name === name),
    )
    .flatMap((rule) => rule.jsonPointers.map(parsePointer))
}

/** The parts of a JSON pointer (RFC 6901), decoded. */
export function parsePointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
