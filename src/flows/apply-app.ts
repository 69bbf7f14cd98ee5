import { setTimeout as delay } from 'node:timers/promises'
import pLimit from 'p-limit'
import { applyStages } from '../core/manifests/order.ts'
import type { Change, Drift } from '../core/model/change.ts'
import { DrydockError, type Problem, problemsOf } from '../core/model/errors.ts'
import type { LiveObject } from '../core/model/object.ts'
import { identityOf, type ObjectReference, referenceOf } from '../core/model/reference.ts'
import type { ObjectFacts } from '../core/plan/facts.ts'
import type { PlannedApp } from './plan-app.ts'
import { retrying } from './retry.ts'
import { parallelWrites, type SyncRun } from './sync-run.ts'
import { waitForHealth } from './wait-for-health.ts'

/** What is applied: the changes, and the drift that a sync restores. */
export function toSend({ plan }: PlannedApp): readonly (Change | Drift)[] {
  return [
    ...plan.changes.filter((change) => change.action !== 'delete'),
    ...plan.drift.filter((drift) => drift.onSync === 'restored'),
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
    const answer = await retrying(() => run.writer.apply(facts.desired), { ...retry, signal })
    run.uids.set(identity, answer.object.metadata.uid)
    const result = replaced ? 'replaced' : answer.created ? 'created' : 'configured'
    run.objects.set(identity, { ...reference, result, durationMs: Math.round(performance.now() - began) })
    return []
  } catch (thrown) {
    if (signal.aborted) throw thrown
    const problems = problemsOf(thrown).map((each) => (each.source ? each : { ...each, source: facts.manifest.source }))
    run.objects.set(identity, { ...reference, result: 'failed', message: problems[0]?.message ?? 'unknown' })
    return problems
  }
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
