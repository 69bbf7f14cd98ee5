import type { Masker } from '../diff/mask.ts'
import type { Change, Risk } from '../model/change.ts'
import { type Problem, problem } from '../model/errors.ts'
import { fieldManager, type Inventory, isMember } from '../model/inventory.ts'
import type { LiveObject } from '../model/object.ts'
import { describeReference, groupOf, identityOf, type ObjectReference, referenceOf } from '../model/reference.ts'
import { liveDirectives } from '../sync/directives.ts'
import { ownIds } from '../sync/renames.ts'
import { creation } from './describe.ts'
import type { AppFacts, ObjectFacts } from './facts.ts'
import { lossOf } from './leftovers.ts'

/**
 * The hooks of a sync, as changes: they run when there is something else to do, when an earlier sync was not finished, or
 * when the commit changes one of them. `busy`: there is something else to do.
 */
export function decideHooks(
  facts: AppFacts,
  busy: boolean,
  masker: Masker,
): { readonly changes: readonly Change[]; readonly errors: readonly Problem[] } {
  const hooks = facts.hooks ?? []
  const open = (facts.inventory.unfinished ?? []).length > 0
  if (!busy && !open && !hooks.some((hook) => hook.touched)) return { changes: [], errors: [] }
  const decided = hooks.map((hook) => {
    const errors = errorsOf(hook, facts)
    return errors.length > 0 ? { errors } : { change: asChange(hook, facts.inventory, masker) }
  })
  return {
    changes: decided.flatMap(({ change }) => (change ? [change] : [])),
    errors: decided.flatMap(({ errors }) => errors ?? []),
  }
}

function asChange(facts: ObjectFacts, inventory: Inventory, masker: Masker): Change {
  const { live, directives, desired } = facts
  const change = creation(facts, masker)
  const again = live && (isMadeAnew(facts) ? ('replace' as const) : ('update' as const))
  return {
    ...change,
    ...(again ? { action: again } : {}),
    // What holds data or other objects is lost with it, before or after it ran.
    ...(live && directives.hook?.deletion.length ? { risks: risksOf(referenceOf(desired), inventory) } : {}),
    hook: { phases: directives.hook?.phases ?? [] },
    ...(directives.wave === 0 ? {} : { wave: directives.wave }),
  }
}

/**
 * Is the object of an earlier run deleted before? What runs to its end must be, to run again, whatever else its policy says
 * (Argo CD would take the result of the last run for the one of this); other kinds where the policy asks for it. With the
 * policy `Never` it stays, and a run that ended is not repeated.
 */
export function isMadeAnew({ desired, directives }: Pick<ObjectFacts, 'desired' | 'directives'>): boolean {
  const { deletion = [] } = directives.hook ?? {}
  const runs = ['batch/Job', '/Pod'].includes(`${groupOf(desired.apiVersion)}/${desired.kind}`)
  return deletion.includes('before-creation') || (runs && deletion.length > 0)
}

/** Did this app make the hook that is there? A label can be copied; who wrote an object, the server writes down. */
export function isOurHook(live: LiveObject, inventory: Inventory): boolean {
  const wrote = live.metadata.managedFields?.some((entry) => entry.manager === fieldManager) === true
  return wrote && ownIds(inventory).some((id) => isMember(live, id))
}

/** An object of the app that becomes a hook is deleted for the first time. */
function risksOf(reference: ObjectReference, inventory: Inventory): readonly Risk[] {
  const was = inventory.objects.some((entry) => identityOf(entry) === identityOf(reference))
  return [...(was ? ['immutable' as const] : []), ...lossOf(reference)]
}

/** The hook of an earlier sync is deleted by its name: it must be ours. */
function errorsOf(
  { live, answer, manifest, directives, from }: ObjectFacts,
  { app, inventory }: AppFacts,
): readonly Problem[] {
  if (live && from === undefined && !isOurHook(live, inventory) && !app.adopt) {
    const hint =
      'Remove it there, give the hook another name, or say `adopt: true` for this app in .github/drydock.yaml.'
    const message = `${describeReference(referenceOf(manifest.object))} is a hook, but there is one of this name that this app did not make.`
    return [problem('already-owned', message, { source: manifest.source, hint })]
  }
  // What was a hook before is made to be deleted, whatever protects it from being pruned.
  const was = inventory.objects.some((entry) => identityOf(entry) === identityOf(referenceOf(manifest.object)))
  const { protectedBy } = live && was && directives.hook?.deletion.length ? liveDirectives(live) : {}
  if (protectedBy !== undefined) {
    const hint = 'Give the hook another name, or take the annotation off the object first.'
    const message = `${describeReference(referenceOf(manifest.object))} is a hook, which is deleted, but the one that is there is protected by ${protectedBy}.`
    return [problem('already-owned', message, { source: manifest.source, hint })]
  }
  return answer.by === 'refusal' ? answer.problems : []
}
