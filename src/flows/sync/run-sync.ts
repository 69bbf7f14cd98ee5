import { DrydockError, problemsOf } from '../../core/model/errors.ts'
import type { Pin } from '../../core/model/inventory.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import type { AppPlan } from '../../core/model/plan.ts'
import { fullName } from '../../core/model/repository.ts'
import { superseded } from '../../core/sync/superseded.ts'
import { pinApp } from '../holds/pins.ts'
import type { PlannedApp } from '../plan/plan-app.ts'
import type { Forge } from '../ports.ts'
import { isPreview, previewPin } from '../preview/may-preview.ts'
import type { RepositoryAddress, SyncRecord } from '../records.ts'
import { isRollback } from '../rollback/may-go-back.ts'
import { goesBack, rollBack } from '../rollback/roll-back.ts'
import { backOf, type WayBack } from '../rollback/way-back.ts'
import type { ServerWorld } from '../server-world.ts'
import type { Beginning } from './may-sync.ts'
import { createProgress } from './progress.ts'
import { syncApp } from './sync-app.ts'

/** The comment is edited at most this often while a sync runs, in ms. */
const reportEveryMs = 5_000

/** A sync that begins. */
export type Ready = Beginning & {
  readonly forge: Forge
  readonly place: RepositoryAddress
  readonly record: SyncRecord
  /** Of a rollback. */
  readonly way?: WayBack
}

/** Syncs, which a newer sync of the app ends at once, and goes back where that was asked for. */
export async function runSync(world: ServerWorld, ready: Ready, signal: AbortSignal): Promise<SyncRecord> {
  const { record } = ready
  const overtaken = new AbortController()
  let newer: SyncRecord | undefined
  let latest = record.outcome
  const look = () => {
    void world.store.newerSync(record).then(
      (found) => {
        newer = found && overtakes(found, record) ? found : undefined
        if (newer) overtaken.abort()
      },
      () => undefined,
    )
  }
  const stop = world.overtaking.listen(record, look)
  // Another process may have queued it.
  const looking = setInterval(look, 2_000)
  const either = AbortSignal.any([signal, overtaken.signal])
  try {
    const ended = await syncRecord(world, ready, either, (outcome) => {
      latest = outcome
    })
    if (isRollback(record) || isPreview(record) || !goesBack(ready.app, ended.record.outcome)) return ended.record
    // From here on a restart goes on with the way back: see `goOnBack`.
    await world.store.saveSync({ ...ended.record, outcome: { ...ended.record.outcome, state: 'running' } })
    // Not to be overtaken: half of the way back would be held, too.
    return await goBack(world, ready, ended, signal)
  } catch (thrown) {
    if (signal.aborted) throw thrown
    if (newer) return { ...record, outcome: superseded(latest, newer) }
    return { ...record, outcome: { ...latest, state: 'failed', problems: problemsOf(thrown) } }
  } finally {
    clearInterval(looking)
    stop()
  }
}

/**
 * Does a newer sync end one that runs? One that waits for a person itself is no reason to stop half-way. What pins the app
 * goes on: whatever is merged waits for the pin, but for the merge of the very pull request that is previewed.
 */
function overtakes(newer: SyncRecord, record: SyncRecord): boolean {
  if (newer.outcome.state === 'held') return false
  if (isRollback(record)) return newer.rollback !== undefined
  if (isPreview(record)) return newer.rollback !== undefined || newer.number === record.number
  return true
}

/** Takes an app back after its sync failed, as `onFailure: rollback` asks for. */
export async function goBack(
  world: ServerWorld,
  { forge, repository, app }: Pick<Ready, 'forge' | 'repository' | 'app'>,
  { record, plan }: { readonly record: SyncRecord; readonly plan: AppPlan | undefined },
  signal: AbortSignal,
): Promise<SyncRecord> {
  const outcome: SyncOutcome = { ...record.outcome, state: 'failed' }
  const rolledBack = await rollBack(world, forge, repository, { record, outcome, plan, app }, signal)
  return { ...record, outcome: rolledBack ? { ...outcome, rolledBack } : outcome }
}

async function syncRecord(
  world: ServerWorld,
  { repository, record, app, place, head, way }: Ready,
  signal: AbortSignal,
  noted: (outcome: SyncOutcome) => void,
): Promise<{ readonly record: SyncRecord; readonly plan: AppPlan | undefined }> {
  const { number } = record
  const reviewed = number === undefined ? undefined : await world.store.latestPlan(record.repository, number)
  const shown = reviewed?.plan?.apps.find((each) => each.name === app.name)
  const by = causeOf(record)
  let kept = record
  let plan: AppPlan | undefined
  const progress = createProgress(reportEveryMs, (outcome: SyncOutcome) =>
    world.store
      .saveSync({ ...kept, outcome }, number === undefined ? undefined : place)
      .catch((err: unknown) => world.log.warn('the progress of a sync could not be saved', { app: app.name, err })),
  )
  try {
    const outcome = await syncApp(
      world,
      {
        repository,
        repositoryName: fullName(record.repository),
        app,
        head: record.revision,
        base: way ? undefined : 'synced',
        oldLeftovers: 'change',
        ...(head === record.revision ? {} : { newest: head }),
        ...(way ? { back: backOf(way) } : {}),
      },
      {
        revision: record.revision,
        reviewed: {
          ...(shown && !way ? { plan: shown } : {}),
          accepted: await acceptedFor(world, record),
          by,
          // What would be lost with its data is left there, and said.
          ...(way ? { keepsRisky: true } : {}),
        },
        ...(isRollback(record) ? { hooks: false } : {}),
        begins: async () => {
          const pin = pinOf(record, world.clock.now().toISOString())
          if (pin) await pinApp(world, record, pin)
        },
        signal,
        othersRun: () => othersRun(world, record),
        planned: async (planned) => {
          plan = planned.plan
          kept = { ...record, digest: planned.facts.digest }
          await keep(world, record, planned)
        },
        progress: (outcome) => {
          noted(outcome)
          progress.note(outcome)
        },
      },
    )
    return { record: { ...kept, outcome }, plan }
  } finally {
    // A step that is saved late must not stand in the place of the result.
    await progress.end()
  }
}

/** What a sync is done for, in words. */
function causeOf(record: SyncRecord): string {
  const { number, actor } = record
  if (isRollback(record)) return `/rollback on #${number} by ${actor}`
  if (isPreview(record)) return `/sync on #${number} before its merge by ${actor}`
  return number === undefined ? `direct push by ${actor}` : `merge of #${number} by ${actor}`
}

/** What an app is held at from the first write on: what is merged meanwhile waits. */
function pinOf(record: SyncRecord, at: string): Pin | undefined {
  if (isPreview(record)) return previewPin(record, at)
  if (!isRollback(record)) return undefined
  const { revision, actor, number, rollback } = record
  const reason = rollback.reason ?? `/rollback on #${number}`
  return { revision, by: actor, at, reason, ...(number === undefined ? {} : { number }) }
}

/** Keeps what a sync is about to apply, for the history; what is too large to keep is no reason not to sync. */
async function keep(world: ServerWorld, record: SyncRecord, { plan, facts }: PlannedApp): Promise<void> {
  try {
    const objects = facts.objects.map((each) => each.desired)
    await world.store.saveHistory(record.id, plan, world.packing.pack(objects, facts.app.sensitive))
  } catch (thrown) {
    if (!(thrown instanceof DrydockError && thrown.code === 'render-too-large')) throw thrown
    world.log.warn('the objects of a sync are too large for the history', { app: record.app, err: thrown })
  }
}

/** What people accepted on the pull request of a sync. */
async function acceptedFor(world: ServerWorld, { repository, number }: SyncRecord): Promise<ReadonlySet<string>> {
  if (number === undefined) return new Set()
  return new Set((await world.store.approvals(repository, number)).map((each) => each.key))
}

/** Are other apps of the same merge still being synced? */
async function othersRun(world: ServerWorld, record: SyncRecord): Promise<boolean> {
  if (record.number === undefined) return false
  const syncs = await world.store.syncsOf(record.repository, record.number)
  return syncs.some(
    (each) => each.id !== record.id && each.revision === record.revision && each.finishedAt === undefined,
  )
}
