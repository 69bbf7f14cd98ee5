import type { Change } from '../../core/model/change.ts'
import type { AppFacts, LeftoverFacts } from '../../core/plan/facts.ts'
import { fateOf } from '../../core/plan/leftovers.ts'
import { liveDirectives } from '../../core/sync/directives.ts'
import type { Cluster } from '../ports.ts'
import { retrying } from './retry.ts'

/** What is true of an object right before its deletion. */
export type LastLook =
  | { readonly now: 'goes' | 'gone' }
  /** Another app took it over, or somebody protected it since it was planned. */
  | { readonly now: 'stays'; readonly why: string }

/**
 * Reads an object that is about to be deleted once more and judges it again: between the plan and the prune lies the whole
 * wait for health, in which a newer commit may have given the object to another app.
 */
export async function lastLook(
  cluster: Cluster,
  leftover: LeftoverFacts,
  change: Change,
  facts: AppFacts,
  signal: AbortSignal,
): Promise<LastLook> {
  const live = await retrying(() => cluster.get(leftover.reference), { signal })
  if (!live || live.metadata.uid !== leftover.live?.metadata.uid) return { now: 'gone' }
  const fate = fateOf({ ...leftover, live, directives: liveDirectives(live) }, facts)
  if (fate.is === 'kept') return { now: 'stays', why: fate.why }
  if (fate.is !== 'deleted') return { now: 'gone' }
  if (fate.confirm && !change.risks.includes('unconfirmed')) {
    return { now: 'stays', why: 'somebody asked for a confirmation since it was planned' }
  }
  return { now: 'goes' }
}
