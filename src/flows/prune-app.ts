import pLimit from 'p-limit'
import { applyStages } from '../core/manifests/order.ts'
import { type Problem, problemsOf } from '../core/model/errors.ts'
import { identityOf, type ObjectReference } from '../core/model/reference.ts'
import { scrubProblem } from '../core/plan/scrubbed.ts'
import { retrying } from './retry.ts'
import { bareReference, parallelWrites, type SyncRun } from './sync-run.ts'

/** Deletes what the plan says, in the reverse order of apply. `gone`: what no longer belongs in the inventory. */
export async function pruneApp(
  run: SyncRun,
): Promise<{ readonly gone: readonly ObjectReference[]; readonly problems: readonly Problem[] }> {
  const { planned } = run
  const absent = planned.facts.leftovers.filter((each) => !each.live).map((each) => each.reference)
  const deletions = planned.plan.changes.filter((change) => change.action === 'delete')
  if (deletions.length > 0) run.step('pruning')
  const gone: ObjectReference[] = [...absent]
  const problems: Problem[] = []
  const lives = new Map(planned.facts.leftovers.map((each) => [identityOf(each.reference), each.live]))
  for (const stage of applyStages(deletions, (change) => change.kind).toReversed()) {
    const limit = pLimit(parallelWrites)
    await Promise.all(
      stage.map((change) =>
        limit(async () => {
          const reference = bareReference(change)
          const uid = lives.get(identityOf(change))?.metadata.uid
          if (uid === undefined) return
          try {
            run.signal.throwIfAborted()
            await retrying(() => run.writer.delete(reference, uid), {
              ...planned.facts.app.sync.retry,
              signal: run.signal,
            })
            gone.push(reference)
            run.objects.set(identityOf(reference), { ...reference, result: 'deleted' })
          } catch (thrown) {
            if (run.signal.aborted) throw thrown
            const live = lives.get(identityOf(change))
            const said = problemsOf(thrown).map((each) =>
              scrubProblem(each, live ? [live] : [], planned.facts.app.sensitive),
            )
            problems.push(...said)
            run.objects.set(identityOf(reference), {
              ...reference,
              result: 'failed',
              message: said[0]?.message ?? 'unknown',
            })
          }
        }),
      ),
    )
  }
  return { gone, problems }
}
