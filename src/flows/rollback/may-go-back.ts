import { DrydockError, problemsOf } from '../../core/model/errors.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import { isOf } from '../../core/sync/lock-queue.ts'
import { superseded } from '../../core/sync/superseded.ts'
import { holdOf } from '../holds/holds.ts'
import { readMarks } from '../holds/marks.ts'
import type { GitRepository } from '../ports.ts'
import type { RollbackOrder, SyncRecord } from '../records.ts'
import { readConfig } from '../render/read-config.ts'
import type { ServerWorld } from '../server-world.ts'
import type { Beginning, SyncJob } from '../sync/may-sync.ts'
import { type WayBack, wayBack } from './way-back.ts'

/** A sync that takes an app back. */
export type RollbackRecord = SyncRecord & { readonly rollback: RollbackOrder }

/** Is this sync one that takes its app back? */
export function isRollback(record: SyncRecord): record is RollbackRecord {
  return record.rollback !== undefined
}

/**
 * May an app go back? Not while the server or a person other than the one who asks holds it, and not when a newer rollback
 * of it is there; windows, dependencies and later merges don't count. Neither GitHub nor the git server is asked: what the
 * last push brought is here.
 */
export async function mayGoBack(
  world: ServerWorld,
  job: SyncJob,
  record: RollbackRecord,
  signal: AbortSignal,
): Promise<(Beginning & { readonly way: WayBack }) | { readonly instead: SyncOutcome }> {
  const newer = await world.store.newerSync(record)
  if (newer?.rollback) return { instead: superseded(record.outcome, newer) }
  const repository = await world.git.open(job.repository, job.repository.installationId)
  const { head, app } = await configuredNow(world, repository, record)
  const way = await wayBack(world, repository, app, record.rollback, signal)
  const instead = await heldNow(world, repository, { ...record, revision: head }, { head, app: way.app }, record)
  return instead ? { instead } : { repository, app: way.app, head, way }
}

/** The app as the last commit configures it whose push was looked at: that one is here, whatever can't be reached. */
export async function configuredNow(world: ServerWorld, repository: GitRepository, record: SyncRecord) {
  const head = (await world.store.cursor(record.repository, record.branch)) ?? record.revision
  await repository.fetch([head])
  const config = await readConfig(repository, head).catch(async (thrown: unknown) => {
    // A broken file must not stand in the way back.
    if (!problemsOf(thrown).every((each) => each.code === 'config-invalid')) throw thrown
    await repository.fetch([record.revision])
    return readConfig(repository, record.revision)
  })
  const app = config.apps.find((each) => each.name === record.app)
  if (!app) {
    throw new DrydockError('config-missing', `${record.app} is no longer configured at ${head.slice(0, 7)}.`, {
      hint: 'Was it renamed? Then `/rollback` it on a pull request that was synced under its new name.',
    })
  }
  if (app.cluster !== record.cluster) {
    throw new DrydockError(
      'config-missing',
      `${app.name} lives on the cluster ${app.cluster} now, not on ${record.cluster}.`,
    )
  }
  return { head, app }
}

async function heldNow(
  world: ServerWorld,
  repository: GitRepository,
  asked: SyncRecord,
  { head, app }: Pick<Beginning, 'head' | 'app'>,
  record: RollbackRecord,
): Promise<SyncOutcome | undefined> {
  const hold = await holdOf(world, { record: asked, app: { ...app, dependsOn: [] }, repository, head, asked: true })
  if (!hold || !['freeze', 'lock', 'disagreement'].includes(hold.heldBy.kind)) return undefined
  if (hold.heldBy.kind === 'lock' && (await locksIt(world, record))) return undefined
  // It doesn't wait: who would expect it to go back later, past what is merged meanwhile?
  const { hint: _, ...why } = hold.problem
  return { ...record.outcome, state: 'failed', problems: [{ ...why, hint: 'Once that is over, `/rollback` again.' }] }
}

/** Is the lock that of the person who asks, on whichever side it is? */
async function locksIt(world: ServerWorld, { repository, app, cluster, actor }: SyncRecord): Promise<boolean> {
  const { state, live } = await readMarks(world, repository, { app, cluster })
  const locks = [state?.lock, 'marks' in live ? live.marks.lock : undefined].flatMap((lock) => lock ?? [])
  return locks.length > 0 && locks.every((lock) => isOf(lock, actor))
}
