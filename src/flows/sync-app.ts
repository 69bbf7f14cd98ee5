import { setTimeout as delay } from 'node:timers/promises'
import { type Problem, problemsOf } from '../core/model/errors.ts'
import type { Inventory, InventoryEntry } from '../core/model/inventory.ts'
import type { ObjectOutcome, SyncOutcome, SyncPhase } from '../core/model/outcome.ts'
import { identityOf, referenceOf } from '../core/model/reference.ts'
import { authorise, type Reviewed } from '../core/policy/authorise.ts'
import { applyApp, toSend } from './apply-app.ts'
import { type AppRequest, type PlannedApp, planOneApp } from './plan-app.ts'
import { pruneApp } from './prune-app.ts'
import { bareReference, type SyncRun } from './sync-run.ts'
import { waitForHealth } from './wait-for-health.ts'
import type { Workshop } from './world.ts'

/** How a sync is followed. */
export type SyncOptions = {
  /** Full id of the commit that is synced. */
  readonly revision: string
  readonly reviewed: Reviewed
  /** Called at each step with the state so far. */
  readonly progress: (outcome: SyncOutcome) => void
  readonly signal: AbortSignal
  /** Is another app of the same commit still being synced? It may be about to create the namespace that this one needs. */
  readonly othersRun?: () => Promise<boolean>
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
    const planned = await planWhenPossible(workshop, request, options, step)
    const judged = authorise(planned.plan, options.reviewed)
    if ('refused' in judged) {
      const state = planned.plan.errors.length > 0 ? 'failed' : 'held'
      return outcome(state, { problems: judged.refused })
    }
    const writer = planned.cluster.writer(judged.authorised)
    const { signal } = options
    const run: SyncRun = { planned, writer, signal, objects, uids: new Map(), step }
    const problems = await carryOut(run, options.revision, app.sync.timeoutMs)
    return outcome(problems.length > 0 ? 'failed' : 'succeeded', { problems })
  } catch (thrown) {
    if (options.signal.aborted) throw thrown
    workshop.log.warn('a sync failed', { app: app.name, revision: options.revision, err: thrown })
    return outcome('failed', { problems: problemsOf(thrown) })
  }
}

/** Plans the app; while its namespace is missing and another app of the commit is under way, waits for that. */
async function planWhenPossible(
  workshop: Workshop,
  request: AppRequest,
  options: SyncOptions,
  step: SyncRun['step'],
): Promise<PlannedApp> {
  const { signal } = options
  for (;;) {
    const planned = await planOneApp(workshop, { ...request, signal })
    const { errors } = planned.plan
    const waits = errors.length > 0 && errors.every((error) => /namespaces "[^"]+" not found/.test(error.message))
    if (!waits || !(await options.othersRun?.())) return planned
    step('waiting', ['the namespace, which another app of this commit creates'])
    await delay(1_000, undefined, { signal })
  }
}

async function carryOut(run: SyncRun, revision: string, timeoutMs: number): Promise<readonly Problem[]> {
  const { planned } = run
  const rendered = planned.facts.objects.map((facts) => referenceOf(facts.desired))
  // Written ahead: what a crash leaves behind is known, and can be pruned later.
  let inventory: Inventory = await saveIfChanged(run, planned.inventory, {
    ...planned.inventory,
    path: planned.facts.app.path,
    objects: union(planned.inventory.objects, rendered),
    unfinished: union(
      planned.inventory.unfinished ?? [],
      [...planned.plan.changes, ...toSend(planned)].map(bareReference),
    ),
  })
  const applied = await applyApp(run, timeoutMs)
  if (applied.length > 0) return applied
  const touched = planned.facts.objects.filter((facts) => facts.touched).map((facts) => referenceOf(facts.desired))
  const sent = planned.plan.changes.filter((change) => change.action !== 'delete')
  const waited = await waitForHealth(planned.cluster, union(touched, sent), {
    timeoutMs,
    signal: run.signal,
    labelSelector: planned.inventory.id,
    waiting: (lines) => run.step('waiting', lines),
  })
  if (waited.length > 0) return waited
  const pruned = await pruneApp(run)
  const gone = new Set(pruned.gone.map(identityOf))
  inventory = await saveIfChanged(run, inventory, {
    ...inventory,
    objects: inventory.objects
      .filter((entry) => !gone.has(identityOf(entry)))
      .map((entry) => withUid(entry, run.uids.get(identityOf(entry)))),
    ...(pruned.problems.length === 0 ? { revision, digest: planned.facts.digest, unfinished: [] } : {}),
  })
  return pruned.problems
}

async function saveIfChanged(run: SyncRun, stored: Inventory, wanted: Inventory): Promise<Inventory> {
  const text = (inventory: Inventory) =>
    JSON.stringify([
      inventory.revision,
      inventory.digest,
      inventory.path,
      inventory.objects.map((each) => [identityOf(each), each.uid, each.apiVersion]).sort(),
      inventory.unfinished?.map(identityOf).sort() ?? [],
    ])
  run.signal.throwIfAborted()
  if (stored.resourceVersion && text(stored) === text(wanted)) return stored
  return run.writer.saveInventory(wanted)
}

function union(one: readonly InventoryEntry[], other: readonly InventoryEntry[]): readonly InventoryEntry[] {
  const all = new Map(one.map((each) => [identityOf(each), each]))
  for (const each of other) all.set(identityOf(each), { ...all.get(identityOf(each)), ...bareReference(each) })
  return [...all.values()]
}

function withUid(entry: InventoryEntry, uid: string | undefined): InventoryEntry {
  return uid ? { ...entry, uid } : entry
}
