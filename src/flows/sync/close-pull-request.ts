import { endLocks } from '../holds/end-locks.ts'
import { releaseHeld } from '../holds/release-held.ts'
import { changePullRequest } from '../plan/sticky-comment.ts'
import { endClosedPreviews } from '../preview/end-previews.ts'
import type { Job } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'

/**
 * Remembers that a pull request is closed, merged or not: what was locked or previewed with it ends, and its plan no
 * longer counts for the commit that it shares with others, which are planned again.
 */
export async function closePullRequest(world: ServerWorld, job: Extract<Job, { kind: 'closed' }>): Promise<void> {
  const state = await world.store.pullRequest(job.repository, job.number)
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  const pull = await forge.pullRequest(job.number)
  if (!state || pull.state === 'open') return
  await changePullRequest(world, job.repository, job.number, { open: false })
  await endLocks(world, job.repository, job.number)
  // What a merge brings is known only to its push.
  if (!pull.merged || pull.baseRef !== (await forge.defaultBranch()))
    await endClosedPreviews(world, forge, job.repository, [])
  await releaseHeld(world)
  if (state.head === undefined) return
  const others = await world.store.plansAtHead(job.repository, state.head)
  await world.store.enqueue(
    others.flatMap(({ number }) =>
      number === undefined || number === job.number
        ? []
        : [{ kind: 'plan', repository: job.repository, number, reason: 'rerequested' }],
    ),
  )
}
