import { closePullRequest } from '../../flows/close-pull-request.ts'
import { obeyComment } from '../../flows/obey-comment.ts'
import { planMergeGroup, planPullRequest } from '../../flows/plan-pull-request.ts'
import type { Job } from '../../flows/ports.ts'
import type { ServerWorld } from '../../flows/server-world.ts'
import { syncBranch } from '../../flows/sync-branch.ts'
import { reportSyncs, syncMerged } from '../../flows/sync-merged.ts'

/** Which flow does which job. A job may come twice: each flow is safe to do again. */
export function handleJob(world: ServerWorld, job: Job, signal: AbortSignal): Promise<void> {
  switch (job.kind) {
    case 'plan':
      return planPullRequest(world, job, signal)
    case 'merge-group':
      return planMergeGroup(world, job, signal)
    case 'push':
      return syncBranch(world, job)
    case 'sync':
      return syncMerged(world, job, signal)
    case 'report':
      return reportSyncs(world, job)
    case 'command':
      return obeyComment(world, job)
    case 'closed':
      return closePullRequest(world, job)
  }
}
