import { setTimeout as delay } from 'node:timers/promises'
import pLimit from 'p-limit'
import { comparable } from '../core/diff/comparable.ts'
import { sameJson } from '../core/diff/fields.ts'
import { foldInto } from '../core/diff/fold.ts'
import { applyStages } from '../core/manifests/order.ts'
import type { Change, Drift } from '../core/model/change.ts'
import { DrydockError, type Problem, problemsOf } from '../core/model/errors.ts'
import { partOfLabel } from '../core/model/inventory.ts'
import type { KubeObject, LiveObject } from '../core/model/object.ts'
import { identityOf, type ObjectReference, referenceOf } from '../core/model/reference.ts'
import { ClusterRefusal } from '../core/model/refusal.ts'
import { lacksEmpty } from '../core/plan/emptied.ts'
import type { ObjectFacts } from '../core/plan/facts.ts'
import { foldRules, hasManagers, isReady, toFold } from '../core/plan/folding.ts'
import { scrubProblem } from '../core/plan/scrubbed.ts'
import type { PlannedApp } from './plan-app.ts'
import { retrying } from './retry.ts'
import { parallelWrites, type SyncRun } from './sync-run.ts'
import { waitForHealth } from './wait-for-health.ts'

/** How often a write that lost against somebody else's is made again. */
const maxRaces = 5

/** What is applied: the changes, and the drift that a sync restores. */
export function toSend({ plan }: PlannedApp): readonly (Change | Drift)[] {
  // The change comes last: of an object that drifted too, it says what is done.
  return [
    ...plan.drift.filter((drift) => drift.onSync === 'restored'),
    ...plan.changes.filter((change) => change.action !== 'delete'),
  ]
}

/** Applies what the plan says, stage after stage; a failure ends the sync before the next stage. */
export async function applyApp(run: SyncRun, timeoutMs: number): Promise<readonly Problem[]> {
  const { planned } = run
  const wanted = new Map(toSend(planned).map((each) => [identityOf(each), each]))
  for (const facts of planned.facts.objects) {
    const uid = facts.live?.metadata.uid
    if (uid) run.uids.set(identityOf(referenceOf(facts.desired)), uid)
  }
  const chosen = planned.facts.objects.filter((facts) => wanted.has(identityOf(referenceOf(facts.desired))))
  for (const stage of applyStages(chosen, (facts) => facts.desired.kind)) {
    run.step('applying')
    const limit = pLimit(parallelWrites)
    const problems = await Promise.all(stage.map((facts) => limit(() => applyOne(run, facts, wanted))))
    const failed = problems.flat()
    if (failed.length > 0) return failed
    const definitions = stage.filter((facts) => facts.desired.kind === 'CustomResourceDefinition')
    if (definitions.length > 0) {
      const waited = await waitForHealth(
        planned.cluster,
        definitions.map((facts) => referenceOf(facts.desired)),
        {
          timeoutMs,
          signal: run.signal,
          labelSelector: planned.inventory.id,
          waiting: (lines) => run.step('waiting', lines),
        },
      )
      if (waited.length > 0) return waited
      await untilServed(run, chosen, timeoutMs)
    }
  }
  return []
}

async function applyOne(
  run: SyncRun,
  facts: ObjectFacts,
  wanted: ReadonlyMap<string, Change | Drift>,
): Promise<readonly Problem[]> {
  const reference = referenceOf(facts.desired)
  const identity = identityOf(reference)
  const change = wanted.get(identity)
  const replaced = change && 'action' in change && change.action === 'replace'
  const { signal } = run
  const { retry } = run.planned.facts.app.sync
  const began = performance.now()
  try {
    signal.throwIfAborted()
    if (replaced && facts.live) await replaceOld(run, reference, facts.live)
    const live = replaced ? undefined : facts.live
    if (live && hasManagers(live)) {
      if (isReady(live)) await foldOthers(run, facts, live)
    } else if (live) {
      // Only an apply makes the server write down who held what: one that says nothing changes nothing.
      const first = await retrying(() => run.writer.apply(bare(facts.desired)), { ...retry, signal })
      await foldOthers(run, facts, first.object)
    }
    let answer = await retrying(() => run.writer.apply(facts.desired), { ...retry, signal })
    // Ours by another version of the kind until now: what is to go can be told after this apply.
    if (live && hasManagers(live) && !isReady(live) && (await foldOthers(run, facts, answer.object))) {
      signal.throwIfAborted()
      answer = await retrying(() => run.writer.apply(facts.desired), { ...retry, signal })
    }
    if (live && (await wantsSecond(run, facts, answer.object))) {
      signal.throwIfAborted()
      answer = await retrying(() => run.writer.apply(facts.desired), { ...retry, signal })
    }
    run.uids.set(identity, answer.object.metadata.uid)
    const result = replaced ? 'replaced' : answer.created ? 'created' : 'configured'
    run.objects.set(identity, { ...reference, result, durationMs: Math.round(performance.now() - began) })
    return []
  } catch (thrown) {
    if (signal.aborted) throw thrown
    const forms = facts.live ? [facts.desired, facts.live] : [facts.desired]
    const { sensitive } = run.planned.facts.app
    const problems = problemsOf(thrown)
      .map((each) => scrubProblem(each, forms, sensitive))
      .map((each) => (each.source ? each : { ...each, source: facts.manifest.source }))
    run.objects.set(identity, { ...reference, result: 'failed', message: problems[0]?.message ?? 'unknown' })
    return problems
  }
}

/** The name of an object, and our label. */
function bare({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, labels = {} } = metadata
  const label = Object.fromEntries(Object.entries(labels).filter(([key]) => key === partOfLabel))
  return { apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}), labels: label } }
}

/** An apply that empties a list or map leaves it out; where the server keeps empty ones, the next apply writes it. */
async function wantsSecond(run: SyncRun, { desired }: ObjectFacts, applied: LiveObject): Promise<boolean> {
  if (!lacksEmpty(desired, applied)) return false
  try {
    const { object } = await retrying(() => run.planned.cluster.previewApply(desired))
    return !sameJson(comparable(applied), comparable(object))
  } catch (thrown) {
    if (thrown instanceof ClusterRefusal) return false
    throw thrown
  }
}

/**
 * Makes fields of kubectl and its like ours, so that the apply takes away those that Git doesn't say. Guarded by the
 * version that was read: who writes meanwhile is read again. Returns whether anything was written.
 */
async function foldOthers(run: SyncRun, facts: ObjectFacts, found: LiveObject): Promise<boolean> {
  const { app } = run.planned.facts
  const { signal } = run
  // By what it was before this sync: an apply may have labelled it already.
  const rules = foldRules(app, facts.manifest.object, facts.live ?? found, run.planned.inventory.id)
  let live: LiveObject | undefined = found
  // Another object of this name is not the one that was planned.
  for (let race = 0; live?.metadata.uid === found.metadata.uid; race++) {
    signal.throwIfAborted()
    const paths = toFold(facts, live, rules, app.sync.selfHeal)
    if (paths.length === 0) return false
    const seen = live
    try {
      const managers = foldInto(seen, paths, rules)
      await retrying(() => run.writer.fold(seen, managers), { ...app.sync.retry, signal, kinds: ['transient'] })
      return true
    } catch (thrown) {
      if (!(thrown instanceof ClusterRefusal) || thrown.kind !== 'conflict' || race >= maxRaces) throw thrown
      live = await retrying(() => run.planned.cluster.get(referenceOf(facts.desired)), { signal })
    }
  }
  return false
}

/** Deletes an object whose immutable field changes, and waits until it is gone. */
async function replaceOld(run: SyncRun, reference: ObjectReference, live: LiveObject): Promise<void> {
  await run.writer.delete(reference, live.metadata.uid)
  const gone = new AbortController()
  const timeout = AbortSignal.timeout(run.planned.facts.app.sync.timeoutMs)
  await run.planned.cluster.observe(
    [reference],
    (_reference, object) => {
      if (object?.metadata.uid !== live.metadata.uid) gone.abort()
    },
    { signal: AbortSignal.any([gone.signal, timeout, run.signal]) },
  )
  if (!gone.signal.aborted) {
    throw new DrydockError(
      'health-timeout',
      `${reference.kind} ${reference.name} was not gone in time to be created again.`,
      {
        hint: 'Look for finalizers that hold it, then sync again.',
      },
    )
  }
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
