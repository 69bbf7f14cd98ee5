import { createHash, createHmac } from 'node:crypto'
import { type FieldPath, pathKey, pathsOf, valueAtPath } from '../diff/field-set.ts'
import { isOurs } from '../diff/predict.ts'
import { canonicalJson } from '../manifests/canonical.ts'
import { isMember } from '../model/inventory.ts'
import { at, isEmpty, isObject, type Json, type JsonObject, type LiveObject } from '../model/object.ts'
import type { AppPlan, Plan } from '../model/plan.ts'
import { identityOf, type ObjectReference, referenceOf } from '../model/reference.ts'
import type { AppFacts } from './facts.ts'

/** A live object that a plan touches, as it was when the plan was made. */
export type LiveState = {
  readonly cluster: string
  readonly app: string
  /** By the version in which it was read. */
  readonly reference: ObjectReference
  /** See {@link ownedState}. */
  readonly state: string
  /** `true`: it doesn't carry the app's inventory label (an object to adopt). */
  readonly foreign?: true
}

/** What {@link ownedState} says of an object that isn't there. */
const absent = 'absent'

/**
 * What a plan counts on of a live object: which object it is, and the values of the fields that our last apply owns
 * (`metadata.managedFields`, KEP-555). Never the status, never a field that is somebody else's alone. An HMAC by `key`:
 * equal for equal states, and without the key no value can be guessed from it.
 */
export function ownedState(live: LiveObject | undefined, key: string): string {
  if (!live) return absent
  const entries = live.metadata.managedFields ?? []
  const ours = entries.find((entry) => isOurs(entry))
  const others = entries.flatMap((entry) => (entry !== ours && entry.fieldsV1 ? [entry.fieldsV1] : []))
  const sets = ours?.fieldsV1 ? [ours.fieldsV1, ...others] : others
  const values = pathsOf(ours?.fieldsV1)
    .filter(([first]) => first !== 'f:status')
    .map((path) => {
      const value = valueAtPath(live, path)
      if (value === undefined) return [pathKey(path)]
      // Of a map or list that others may write to, only that it is there is ours; our members are listed for themselves.
      const shared = isEmpty(value) || sets.some((set) => hasMembers(set, path))
      return [pathKey(path), shared ? [] : [value]]
    })
  const text = canonicalJson([live.metadata.uid, ...values.sort(byFirst)])
  return createHmac('sha256', key).update(text).digest('base64url')
}

const byFirst = (one: readonly unknown[], other: readonly unknown[]) => (String(one[0]) < String(other[0]) ? -1 : 1)

/** Does a set of fields have members below this path? */
function hasMembers(set: JsonObject, path: FieldPath): boolean {
  const node = at(set, ...path)
  return isObject(node) && Object.keys(node).some((element) => element !== '.')
}

/**
 * The live objects that the plan of an app shows: those that it changes and those that have drifted. An object of which
 * it isn't known what is live is left out.
 */
export function liveStates(plan: AppPlan, facts: AppFacts, key: string): readonly LiveState[] {
  const objects = new Map<string, LiveObject | undefined>()
  for (const { manifest, live } of facts.objects) objects.set(identityOf(referenceOf(manifest.object)), live)
  for (const { reference, live } of facts.leftovers) objects.set(identityOf(reference), live)
  const states = new Map<string, LiveState>()
  for (const each of [...plan.changes, ...plan.drift]) {
    const { apiVersion, kind, namespace, name } = each
    const wanted = { apiVersion, kind, name, ...(namespace ? { namespace } : {}) }
    const live = objects.get(identityOf(wanted))
    const isAbsent = 'action' in each ? each.action === 'create' : each.missing === true
    if (!live && !isAbsent) continue
    const foreign = live !== undefined && !isMember(live, facts.inventory.id)
    states.set(identityOf(wanted), {
      cluster: plan.cluster,
      app: plan.name,
      reference: live ? referenceOf(live) : wanted,
      state: ownedState(live, key),
      ...(foreign ? { foreign: true } : {}),
    })
  }
  return [...states.values()]
}

/** A digest of all that a plan shows but the time and the commit that it was compared with. */
export function shownDigest(plan: Plan, more: Readonly<Record<string, string | undefined>>): string {
  const { base: _base, ...rest } = plan
  const text = canonicalJson({ plan: rest as unknown as Json, more })
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** What the check says while a plan is made again that was shown before; `reason` is that of the job. */
export function againCheck(reason: string): { readonly title: string; readonly summary: string } {
  const why =
    { command: 'asked for', rerequested: 'asked for', 'live-changed': 'live objects changed' }[reason] ??
    'the target branch changed'
  return {
    title: `Planning again: ${why}`,
    summary: 'The plan that is shown for this commit may no longer hold. This check ends with the new one.',
  }
}
