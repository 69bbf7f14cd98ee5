import { setTimeout as delay } from 'node:timers/promises'
import type { App } from '../../core/model/app.ts'
import { problemsOf } from '../../core/model/errors.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import { rememberSynced } from '../holds/holds.ts'
import { releaseHeld } from '../holds/release-held.ts'
import type { Forge } from '../ports.ts'
import { isPreview, mayPreview } from '../preview/may-preview.ts'
import type { SyncRecord } from '../records.ts'
import { isRollback, mayGoBack } from '../rollback/may-go-back.ts'
import type { ServerWorld } from '../server-world.ts'
import { endIfPassed, finish } from './end-sync.ts'
import { appOf, mayBegin, type SyncJob } from './may-sync.ts'
import { startDeployment, tellGitHub } from './report-syncs.ts'
import { goBack, runSync } from './run-sync.ts'

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
      return await runSync(world, { ...may, forge, place: job.repository, record: stored }, signal)
    }
    const may = isPreview(stored)
      ? await mayPreview(world, forge, job, stored)
      : await mayBegin(world, forge, job, stored)
    if ('instead' in may) return { ...stored, outcome: may.instead }
    begins(may.app)
    const { author } = await may.repository.describe(stored.revision)
    const record = await startDeployment(world, forge, { ...stored, author })
    return await runSync(world, { ...may, forge, place: job.repository, record }, signal)
  } catch (thrown) {
    if (signal.aborted) throw thrown
    return { ...stored, outcome: { ...stored.outcome, state: 'failed', problems: problemsOf(thrown) } }
  }
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
