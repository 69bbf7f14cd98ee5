import { syncedAnswer } from '../../core/report/synced-answer.ts'
import type { Forge } from '../ports.ts'
import type { Job, SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import { replier } from './reply.ts'

/** Tells in the answer of every `/sync` on a pull request how the syncs stand that it asked for. Safe to do twice. */
export async function answerSyncs(
  world: ServerWorld,
  forge: Forge,
  { repository, number }: Extract<Job, { kind: 'report' }>,
): Promise<void> {
  const asked = (await world.store.askedOn(repository, number)).flatMap((each) =>
    each.asked ? [{ ...each, asked: each.asked }] : [],
  )
  for (const [commentId, syncs] of Map.groupBy(asked, (each) => each.asked.commentId)) {
    if (syncs.every((each) => each.asked.told === each.outcome.state)) continue
    const beside = new Set(syncs.flatMap((each) => each.asked.beside ?? []))
    const text = syncedAnswer(
      syncs.map(({ outcome, number: own }) => ({ outcome, number: own === number ? undefined : own })),
      [...beside],
    )
    await replier(forge, { number, commentId })(text)
    for (const { id, outcome } of syncs) await world.store.noteTold(id, outcome.state)
  }
}

/** What a sync remembers of the command that asks for it. */
export function askedBy(
  job: Extract<Job, { kind: 'command' }>,
  beside: readonly string[],
): NonNullable<SyncRecord['asked']> {
  return { number: job.number, commentId: job.commentId, ...(beside.length > 0 ? { beside } : {}) }
}
