import { type Problem, problem } from '../model/errors.ts'

/** Remarks of one kind that are said in full; a cluster that hides something hides it of every object. */
const maxRemarks = 10

/** Remarks of one kind, with the rest of many counted. */
export function bounded(remarks: readonly string[]): readonly string[] {
  const rest = remarks.length - maxRemarks
  if (rest <= 1) return remarks
  return [...remarks.slice(0, maxRemarks), `The same is true of ${rest} more objects.`]
}

/** Objects of one foreign owner that are each an error of their own; the rest are counted. */
const maxOwned = 5

/** Errors, with those of many objects of one owner counted. */
export function shorten(errors: readonly Problem[]): readonly Problem[] {
  const owned = errors.filter((error) => error.code === 'already-owned')
  if (owned.length <= maxOwned) return errors
  const rest = owned.length - maxOwned
  const more = problem('already-owned', `${rest} more objects of this app belong to somebody else.`)
  return [...owned.slice(0, maxOwned), more, ...errors.filter((error) => error.code !== 'already-owned')]
}
