import type { ObjectOutcome } from '../model/outcome.ts'
import type { AppPlan } from '../model/plan.ts'
import { describeReference, identityOf } from '../model/reference.ts'

/** Sizes and the like that only grow. */
const grown = /^\/spec\/resources\/requests\/storage$/

/**
 * What going back to the revision before can't undo of a sync: Jobs and other hooks that ran, objects that were deleted
 * (their data with them), and volumes that grew. One text for each kind of loss.
 */
export function notUndone(plan: AppPlan | undefined, objects: readonly ObjectOutcome[]): readonly string[] {
  const ran = objects.filter((each) => each.hook !== undefined || (each.kind === 'Job' && each.result !== 'unchanged'))
  const made = new Set(objects.map(identityOf))
  const lost = objects.filter((each) => ['deleted', 'replaced'].includes(each.result) && each.hook === undefined)
  const volumes = (plan?.changes ?? []).filter(
    (change) =>
      change.kind === 'PersistentVolumeClaim' &&
      made.has(identityOf(change)) &&
      change.fields.some((field) => grown.test(field.path) && field.before !== undefined),
  )
  return [
    ...(ran.length > 0 ? [`What these did stays done: ${names(ran)}.`] : []),
    ...(lost.length > 0 ? [`Made anew, without what they held: ${names(lost)}.`] : []),
    ...(volumes.length > 0 ? [`Volumes don't shrink: ${names(volumes)}.`] : []),
  ]
}

/** Names that are said one by one. */
const maxNames = 5

function names(list: readonly Parameters<typeof describeReference>[0][]): string {
  const rest = list.length - maxNames
  const shown = list.slice(0, maxNames).map(describeReference).join(', ')
  return rest > 0 ? `${shown} and ${rest} more` : shown
}
