import { setTimeout as delay } from 'node:timers/promises'
import type { Change, Drift } from '../../core/model/change.ts'
import type { Phase } from '../../core/model/directives.ts'
import { type Problem, problemsOf } from '../../core/model/errors.ts'
import type { AppPlan } from '../../core/model/plan.ts'
import { identityOf, referenceOf } from '../../core/model/reference.ts'
import type { ObjectFacts } from '../../core/plan/facts.ts'
import { pausedBy } from '../../core/sync/directives.ts'
import { scheduleOf, type Wave } from '../../core/sync/schedule.ts'
import { applyObject } from './apply-object.ts'
import { prune } from './prune-app.ts'
import { applyHook, tidyHooks } from './run-hook.ts'
import { scrubberOf } from './scrub-run.ts'
import type { SyncRun } from './sync-run.ts'
import { waitForHealth } from './wait-for-health.ts'

/** What is sent for an object; nothing: it is only waited for. */
type Wanted = ReadonlyMap<string, Change | Drift>

/** What is applied: the changes, and the drift that a sync restores. */
export function toSend(plan: AppPlan): readonly (Change | Drift)[] {
  // The change comes last: of an object that drifted too, it says what is done.
  return [
    ...plan.drift.filter((drift) => drift.onSync === 'restored'),
    ...plan.changes.filter((change) => change.action !== 'delete'),
  ]
}

/** Phases of a sync in which something can go wrong. */
const phases: readonly Phase[] = ['pre-sync', 'sync', 'post-sync']

/**
 * Applies what was authorised, phase after phase, wave after wave, and inside a wave kind after kind; the next wave when
 * this one is healthy. What is deleted first goes between the first two phases. A failure ends the sync, and runs the
 * hooks that are for that.
 */
export async function runPhases(run: SyncRun, timeoutMs: number): Promise<readonly Problem[]> {
  const { facts } = run.planned
  const wanted: Wanted = new Map(toSend(run.plan).map((each) => [identityOf(each), each]))
  for (const each of facts.objects) {
    const uid = each.live?.metadata.uid
    if (uid) run.uids.set(identityOf(referenceOf(each.desired)), uid)
  }
  const isWanted = (each: ObjectFacts) => wanted.has(identityOf(referenceOf(each.desired)))
  const items = [
    ...facts.objects.filter((each) => isWanted(each) || (each.touched && !isLeftAlone(each))),
    ...(facts.hooks ?? []).filter(isWanted),
  ]
  const schedule = scheduleOf(items, (each) => ({ directives: each.directives, object: each.desired }))
  for (const phase of phases) {
    const blocked = phase === 'sync' ? (await prune(run, { first: true })).problems : []
    const problems = blocked.length > 0 ? blocked : await runPhase(run, phase, schedule[phase], wanted, timeoutMs)
    if (problems.length === 0) continue
    return [...problems, ...(await runPhase(run, 'sync-fail', schedule['sync-fail'], wanted, timeoutMs))]
  }
  return []
}

/** What annotations take away from a sync isn't waited for either: it may be somebody else's, without our label. */
function isLeftAlone({ live, directives, manifest }: ObjectFacts): boolean {
  return live !== undefined && (directives.apply === 'if-absent' || pausedBy(live, manifest.object) !== undefined)
}

async function runPhase(
  run: SyncRun,
  phase: Phase,
  waves: readonly Wave<ObjectFacts>[],
  wanted: Wanted,
  timeoutMs: number,
): Promise<readonly Problem[]> {
  const hooks: ObjectFacts[] = []
  for (const wave of waves) {
    const all = wave.stages.flat()
    hooks.push(...all.filter((each) => each.directives.hook))
    const problems = await caught(run, async () => {
      const failed = await applyWave(run, phase, wave, wanted, timeoutMs)
      return failed.length > 0 ? failed : wait(run, all, timeoutMs, wave.wave)
    })
    if (problems.length > 0) return [...problems, ...(await tidyHooks(run, hooks, problems))]
  }
  // Not after each wave: a Job may need the ServiceAccount of an earlier one (as Helm, pkg/action/hooks.go).
  return tidyHooks(run, hooks, [])
}

/** What is thrown on the way is a failure like any other: the hooks for that are run. */
async function caught(run: SyncRun, work: () => Promise<readonly Problem[]>): Promise<readonly Problem[]> {
  try {
    return await work()
  } catch (thrown) {
    if (run.signal.aborted) throw thrown
    return problemsOf(thrown)
  }
}

async function applyWave(
  run: SyncRun,
  phase: Phase,
  wave: Wave<ObjectFacts>,
  wanted: Wanted,
  timeoutMs: number,
): Promise<readonly Problem[]> {
  const name = wave.wave === 0 ? [] : [`wave ${wave.wave}`]
  for (const [index, stage] of wave.stages.entries()) {
    const sent = stage.filter((each) => wanted.has(identityOf(referenceOf(each.desired))))
    if (sent.length === 0) continue
    run.step(phase === 'sync' ? 'applying' : 'hooks', name)
    const problems = await Promise.all(
      sent.map((facts) =>
        run.pace.run(() =>
          facts.directives.hook
            ? applyHook(run, facts, phase)
            : applyObject(run, facts, wanted.get(identityOf(referenceOf(facts.desired)))),
        ),
      ),
    )
    const failed = problems.flat()
    if (failed.length > 0) return failed
    const definitions = sent.filter((each) => each.desired.kind === 'CustomResourceDefinition')
    if (definitions.length === 0) continue
    const waited = await wait(run, definitions, timeoutMs, wave.wave)
    if (waited.length > 0) return waited
    await untilServed(run, wave.stages.slice(index + 1).flat(), timeoutMs)
  }
  return []
}

/** Waits for the health of objects, and for the end of hooks. */
async function wait(
  run: SyncRun,
  objects: readonly ObjectFacts[],
  timeoutMs: number,
  wave: number,
): Promise<readonly Problem[]> {
  const { planned } = run
  const waited = objects.filter((each) => !each.directives.ignoreHealth)
  return waitForHealth(
    planned.cluster,
    waited.map((each) => referenceOf(each.desired)),
    {
      timeoutMs,
      signal: run.signal,
      labelSelector: planned.inventory.id,
      rules: planned.facts.app.health,
      since: run.since,
      uids: run.uids,
      scrub: scrubberOf(run),
      unwatched: (reference) => {
        const done = run.objects.get(identityOf(reference))
        const message = 'not waited for: its kind can not be watched'
        if (done) run.objects.set(identityOf(reference), { ...done, message })
      },
      completes: new Set(
        waited.filter((each) => each.directives.hook).map((each) => identityOf(referenceOf(each.desired))),
      ),
      waiting: (lines) => run.step('waiting', wave === 0 ? lines : lines.map((each) => `wave ${wave}: ${each}`)),
    },
  )
}

/** A definition is established a moment before discovery serves its kind. */
async function untilServed(run: SyncRun, chosen: readonly ObjectFacts[], timeoutMs: number): Promise<void> {
  const { cluster } = run.planned
  const end = performance.now() + Math.min(timeoutMs, 30_000)
  for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
    const kinds = await cluster.kinds({ fresh: true })
    const lacking = chosen.find((facts) => !kinds.find(facts.desired.apiVersion, facts.desired.kind))
    if (!lacking || performance.now() > end) return
    await delay(pause, undefined, { signal: run.signal })
  }
}
