import { setTimeout as delay } from 'node:timers/promises'
import { type Problem, problemsOf } from '../../core/model/errors.ts'
import type { Inventory, InventoryEntry } from '../../core/model/inventory.ts'
import type { ObjectOutcome, SyncOutcome, SyncPhase } from '../../core/model/outcome.ts'
import type { AppPlan } from '../../core/model/plan.ts'
import { identityOf, referenceOf } from '../../core/model/reference.ts'
import { needsFormerNames } from '../../core/plan/leftovers.ts'
import { authorise, type Reviewed } from '../../core/policy/authorise.ts'
import { retireFormer } from '../plan/adopt-inventory.ts'
import { type AppRequest, type PlannedApp, planOneApp } from '../plan/plan-app.ts'
import type { Workshop } from '../world.ts'
import { createPace } from './pace.ts'
import { prune } from './prune-app.ts'
import { runPhases, toSend } from './run-phases.ts'
import { bareReference, type SyncRun } from './sync-run.ts'

/** How a sync is followed. */
export type SyncOptions = {
  /** Full id of the commit that is synced. */
  readonly revision: string
  readonly reviewed: Reviewed
  /** Called at each step with the state so far. */
  readonly progress: (outcome: SyncOutcome) => void
  readonly signal: AbortSignal
  /** Called with a plan without errors, held or not, before anything is written. */
  readonly planned?: (planned: PlannedApp) => Promise<void>
  /** Called once the plan is authorised, before anything is written. */
  readonly begins?: () => Promise<void>
  /** `false`: without hooks, as a rollback. */
  readonly hooks?: boolean
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
  let phase: SyncPhase = 'planning'
  const step = (now: SyncPhase, waiting?: readonly string[]) => {
    phase = now
    options.progress(outcome('running', { phase, ...(waiting ? { waiting } : {}) }))
  }
  const tell = (waiting: readonly string[]) => step(phase, waiting)
  try {
    step('planning')
    const planned = await planWhenPossible(workshop, request, options, step)
    const judged = authorise(planned.plan, options.reviewed)
    if ('refused' in judged) {
      if (planned.plan.errors.length > 0) return outcome('failed', { problems: judged.refused })
      await options.planned?.(planned)
      return outcome('held', { problems: judged.refused, heldBy: { kind: judged.by } })
    }
    const { authorised } = judged
    await options.planned?.(planned)
    await options.begins?.()
    const { signal } = options
    const run: SyncRun = {
      planned,
      plan: options.hooks === false ? withoutHooks(authorised.plan) : authorised.plan,
      unconfirmed: authorised.unconfirmed,
      writer: planned.cluster.writer(authorised),
      signal,
      objects,
      uids: new Map(),
      pace: createPace(),
      since: new Date(started).toISOString(),
      step,
      tell,
    }
    const problems = await carryOut(run, options.revision, app.sync.timeoutMs)
    return problems.length > 0 ? outcome('failed', { problems, phase }) : outcome('succeeded')
  } catch (thrown) {
    if (options.signal.aborted) throw thrown
    workshop.log.warn('a sync failed', { app: app.name, revision: options.revision, err: thrown })
    return outcome('failed', { problems: problemsOf(thrown), phase })
  }
}

/**
 * Plans the app; while its namespace is missing and another app of the commit is under way, waits for that: not for ever,
 * since both may wait for what neither makes.
 */
async function planWhenPossible(
  workshop: Workshop,
  request: AppRequest,
  options: SyncOptions,
  step: SyncRun['step'],
): Promise<PlannedApp> {
  const { signal } = options
  const end = performance.now() + request.app.sync.timeoutMs
  for (;;) {
    const planned = await planOneApp(workshop, { ...request, signal })
    const { errors } = planned.plan
    const waits = errors.length > 0 && errors.every((error) => /namespaces "[^"]+" not found/.test(error.message))
    if (!waits || performance.now() > end || !(await options.othersRun?.())) return planned
    step('waiting', ['the namespace, which another app of this commit creates'])
    await delay(1_000, undefined, { signal })
  }
}

function withoutHooks(plan: AppPlan): AppPlan {
  return { ...plan, changes: plan.changes.filter((change) => !change.hook) }
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
      [...run.plan.changes, ...toSend(run.plan)].map(bareReference),
    ),
  })
  // From here on the objects are this name's: the one that the app had gives them up.
  await retireFormer(planned.cluster, run.writer, inventory)
  const failed = await runPhases(run, timeoutMs)
  if (failed.length > 0) return failed
  const pruned = await prune(run, { first: false })
  const gone = new Set(pruned.gone.map(identityOf))
  // What became a hook belongs to no inventory any more.
  const hooks = new Set(planned.facts.hooks?.map((facts) => identityOf(referenceOf(facts.desired))))
  const { formerly, ...rest } = inventory
  inventory = await saveIfChanged(run, inventory, {
    ...rest,
    ...(formerly && needsFormerNames(planned.facts, gone) ? { formerly } : {}),
    objects: inventory.objects
      .filter((entry) => !gone.has(identityOf(entry)) && !hooks.has(identityOf(entry)))
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
      inventory.formerly ?? [],
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
