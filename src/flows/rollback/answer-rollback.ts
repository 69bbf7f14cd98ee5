import { type RevertNews, type WentBack, wentBackAnswer } from '../../core/report/rollback-answer.ts'
import { replier } from '../commands/reply.ts'
import { noteRevert } from '../holds/pins.ts'
import type { Forge } from '../ports.ts'
import type { Job, SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import { isRollback, type RollbackRecord } from './may-go-back.ts'
import { openRevert } from './open-revert.ts'

type ReportJob = Extract<Job, { kind: 'report' }>

/**
 * Gives every `/rollback` of a pull request its final answer once all its syncs are done or wait, and opens the pull
 * request that makes Git say the same. Safe to do twice: the answer is found again, and so is the revert.
 */
export async function answerRollbacks(
  world: ServerWorld,
  forge: Forge,
  job: ReportJob,
  syncs: readonly SyncRecord[],
): Promise<void> {
  const commands = Map.groupBy(syncs.filter(isRollback), ({ rollback }) => rollback.commentId)
  for (const [commentId, records] of commands) {
    if (records.some(({ finishedAt }) => finishedAt === undefined)) continue
    if (records.every(({ rollback, outcome }) => rollback.told === outcome.state)) continue
    const revert = await revertOf(world, forge, job, records, syncs)
    const apps = await Promise.all(records.map((record) => wentBack(world, record)))
    await replier(forge, { number: job.number, commentId })(wentBackAnswer(apps, revert))
    for (const { id, outcome } of records) await world.store.noteTold(id, outcome.state)
  }
}

async function wentBack(world: ServerWorld, record: RollbackRecord): Promise<WentBack> {
  const { app, revision, outcome, rollback, id } = record
  const waits = outcome.state === 'held' && outcome.heldBy?.kind === 'risk'
  const plan = waits ? (await world.store.historyOf(id))?.plan : undefined
  return { app, to: revision, also: rollback.also, outcome, plan }
}

/** Git is to say the same again, once something is live that it doesn't say. */
async function revertOf(
  world: ServerWorld,
  forge: Forge,
  job: ReportJob,
  records: readonly RollbackRecord[],
  syncs: readonly SyncRecord[],
): Promise<RevertNews> {
  const back = records.filter(({ outcome }) => outcome.state === 'succeeded' || outcome.objects.length > 0)
  if (back.length === 0) return { notes: [] }
  const revert = await openRevert(world, forge, job, back, syncs)
  if (revert.number !== undefined) {
    for (const record of back) await noteRevert(world, record, revert.number)
  }
  return revert
}
