import type { Change } from '../model/change.ts'
import type { Phase } from '../model/directives.ts'
import type { ObjectOutcome, SyncOutcome } from '../model/outcome.ts'
import { identityOf } from '../model/reference.ts'

/** Hooks of these phases prepare what the commit needs; the others look at it, or tidy up. */
const preparing: readonly Phase[] = ['pre-sync', 'sync']

/**
 * What these syncs, which came after a revision, ran to prepare what they applied: Jobs and other hooks. Going back to
 * the revision doesn't take back what those did, so that each is a change with the risk `migration`.
 */
export function undoneBy(later: readonly SyncOutcome[]): readonly Change[] {
  const ran = later.flatMap(({ objects }) => objects.filter(hasPrepared))
  const all = new Map(ran.map((each) => [identityOf(each), each]))
  return [...all.values()].map(({ apiVersion, kind, namespace, name }) => ({
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    action: 'update',
    summary: [],
    fields: [],
    preview: 'client',
    risks: ['migration'],
  }))
}

/** One that failed may have done half of its work. */
function hasPrepared({ kind, hook, result }: ObjectOutcome): boolean {
  if (hook !== undefined) return preparing.includes(hook)
  return kind === 'Job' && ['created', 'replaced', 'failed'].includes(result)
}

/** Changes that go back along with those of a pull request, because they were synced after what it goes back to. */
export type TakenAlong = {
  /** Other pull requests, rising. */
  readonly numbers: readonly number[]
  /** How many direct pushes. */
  readonly pushes: number
}

/** Nothing goes back along. */
export const nothingAlong: TakenAlong = { numbers: [], pushes: 0 }

/** A sync of an app as far as what goes back along with it matters. */
type Passed = { readonly id: string; readonly number?: number; readonly outcome: SyncOutcome }

/**
 * What goes back along with a pull request to the sync `to`. A sync contains what came before it in the branch, also what was
 * superseded or failed; what still waits since was never live, and goes nowhere.
 *
 * @param newest syncs of merges and pushes, newest first
 */
export function takenAlong(newest: readonly Passed[], to: string, number: number): TakenAlong {
  const at = newest.findIndex(({ id }) => id === to)
  const later = at < 0 ? newest : newest.slice(0, at)
  const live = later.findIndex(({ outcome }) => outcome.state === 'succeeded' || outcome.objects.length > 0)
  const gone = live < 0 ? [] : later.slice(live).filter((each) => each.number !== number)
  const numbers = new Set(gone.flatMap((each) => each.number ?? []))
  const pushes = gone.filter((each) => each.number === undefined).length
  return { numbers: [...numbers].sort((one, other) => one - other), pushes }
}
