import { setTimeout as delay } from 'node:timers/promises'
import pLimit from 'p-limit'
import { applyStages } from '../core/manifests/order.ts'
import type { Change, Drift } from '../core/model/change.ts'
import { DrydockError, type Problem, problemsOf } from '../core/model/errors.ts'
import type { Inventory, InventoryEntry } from '../core/model/inventory.ts'
import type { LiveObject } from '../core/model/object.ts'
import type { ObjectOutcome, SyncOutcome, SyncPhase } from '../core/model/outcome.ts'
import { identityOf, type ObjectReference, referenceOf } from '../core/model/reference.ts'
import type { ObjectFacts } from '../core/plan/facts.ts'
import type { TrackedInventory } from '../core/plan/unfinished.ts'
import { type AuthorisedPlan, authorise, type Reviewed } from '../core/policy/authorise.ts'
import { type AppRequest, type PlannedApp, planOneApp } from './plan-app.ts'
import type { ClusterWriter } from './ports.ts'
import { retrying } from './retry.ts'
import { waitForHealth } from './wait-for-health.ts'
import type { Workshop } from './world.ts'

/** Requests that write to one API server at a time. */
const parallel = 8

/** How a sync is followed. */
export type SyncOptions = {
  /** Full id of the commit that is synced. */
  readonly revision: string
  readonly reviewed: Reviewed
  /** Called at each step with the state so far. */
  readonly progress: (outcome: SyncOutcome) => void
  readonly signal: AbortSignal
}

/** A sync in progress: what is known so far. */
type Run = {
  readonly planned: PlannedApp
  readonly authorised: AuthorisedPlan
  readonly writer: ClusterWriter
  readonly options: SyncOptions
  readonly objects: Map<string, ObjectOutcome>
  readonly uids: Map<string, string>
  readonly step: (phase: SyncPhase, waiting?: readonly string[]) => void
}

/**
 * Makes a cluster equal to a commit for one app: plan, authorise, apply in order, wait for health, prune, record.
 * Safe to do twice, and to go on with after a crash. What went wrong is in the outcome, never thrown.
 */
export async function syncApp(workshop: Workshop, request: AppRequest, options: SyncOptions): Promise<SyncOutcome> {
  const { app } = request
  const started = workshop.clock.now().getTime()
  const objects = new Map<string, ObjectOutcome>()
  const outcome = (state: SyncOutcome['state'], more: Partial<SyncOutcome> = {}): SyncOutcome => ({
    app: app.name,
    cluster: app.cluster,
    revision: options.revision,
    state,
    objects: [...objects.values()],
    problems: [],
    durationMs: workshop.clock.now().getTime() - started,
    ...more,
  })
  const step = (phase: SyncPhase, waiting?: readonly string[]) =>
    options.progress(outcome('running', { phase, ...(waiting ? { waiting } : {}) }))
  try {
    step('planning')
    const planned = await planOneApp(workshop, { ...request, signal: options.signal })
    const judged = authorise(planned.plan, options.reviewed)
    if ('refused' in judged) {
      const state = planned.plan.errors.length > 0 ? 'failed' : 'held'
      return outcome(state, { problems: judged.refused })
    }
    const writer = planned.cluster.writer(judged.authorised)
    const run: Run = { planned, authorised: judged.authorised, writer, options, objects, uids: new Map(), step }
    const problems = await carryOut(run, app.sync.timeoutMs)
    return outcome(problems.length > 0 ? 'failed' : 'succeeded', { problems })
  } catch (thrown) {
    if (options.signal.aborted) throw thrown
    workshop.log.warn('a sync failed', { app: app.name, revision: options.revision, err: thrown })
    return outcome('failed', { problems: problemsOf(thrown) })
  }
}

async function carryOut(run: Run, timeoutMs: number): Promise<readonly Problem[]> {
  const { options } = run
  const planned: PlannedApp & { readonly inventory: TrackedInventory } = run.planned
  const rendered = planned.facts.objects.map((facts) => referenceOf(facts.desired))
  // Written ahead: what a crash leaves behind is known, and can be pruned later.
  let inventory: TrackedInventory = await saveIfChanged(run, planned.inventory, {
    ...planned.inventory,
    objects: union(planned.inventory.objects, rendered),
    unfinished: union(planned.inventory.unfinished ?? [], [...planned.plan.changes, ...toSend(planned)].map(strip)),
  })
  const applied = await applyAll(run, timeoutMs)
  if (applied.length > 0) return applied
  const touched = planned.facts.objects.filter((facts) => facts.touched).map((facts) => referenceOf(facts.desired))
  const sent = planned.plan.changes.filter((change) => change.action !== 'delete')
  const waited = await waitForHealth(planned.cluster, union(touched, sent), {
    timeoutMs,
    signal: options.signal,
    labelSelector: planned.inventory.id,
    waiting: (lines) => run.step('waiting', lines),
  })
  if (waited.length > 0) return waited
  const pruned = await prune(run)
  const gone = new Set(pruned.gone.map(identityOf))
  inventory = await saveIfChanged(run, inventory, {
    ...inventory,
    objects: inventory.objects
      .filter((entry) => !gone.has(identityOf(entry)))
      .map((entry) => withUid(entry, run.uids.get(identityOf(entry)))),
    ...(pruned.problems.length === 0
      ? { revision: options.revision, digest: planned.facts.digest, unfinished: [] }
      : {}),
  })
  return pruned.problems
}

/** What is applied: the changes, and the drift that a sync restores. */
function toSend({ plan }: PlannedApp): readonly (Change | Drift)[] {
  return [
    ...plan.changes.filter((change) => change.action !== 'delete'),
    ...plan.drift.filter((drift) => drift.onSync === 'restored'),
  ]
}

/** Applies what the plan says, stage after stage; a failure ends the sync before the next stage. */
async function applyAll(run: Run, timeoutMs: number): Promise<readonly Problem[]> {
  const { planned, options } = run
  const wanted = new Map(toSend(planned).map((each) => [identityOf(each), each]))
  for (const facts of planned.facts.objects) {
    const uid = facts.live?.metadata.uid
    if (uid) run.uids.set(identityOf(referenceOf(facts.desired)), uid)
  }
  const chosen = planned.facts.objects.filter((facts) => wanted.has(identityOf(referenceOf(facts.desired))))
  for (const stage of applyStages(chosen, (facts) => facts.desired.kind)) {
    run.step('applying')
    const limit = pLimit(parallel)
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
          signal: options.signal,
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
  run: Run,
  facts: ObjectFacts,
  wanted: ReadonlyMap<string, Change | Drift>,
): Promise<readonly Problem[]> {
  const reference = referenceOf(facts.desired)
  const identity = identityOf(reference)
  const change = wanted.get(identity)
  const replaced = change && 'action' in change && change.action === 'replace'
  const { signal } = run.options
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
async function replaceOld(run: Run, reference: ObjectReference, live: LiveObject): Promise<void> {
  await run.writer.delete(reference, live.metadata.uid)
  const gone = new AbortController()
  const timeout = AbortSignal.timeout(run.planned.facts.app.sync.timeoutMs)
  await run.planned.cluster.observe(
    [reference],
    (_reference, object) => {
      if (object?.metadata.uid !== live.metadata.uid) gone.abort()
    },
    { signal: AbortSignal.any([gone.signal, timeout, run.options.signal]) },
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
async function untilServed(run: Run, chosen: readonly ObjectFacts[], timeoutMs: number): Promise<void> {
  const { cluster } = run.planned
  const end = performance.now() + Math.min(timeoutMs, 30_000)
  for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
    const kinds = await cluster.kinds({ fresh: true })
    const lacking = chosen.find((facts) => !kinds.find(facts.desired.apiVersion, facts.desired.kind))
    if (!lacking || performance.now() > end) return
    await delay(pause, undefined, { signal: run.options.signal })
  }
}

async function prune(
  run: Run,
): Promise<{ readonly gone: readonly ObjectReference[]; readonly problems: readonly Problem[] }> {
  const { planned } = run
  const planned404 = planned.facts.leftovers.filter((each) => !each.live).map((each) => each.reference)
  const deletions = planned.plan.changes.filter((change) => change.action === 'delete')
  if (deletions.length > 0) run.step('pruning')
  const gone: ObjectReference[] = [...planned404]
  const problems: Problem[] = []
  const lives = new Map(planned.facts.leftovers.map((each) => [identityOf(each.reference), each.live]))
  for (const stage of applyStages(deletions, (change) => change.kind).toReversed()) {
    const limit = pLimit(parallel)
    await Promise.all(
      stage.map((change) =>
        limit(async () => {
          const reference = strip(change)
          const uid = lives.get(identityOf(change))?.metadata.uid
          if (uid === undefined) return
          try {
            run.options.signal.throwIfAborted()
            await retrying(() => run.writer.delete(reference, uid), {
              ...planned.facts.app.sync.retry,
              signal: run.options.signal,
            })
            gone.push(reference)
            run.objects.set(identityOf(reference), { ...reference, result: 'deleted' })
          } catch (thrown) {
            if (run.options.signal.aborted) throw thrown
            problems.push(...problemsOf(thrown))
            run.objects.set(identityOf(reference), {
              ...reference,
              result: 'failed',
              message: problemsOf(thrown)[0]?.message ?? 'unknown',
            })
          }
        }),
      ),
    )
  }
  return { gone, problems }
}

async function saveIfChanged(run: Run, stored: TrackedInventory, wanted: TrackedInventory): Promise<Inventory> {
  const text = (inventory: TrackedInventory) =>
    JSON.stringify([
      inventory.revision,
      inventory.digest,
      inventory.objects.map((each) => [identityOf(each), each.uid, each.apiVersion]).sort(),
      inventory.unfinished?.map(identityOf).sort() ?? [],
    ])
  run.options.signal.throwIfAborted()
  if (stored.resourceVersion && text(stored) === text(wanted)) return stored
  return run.writer.saveInventory(wanted)
}

function union(one: readonly InventoryEntry[], other: readonly InventoryEntry[]): readonly InventoryEntry[] {
  const all = new Map(one.map((each) => [identityOf(each), each]))
  for (const each of other) all.set(identityOf(each), { ...all.get(identityOf(each)), ...strip(each) })
  return [...all.values()]
}

function strip(reference: ObjectReference): ObjectReference {
  const { apiVersion, kind, name, namespace } = reference
  return { apiVersion, kind, name, ...(namespace ? { namespace } : {}) }
}

function withUid(entry: InventoryEntry, uid: string | undefined): InventoryEntry {
  return uid ? { ...entry, uid } : entry
}
