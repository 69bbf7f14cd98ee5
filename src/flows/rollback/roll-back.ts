import type { App } from '../../core/model/app.ts'
import { problemsOf } from '../../core/model/errors.ts'
import type { Pin } from '../../core/model/inventory.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import type { AppPlan } from '../../core/model/plan.ts'
import { describeReference } from '../../core/model/reference.ts'
import { fullName } from '../../core/model/repository.ts'
import { notUndone } from '../../core/sync/undone.ts'
import { pinApp } from '../holds/pins.ts'
import type { Forge, GitRepository } from '../ports.ts'
import type { SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import { syncApp } from '../sync/sync-app.ts'
import { isMerged } from './open-revert.ts'
import { asItWas } from './way-back.ts'

/** A sync that failed, and what it was about to do. */
type Failure = {
  readonly record: SyncRecord
  readonly outcome: SyncOutcome
  readonly plan: AppPlan | undefined
  /** As the target branch has it. */
  readonly app: App
}

type RolledBack = NonNullable<SyncOutcome['rolledBack']>

/**
 * Does a failure of this kind go back by itself? What was refused or held has changed nothing; and once it is pruned, all
 * that the commit asks for is there and healthy.
 */
export function goesBack(app: App, { state, problems, objects, phase }: SyncOutcome): boolean {
  const unwell = problems.some((each) => ['unhealthy', 'health-timeout', 'cluster-refused'].includes(each.code))
  const inRollout = phase !== undefined && ['hooks', 'applying', 'waiting'].includes(phase)
  const changed = objects.some(
    (each) => each.hook === undefined && !['failed', 'unchanged', 'kept'].includes(each.result),
  )
  return app.sync.onFailure === 'rollback' && state === 'failed' && unwell && inRollout && changed
}

/**
 * Pins an app to its last good revision and applies that again, without hooks: later merges wait until Git says the same.
 * The old objects are still there, because a sync prunes last; what the failed commit made and would be lost with its data
 * stays. `undefined`: there is no such revision. What went wrong on the way is in the notes.
 */
export async function rollBack(
  world: ServerWorld,
  forge: Forge,
  repository: GitRepository,
  failure: Failure,
  signal: AbortSignal,
): Promise<RolledBack | undefined> {
  const { record, app } = failure
  const address = { repository: record.repository, app: record.app, cluster: record.cluster }
  const good = await world.store.lastGood(address, record.id)
  if (!good) return undefined
  const notes = [...notUndone(failure.plan, failure.outcome.objects)]
  const pin: Pin = {
    revision: good.revision,
    by: 'onFailure: rollback',
    at: world.clock.now().toISOString(),
    reason: `${record.revision.slice(0, 7)} did not become healthy`,
    ...(record.number === undefined ? {} : { number: record.number }),
  }
  try {
    await pinApp(world, record, pin)
    const outcome = await applyAgain(world, forge, repository, failure, good.revision, signal)
    const kept = outcome.objects.filter((each) => each.result === 'kept').map(describeReference)
    notes.push(...outcome.problems.map((each) => each.message))
    if (kept.length > 0) notes.push(`Left there, because something would be lost with it: ${kept.join(', ')}.`)
    const state = outcome.state === 'succeeded' || outcome.state === 'held' ? outcome.state : 'failed'
    const revert = await openRevert(forge, failure, good.revision, state)
    notes.push(...revert.notes)
    if (revert.number !== undefined) await pinApp(world, record, { ...pin, revert: revert.number })
    return { to: good.revision, state, notes }
  } catch (thrown) {
    if (signal.aborted) throw thrown
    world.log.warn('a rollback failed', { app: app.name, revision: good.revision, err: thrown })
    notes.push(...problemsOf(thrown).map((each) => each.message))
    return { to: good.revision, state: 'failed', notes }
  }
}

async function applyAgain(
  world: ServerWorld,
  forge: Forge,
  repository: GitRepository,
  { record, app }: Failure,
  revision: string,
  signal: AbortSignal,
): Promise<SyncOutcome> {
  const newest = await forge.branchHead(record.branch)
  if (newest !== undefined) await repository.fetch([newest])
  return syncApp(
    world,
    {
      repository,
      repositoryName: fullName(record.repository),
      app: await asItWas(repository, app, revision),
      head: revision,
      base: 'synced',
      oldLeftovers: 'change',
      ...(newest === undefined ? {} : { newest }),
    },
    {
      revision,
      hooks: false,
      reviewed: {
        accepted: new Set(),
        keepsRisky: true,
        by: `onFailure: rollback after ${record.revision.slice(0, 7)}`,
      },
      signal,
      progress: () => undefined,
    },
  )
}

/** Git is to say the same again: a pull request that takes the merge back. What can't be made is said. */
async function openRevert(
  forge: Forge,
  { record, app }: Failure,
  revision: string,
  state: RolledBack['state'],
): Promise<{ readonly number?: number; readonly notes: readonly string[] }> {
  if (record.number === undefined) return { notes: [] }
  const taken =
    state === 'succeeded' ? 'was taken back to' : 'could not be taken back by itself to its last good revision,'
  const body = [
    `\`${app.name}\` did not become healthy at ${record.revision.slice(0, 7)} (#${record.number}) and ${taken} ${revision.slice(0, 7)}. Later merges of it are held.`,
    'Merging this makes Git say what was healthy, and ends the hold.',
  ].join('\n\n')
  try {
    const revert = await forge.openRevert({ number: record.number, title: `Revert #${record.number}`, body })
    if (!revert) return { notes: [] }
    if (await isMerged(forge, revert.number)) {
      return {
        notes: [`#${revert.number} took #${record.number} back before: what came since is to be mended by hand.`],
      }
    }
    return {
      number: revert.number,
      notes: [`The revert is #${revert.number}; it takes back all of #${record.number}.`],
    }
  } catch (thrown) {
    const [why] = problemsOf(thrown)
    const text = `The pull request that takes it back in Git could not be opened: ${why?.message ?? 'unknown'}`
    return { notes: [text] }
  }
}
