import { previewAnswer } from '../../core/report/preview-answer.ts'
import { replier } from '../commands/reply.ts'
import type { Forge } from '../ports.ts'
import type { Job, SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import { newestOfEach } from '../sync/syncs-of.ts'

/**
 * Gives every `/sync` of an open pull request its final answer once all its syncs are done or wait, and tells there what
 * became of the apps when the pull request was closed. Safe to do twice.
 */
export async function answerPreviews(
  world: ServerWorld,
  forge: Forge,
  { number }: Extract<Job, { kind: 'report' }>,
  syncs: readonly SyncRecord[],
): Promise<void> {
  const ordered = syncs.flatMap((each) => (each.preview ? [{ ...each, preview: each.preview }] : []))
  for (const [commentId, records] of Map.groupBy(ordered, ({ preview }) => preview.commentId)) {
    const newest = [...newestOfEach(records).values()]
    if (newest.some(({ finishedAt }) => finishedAt === undefined)) continue
    if (newest.every(({ preview, outcome }) => preview?.told === outcome.state)) continue
    const apps = newest.map(({ outcome, branch, preview }) => ({ outcome, branch, ends: preview?.ends === true }))
    await replier(forge, { number, commentId })(previewAnswer(apps))
    for (const { id, outcome } of newest) await world.store.noteTold(id, outcome.state)
  }
}
