import { at, isArray, type Json, textAt } from '../../core/model/object.ts'

/** Immutability has several wordings: engines of validation, transition rules, lists of what may be updated. */
const immutableWords: readonly RegExp[] = [
  // Deployment, Job, Secret, ConfigMap, claims, volumes, most CustomResourceDefinitions
  /\b(?:is|are) immutable\b/i,
  // PriorityClass, Service; many CustomResourceDefinitions
  /\b(?:may not|cannot|can not|can't|must not) be (?:changed|modified|updated)\b/i,
  /\bmay not change once set\b/i,
  // Bindings
  /\bcannot change roleRef\b/i,
  // StatefulSet, StorageClass
  /\bupdates to .* are forbidden\b/i,
  // Pod
  /\bupdates may not change fields\b/i,
  // A transition rule (CEL) without words of its own: a new object has no `oldSelf`.
  /\bfailed rule: .*\boldSelf\b/i,
]

/** A policy may say anything of a change, also that something may not be changed: that is no reason to replace. */
const admissionWords = /admission webhook|ValidatingAdmissionPolicy|MutatingAdmissionPolicy/

/** What accompanies other mistakes, and is none itself. */
const unchecked = /some validation rules were not checked/

/**
 * Tells whether an object was refused only because a field can't be changed. Every cause must say so: an object that is
 * deleted for it must be accepted when it is made again. Quoted values don't count, whatever they say.
 */
export function isImmutability(body: Json | undefined, text: string): boolean {
  if (admissionWords.test(text)) return false
  const causes = at(body, 'details', 'causes')
  const messages = isArray(causes) ? causes.flatMap((cause) => textAt(cause, 'message') ?? []) : []
  return (messages.length > 0 ? messages : [text]).every((message) => {
    const bare = message.replace(quoted, '')
    return !unchecked.test(bare) && immutableWords.some((words) => words.test(bare))
  })
}

/** Text in double quotes as Go writes it, with escapes. */
const quoted = /"(?:[^"\\]|\\.)*"/g
