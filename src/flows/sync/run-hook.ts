import { healthOf } from '../../core/health/health.ts'
import { isWorkload } from '../../core/health/own-pods.ts'
import type { Phase } from '../../core/model/directives.ts'
import { DrydockError, type Problem } from '../../core/model/errors.ts'
import type { LiveObject } from '../../core/model/object.ts'
import { describeReference, identityOf, type ObjectReference, referenceOf } from '../../core/model/reference.ts'
import type { ObjectFacts } from '../../core/plan/facts.ts'
import { isMadeAnew, isOurHook } from '../../core/plan/hooks.ts'
import { deleteOld, problemsAt } from './apply-object.ts'
import { retrying } from './retry.ts'
import { scrubberOf } from './scrub-run.ts'
import { retriesOf, type SyncRun } from './sync-run.ts'

/** Makes a hook's object anew; the one of an earlier run is deleted before. What went wrong is returned. */
export async function applyHook(run: SyncRun, facts: ObjectFacts, phase: Phase): Promise<readonly Problem[]> {
  const { signal } = run
  const reference = referenceOf(facts.desired)
  const identity = identityOf(reference)
  const began = performance.now()
  try {
    signal.throwIfAborted()
    const live = await liveOf(run, reference)
    if (live && facts.live?.metadata.uid !== live.metadata.uid) refuseForeign(run, reference, live)
    // The pods of the old one are gone, too: two migrations at a time would meet.
    const propagation = isWorkload(reference.apiVersion, reference.kind) ? 'Foreground' : 'Background'
    if (live && isMadeAnew(facts)) await deleteOld(run, reference, live, propagation)
    const { validate } = facts.directives
    const { object } = await retrying(() => run.writer.apply(facts.desired, { validate }), retriesOf(run))
    run.uids.set(identity, object.metadata.uid)
    const durationMs = Math.round(performance.now() - began)
    run.objects.set(identity, { ...reference, result: 'created', hook: phase, durationMs })
    return []
  } catch (thrown) {
    if (signal.aborted) throw thrown
    const problems = problemsAt(run, facts, thrown)
    run.objects.set(identity, {
      ...reference,
      result: 'failed',
      hook: phase,
      message: problems[0]?.message ?? 'unknown',
    })
    return problems
  }
}

/** Somebody may have made it since the plan, which knows whose the one was that it saw. */
function refuseForeign(run: SyncRun, reference: ObjectReference, live: LiveObject): void {
  const { app } = run.planned.facts
  if (app.adopt || isOurHook(live, run.planned.inventory)) return
  throw new DrydockError(
    'already-owned',
    `${describeReference(reference)} is a hook, and this app did not make the one that is there.`,
    {
      hint: 'Remove it, or give the hook another name.',
    },
  )
}

/**
 * Marks the hooks that failed, and deletes those whose policy asks for it. `failed`: what went wrong in their phase, if
 * anything. What goes wrong here is returned.
 */
export async function tidyHooks(
  run: SyncRun,
  hooks: readonly ObjectFacts[],
  failed: readonly Problem[],
): Promise<readonly Problem[]> {
  const problems = hooks.map((facts) =>
    run.pace.run(async () => {
      try {
        await tidyHook(run, facts, failed)
        return []
      } catch (thrown) {
        if (run.signal.aborted) throw thrown
        return problemsAt(run, facts, thrown)
      }
    }),
  )
  return (await Promise.all(problems)).flat()
}

async function tidyHook(run: SyncRun, facts: ObjectFacts, failed: readonly Problem[]): Promise<void> {
  const reference = referenceOf(facts.desired)
  const uid = run.uids.get(identityOf(reference))
  const live = failed.length > 0 ? await liveOf(run, reference) : undefined
  // One that completed may be gone by itself; one that went unseen was complained of.
  const blamed = failed.some((each) => each.message.startsWith(`${describeReference(reference)}: `))
  const well = live ? healthOf(live).status === 'healthy' : !blamed
  const done = run.objects.get(identityOf(reference))
  if (!well && done && done.result !== 'failed') {
    const message = live ? (healthOf(live).message ?? 'it did not end well') : 'it is gone'
    run.objects.set(identityOf(reference), { ...done, result: 'failed', message: scrubberOf(run)(reference, message) })
  }
  if (uid === undefined || !facts.directives.hook?.deletion.includes(well ? 'succeeded' : 'failed')) return
  await retrying(() => run.writer.delete(reference, uid), retriesOf(run))
}

async function liveOf(run: SyncRun, reference: ObjectReference): Promise<LiveObject | undefined> {
  return retrying(() => run.planned.cluster.get(reference), { signal: run.signal })
}
