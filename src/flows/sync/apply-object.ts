import { comparable } from '../../core/diff/comparable.ts'
import { sameJson } from '../../core/diff/fields.ts'
import { foldInto } from '../../core/diff/fold.ts'
import type { Change, Drift } from '../../core/model/change.ts'
import type { Directives } from '../../core/model/directives.ts'
import { DrydockError, type Problem, problemsOf } from '../../core/model/errors.ts'
import { partOfLabel } from '../../core/model/inventory.ts'
import type { KubeObject, LiveObject } from '../../core/model/object.ts'
import { describeReference, identityOf, type ObjectReference, referenceOf } from '../../core/model/reference.ts'
import { ClusterRefusal } from '../../core/model/refusal.ts'
import { lacksEmpty } from '../../core/plan/emptied.ts'
import type { ObjectFacts } from '../../core/plan/facts.ts'
import { foldRules, hasManagers, isReady, toFold } from '../../core/plan/folding.ts'
import { scrubProblem } from '../../core/plan/scrubbed.ts'
import { retrying } from './retry.ts'
import { retriesOf, type SyncRun } from './sync-run.ts'

/** How often a write that lost against somebody else's is made again. */
const maxRaces = 5

/** Applies one object as it was planned; what went wrong is returned, and in the outcome. Throws when it is aborted. */
export async function applyObject(
  run: SyncRun,
  facts: ObjectFacts,
  change: Change | Drift | undefined,
): Promise<readonly Problem[]> {
  const reference = referenceOf(facts.desired)
  const identity = identityOf(reference)
  const replaced = change && 'action' in change && change.action === 'replace'
  const { signal } = run
  const retries = retriesOf(run)
  const { validate } = facts.directives
  const send = (object = facts.desired) => retrying(() => run.writer.apply(object, { validate }), retries)
  const began = performance.now()
  try {
    signal.throwIfAborted()
    if (replaced && facts.live) await deleteOld(run, reference, facts.live)
    const live = replaced ? undefined : facts.live
    if (live && hasManagers(live)) {
      if (isReady(live)) await foldOthers(run, facts, live)
    } else if (live) {
      // Only an apply makes the server write down who held what: one that says nothing changes nothing.
      const first = await send(bare(facts.desired))
      await foldOthers(run, facts, first.object)
    }
    let answer = await send()
    // Ours by another version of the kind until now: what is to go can be told after this apply.
    if (live && hasManagers(live) && !isReady(live) && (await foldOthers(run, facts, answer.object))) {
      signal.throwIfAborted()
      answer = await send()
    }
    if (live && (await wantsSecond(run, facts, answer.object))) {
      signal.throwIfAborted()
      answer = await send()
    }
    run.uids.set(identity, answer.object.metadata.uid)
    const result = replaced ? 'replaced' : answer.created ? 'created' : 'configured'
    run.objects.set(identity, { ...reference, result, durationMs: Math.round(performance.now() - began) })
    return []
  } catch (thrown) {
    if (signal.aborted) throw thrown
    const problems = problemsAt(run, facts, thrown)
    run.objects.set(identity, { ...reference, result: 'failed', message: problems[0]?.message ?? 'unknown' })
    return problems
  }
}

/** What went wrong with an object, without secret values and with the place of its manifest. */
export function problemsAt(run: SyncRun, facts: ObjectFacts, thrown: unknown): readonly Problem[] {
  const forms = facts.live ? [facts.desired, facts.live] : [facts.desired]
  const { sensitive } = run.planned.facts.app
  return problemsOf(thrown)
    .map((each) => scrubProblem(each, forms, sensitive))
    .map((each) => (each.source ? each : { ...each, source: facts.manifest.source }))
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
  const rules = foldRules(app, facts, facts.live ?? found, run.planned.inventory.id)
  let live: LiveObject | undefined = found
  // Another object of this name is not the one that was planned.
  for (let race = 0; live?.metadata.uid === found.metadata.uid; race++) {
    signal.throwIfAborted()
    const paths = toFold(facts, live, rules, app.sync.selfHeal)
    if (paths.length === 0) return false
    const seen = live
    try {
      const managers = foldInto(seen, paths, rules)
      await retrying(() => run.writer.fold(seen, managers), { ...retriesOf(run), kinds: ['transient'] })
      return true
    } catch (thrown) {
      if (!(thrown instanceof ClusterRefusal) || thrown.kind !== 'conflict' || race >= maxRaces) throw thrown
      live = await retrying(() => run.planned.cluster.get(referenceOf(facts.desired)), { signal })
    }
  }
  return false
}

/** Deletes an object that is made anew, and waits until it is gone. Throws `health-timeout` when a finalizer holds it. */
export async function deleteOld(
  run: SyncRun,
  reference: ObjectReference,
  live: LiveObject,
  propagation: Directives['propagation'] = 'Background',
): Promise<void> {
  await retrying(() => run.writer.delete(reference, live.metadata.uid, { propagation }), retriesOf(run))
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
    throw new DrydockError('health-timeout', `${describeReference(reference)} was deleted, but was not gone in time.`, {
      hint: 'Look for finalizers that hold it, then sync again.',
    })
  }
}
