import { setTimeout as delay } from 'node:timers/promises'
import type { App } from '../core/model/app.ts'
import { DrydockError, problemsOf } from '../core/model/errors.ts'
import type { Pin } from '../core/model/inventory.ts'
import type { SyncOutcome } from '../core/model/outcome.ts'
import type { AppPlan } from '../core/model/plan.ts'
import { superseded } from '../core/sync/superseded.ts'
import { endIfPassed, finish } from './end-sync.ts'
import { rememberSynced } from './holds.ts'
import { isRollback, mayGoBack, type RollbackRecord } from './may-go-back.ts'
import { appOf, type Beginning, mayBegin, type SyncJob } from './may-sync.ts'
import { pinApp } from './pins.ts'
import type { PlannedApp } from './plan-app.ts'
import type { Forge } from './ports.ts'
import { createProgress } from './progress.ts'
import type { RepositoryAddress, SyncRecord } from './records.ts'
import { releaseHeld } from './release-held.ts'
import { startDeployment, tellGitHub } from './report-syncs.ts'
import { goesBack, rollBack } from './roll-back.ts'
import type { ServerWorld } from './server-world.ts'
import { syncApp } from './sync-app.ts'
import type { WayBack } from './way-back.ts'

/** The comment is edited at most this often while a sync runs, in ms. */
const reportEveryMs = 5_000

/** Syncs one app to what was merged. Everything is rendered, planned and judged again. Safe to do twice. */
export async function syncMerged(world: ServerWorld, job: SyncJob, signal: AbortSignal): Promise<void> {
  const stored = await world.store.sync(job.syncId)
  if (!stored || stored.finishedAt !== undefined) return
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  const done = await endedSync(world, forge, job, stored, signal)
  // Nobody waits for GitHub on the way back: its deployment is told of afterwards.
  const isLate = isRollback(done) && ['succeeded', 'failed'].includes(done.outcome.state)
  const ended = isLate ? await startDeployment(world, forge, done) : done
  await tellGitHub(forge, ended, ended.outcome)
  await finish(world, job, ended, ended.outcome)
  if (ended.outcome.state === 'held') await endIfPassed(world, forge, job, ended)
  // What waits for this one goes on, or learns that it failed; and what this one waits for may have ended meanwhile.
  // Of what else holds it, it was asked just now: that is asked again in the next round.
  const { state, heldBy } = ended.outcome
  await releaseHeld(world, undefined, state === 'held' && heldBy?.kind !== 'dependency' ? ended.id : undefined)
}

/** The sync with its result; one that ended before a crash could tell of it is not done again. */
async function endedSync(
  world: ServerWorld,
  forge: Forge,
  job: SyncJob,
  stored: SyncRecord,
  signal: AbortSignal,
): Promise<SyncRecord> {
  if (!['queued', 'running'].includes(stored.outcome.state)) return stored
  const ended = await attempt(world, forge, job, stored, signal)
  await world.store.saveSync(ended)
  if (['succeeded', 'failed'].includes(ended.outcome.state)) {
    // Missed, it is made up for: of one cluster the parent object is believed.
    await rememberSynced(world, ended).catch((err: unknown) =>
      world.log.warn('what was synced could not be remembered', { app: ended.app, err }),
    )
  }
  return ended
}

/** What ends by itself, mostly: the sync is tried again a few times, as the app's `retry` says. */
const passing: ReadonlySet<string> = new Set(['cluster-unreachable', 'git-failed', 'github-failed'])

async function attempt(
  world: ServerWorld,
  forge: Forge,
  job: SyncJob,
  stored: SyncRecord,
  signal: AbortSignal,
): Promise<SyncRecord> {
  let retry = { limit: 3, backoffMs: 5_000 }
  let record = stored
  for (let tried = 0; ; tried++) {
    const ended = await attemptOnce(world, forge, job, record, signal, (app) => {
      retry = app.sync.retry
    })
    record = { ...ended, outcome: stored.outcome }
    const { state, problems } = ended.outcome
    const mayPass = state === 'failed' && problems.length > 0 && problems.every((each) => passing.has(each.code))
    if (!mayPass || tried >= retry.limit) return ended
    const ms = retry.backoffMs * 2 ** tried
    const waiting = [`${problems[0]?.message} (tried again in ${Math.ceil(ms / 1000)} s)`]
    const outcome: SyncOutcome = { ...ended.outcome, state: 'running', phase: 'waiting', problems: [], waiting }
    await world.store.saveSync({ ...ended, outcome }, job.repository)
    await pause(world, stored, ms, signal)
  }
}

/** Waits, but not when a newer sync of the app comes. */
async function pause(world: ServerWorld, record: SyncRecord, ms: number, signal: AbortSignal): Promise<void> {
  const overtaken = new AbortController()
  const stop = world.overtaking.listen(record, () => overtaken.abort())
  try {
    await delay(ms, undefined, { signal: AbortSignal.any([signal, overtaken.signal]) })
  } catch {
    signal.throwIfAborted()
  } finally {
    stop()
  }
}

/** What may be in the way is asked before GitHub hears of the sync. */
async function attemptOnce(
  world: ServerWorld,
  forge: Forge,
  job: SyncJob,
  stored: SyncRecord,
  signal: AbortSignal,
  begins: (app: App) => void,
): Promise<SyncRecord> {
  try {
    const { state, problems } = stored.outcome
    if (state === 'running' && problems.length > 0) return await goOnBack(world, forge, job, stored, signal)
    if (isRollback(stored)) {
      const may = await mayGoBack(world, job, stored, signal)
      if ('instead' in may) return { ...stored, outcome: may.instead }
      begins(may.app)
      return await run(world, { ...may, forge, place: job.repository, record: stored }, signal)
    }
    const may = await mayBegin(world, forge, job, stored)
    if ('instead' in may) return { ...stored, outcome: may.instead }
    begins(may.app)
    const { author } = await may.repository.describe(stored.revision)
    const record = await startDeployment(world, forge, { ...stored, author })
    return await run(world, { ...may, forge, place: job.repository, record }, signal)
  } catch (thrown) {
    if (signal.aborted) throw thrown
    return { ...stored, outcome: { ...stored.outcome, state: 'failed', problems: problemsOf(thrown) } }
  }
}

/** A sync that begins. */
type Ready = Beginning & {
  readonly forge: Forge
  readonly place: RepositoryAddress
  readonly record: SyncRecord
  /** Of a rollback. */
  readonly way?: WayBack
}

/** Syncs, which a newer sync of the app ends at once, and goes back where that was asked for. */
async function run(world: ServerWorld, ready: Ready, signal: AbortSignal): Promise<SyncRecord> {
  const { record } = ready
  const overtaken = new AbortController()
  let newer: SyncRecord | undefined
  let latest = record.outcome
  const look = () => {
    void world.store.newerSync(record).then(
      (found) => {
        // One that waits for a person itself is no reason to stop half-way; on the way back only another rollback is.
        const counts = found?.outcome.state !== 'held' && (!isRollback(record) || found?.rollback !== undefined)
        newer = counts ? found : undefined
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
    if (isRollback(record) || !goesBack(ready.app, ended.record.outcome)) return ended.record
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

async function goBack(
  world: ServerWorld,
  { forge, repository, app }: Pick<Ready, 'forge' | 'repository' | 'app'>,
  { record, plan }: { readonly record: SyncRecord; readonly plan: AppPlan | undefined },
  signal: AbortSignal,
): Promise<SyncRecord> {
  const outcome: SyncOutcome = { ...record.outcome, state: 'failed' }
  const rolledBack = await rollBack(world, forge, repository, { record, outcome, plan, app }, signal)
  return { ...record, outcome: rolledBack ? { ...outcome, rolledBack } : outcome }
}

/** A sync that runs and has failed was on its way back when its process ended. */
async function goOnBack(
  world: ServerWorld,
  forge: Forge,
  job: SyncJob,
  record: SyncRecord,
  signal: AbortSignal,
): Promise<SyncRecord> {
  const repository = await world.git.open(job.repository, job.repository.installationId)
  await repository.fetch([record.revision])
  const app = await appOf(repository, record)
  const plan = (await world.store.historyOf(record.id))?.plan
  return goBack(world, { forge, repository, app }, { record, plan }, signal)
}

async function syncRecord(
  world: ServerWorld,
  { repository, record, app, place, head, way }: Ready,
  signal: AbortSignal,
  noted: (outcome: SyncOutcome) => void,
): Promise<{ readonly record: SyncRecord; readonly plan: AppPlan | undefined }> {
  const { owner, name } = record.repository
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
        repositoryName: `${owner}/${name}`,
        app,
        head: record.revision,
        base: way ? undefined : 'synced',
        oldLeftovers: 'change',
        ...(head === record.revision ? {} : { newest: head }),
        ...(way ? { stored: way.stored, undone: way.undone } : {}),
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
        ...(isRollback(record) ? { hooks: false, begins: () => pinApp(world, record, pinOf(world, record)) } : {}),
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
  return number === undefined ? `direct push by ${actor}` : `merge of #${number} by ${actor}`
}

/** Held at the revision from the first write on: what is merged meanwhile waits. */
function pinOf(world: ServerWorld, { revision, actor, number, rollback }: RollbackRecord): Pin {
  return {
    revision,
    by: actor,
    at: world.clock.now().toISOString(),
    reason: rollback.reason ?? `/rollback on #${number}`,
    ...(number === undefined ? {} : { number }),
  }
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
