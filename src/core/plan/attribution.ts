import { type Difference, sameJson } from '../diff/fields.ts'
import type { Masker } from '../diff/mask.ts'
import { ownersOf } from '../diff/ownership.ts'
import { valueAt } from '../diff/patch.ts'
import { predict } from '../diff/predict.ts'
import { fieldManager } from '../model/inventory.ts'
import type { LiveObject } from '../model/object.ts'
import { withoutAllocations } from './allocations.ts'
import { differencesOf } from './describe.ts'
import type { AppFacts, ObjectFacts } from './facts.ts'
import { foldRules, withoutAdded } from './folding.ts'

/** The differences that the base's manifest would make too, by path; `takes`: without what others added. */
export function driftBefore(
  facts: ObjectFacts,
  live: LiveObject,
  { app, inventory }: AppFacts,
  takes: boolean,
  masker: Masker,
): ReadonlyMap<string, Difference> {
  const { basePredicted } = facts
  if (!facts.base && !basePredicted) return new Map()
  const base = facts.base ?? facts.desired
  // Guessed where the server could not be asked, or refused the base.
  const applied = basePredicted ?? (predict(live, base) as LiveObject)
  const rules = foldRules(app, facts, live, inventory.id)
  const before = (takes && withoutAdded(applied, base, rules).wanted) || applied
  const found = differencesOf(live, withoutAllocations(before, live, base), masker)
  return new Map(found.map((each) => [each.path, each]))
}

/** Both sides of the commit say the same of it. */
export function leavesAlone({ base, desired }: ObjectFacts, { steps }: Difference): boolean {
  const said = base && valueAt(base, steps)
  return said !== undefined && sameJson(said, valueAt(desired, steps))
}

/** Somebody put it there whom a sync takes it from, and neither side of the commit says it. */
export function isAdded(facts: ObjectFacts, live: LiveObject, { before, after, steps }: Difference): boolean {
  const said = [facts.base, facts.desired].some((each) => each && valueAt(each, steps) !== undefined)
  return before !== undefined && after === undefined && !said && ownersOf(live, steps, fieldManager).length > 0
}

/** Do two differences speak of one place, or of a place in the other's? */
export function overlaps(one: Difference, other: Difference): boolean {
  const [short, long] = one.path.length < other.path.length ? [one.path, other.path] : [other.path, one.path]
  return long === short || long.startsWith(`${short}/`) || long.startsWith(`${short}[`)
}

/** The base says this field and the commit does not: that it goes is the commit's doing, whoever else holds it. */
export function isReleased(facts: ObjectFacts, difference: Difference): boolean {
  if (!facts.base) return false
  return valueAt(facts.base, difference.steps) !== undefined && valueAt(facts.desired, difference.steps) === undefined
}
