import { isWorkload } from '../../core/health/own-pods.ts'
import type { Change } from '../../core/model/change.ts'
import type { Directives } from '../../core/model/directives.ts'
import { type Problem, problemsOf } from '../../core/model/errors.ts'
import type { LiveObject } from '../../core/model/object.ts'
import { identityOf, type ObjectReference } from '../../core/model/reference.ts'
import type { LeftoverFacts } from '../../core/plan/facts.ts'
import { releasedOf } from '../../core/plan/leftovers.ts'
import { scrubProblem } from '../../core/plan/scrubbed.ts'
import { liveDirectives } from '../../core/sync/directives.ts'
import { pruneOrder } from '../../core/sync/schedule.ts'
import { deleteOld } from './apply-object.ts'
import { lastLook } from './last-look.ts'
import { retrying } from './retry.ts'
import { bareReference, retriesOf, type SyncRun } from './sync-run.ts'

/** What a prune came to. */
export type Pruned = {
  /** What no longer belongs in the inventory. */
  readonly gone: readonly ObjectReference[]
  readonly problems: readonly Problem[]
}

/**
 * Deletes what the plan says, the last wave first and in the reverse order of apply. `first`: only what must go before
 * anything is applied. What was handed over to another app leaves the inventory, and what can't be deleted stays in it.
 */
export async function prune(run: SyncRun, options: { readonly first: boolean }): Promise<Pruned> {
  const { facts } = run.planned
  const deletions = run.plan.changes
    .filter((change) => change.action === 'delete' && (change.first === true) === options.first)
    .flatMap((change) => deletionOf(facts.leftovers, change))
  if (deletions.length > 0) run.step('pruning')
  const gone: ObjectReference[] = []
  const problems: Problem[] = []
  if (!options.first) {
    gone.push(...facts.leftovers.filter((each) => !each.live).map((each) => each.reference), ...releasedOf(facts))
    for (const change of run.plan.changes) {
      if (change.first && run.objects.get(identityOf(change))?.result === 'deleted') gone.push(bareReference(change))
    }
  }
  const order = pruneOrder(deletions, ({ live, directives }) => ({ object: live, directives }))
  for (const stage of order.flatMap((wave) => wave.stages)) {
    await Promise.all(
      stage.map((deletion) =>
        run.pace.run(async () => {
          const { failed, left } = await remove(run, deletion, options)
          problems.push(...failed)
          if (failed.length === 0 && !left) gone.push(bareReference(deletion.change))
        }),
      ),
    )
  }
  for (const change of options.first ? [] : run.unconfirmed) {
    const message = 'its deletion waits for `/approve`'
    run.objects.set(identityOf(change), { ...bareReference(change), result: 'kept', message })
  }
  return { gone, problems }
}

/** A deletion with the object that it is about. */
type Deletion = {
  readonly change: Change
  readonly leftover: LeftoverFacts
  readonly live: LiveObject
  readonly directives: Directives
}

function deletionOf(leftovers: readonly LeftoverFacts[], change: Change): readonly Deletion[] {
  const identity = identityOf(change)
  const found = leftovers.find((each) => identityOf(each.reference) === identity)
  if (!found?.live) return []
  const { live, directives = liveDirectives(live) } = found
  return [{ change, leftover: found, live, directives }]
}

/**
 * A workload is gone when its pods are; those that are asked to stay do. What a Service holds is free at once only when it is
 * deleted at once, not by the garbage collector.
 */
function wayOf({ apiVersion, kind }: ObjectReference, { propagation }: Directives): Directives['propagation'] {
  if (propagation === 'Orphan') return 'Orphan'
  return isWorkload(apiVersion, kind) ? 'Foreground' : 'Background'
}

/**
 * Deletes one object; what went wrong is returned. What must be gone before the others come is waited for. `left`: a
 * finalizer still holds it, so that it stays in the inventory.
 */
async function remove(
  run: SyncRun,
  { change, leftover, live, directives }: Deletion,
  { first }: { readonly first: boolean },
): Promise<{ readonly failed: readonly Problem[]; readonly left: boolean }> {
  const reference = bareReference(change)
  const identity = identityOf(reference)
  const { facts } = run.planned
  const began = performance.now()
  try {
    run.signal.throwIfAborted()
    const look = await lastLook(run.planned.cluster, leftover, change, facts, run.signal)
    if (look.now === 'stays') {
      run.objects.set(identity, { ...reference, result: 'kept', message: look.why })
      return { failed: [], left: true }
    }
    if (look.now === 'gone') return { failed: [], left: false }
    if (first) await deleteOld(run, reference, live, wayOf(reference, directives))
    else await retrying(() => run.writer.delete(reference, live.metadata.uid, directives), retriesOf(run))
    run.objects.set(identity, { ...reference, result: 'deleted', durationMs: Math.round(performance.now() - began) })
    const now = first ? undefined : await retrying(() => run.planned.cluster.get(reference), { signal: run.signal })
    return { failed: [], left: now?.metadata.uid === live.metadata.uid }
  } catch (thrown) {
    if (run.signal.aborted) throw thrown
    const said = problemsOf(thrown).map((each) => scrubProblem(each, [live], facts.app.sensitive))
    run.objects.set(identity, { ...reference, result: 'failed', message: said[0]?.message ?? 'unknown' })
    return { failed: said, left: false }
  }
}
