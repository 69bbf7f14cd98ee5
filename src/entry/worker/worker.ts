import { obeyComment } from '../../flows/commands/obey-comment.ts'
import { tellLocked } from '../../flows/holds/tell-locked.ts'
import { planMergeGroup } from '../../flows/plan/plan-merge-group.ts'
import { planPullRequest } from '../../flows/plan/plan-pull-request.ts'
import { replanBranch } from '../../flows/plan/replan-branch.ts'
import type { PlanWatch } from '../../flows/plan/watch-plans.ts'
import type { Job } from '../../flows/records.ts'
import type { ServerWorld } from '../../flows/server-world.ts'
import { closePullRequest } from '../../flows/sync/close-pull-request.ts'
import { reportSyncs } from '../../flows/sync/report-syncs.ts'
import { syncBranch } from '../../flows/sync/sync-branch.ts'
import { syncMerged } from '../../flows/sync/sync-merged.ts'

/** Does a job, and follows the plan that its pull request shows then. */
export async function handleJob(world: ServerWorld, watch: PlanWatch, job: Job, signal: AbortSignal): Promise<void> {
  await flowOf(world, job, signal)
  if (job.kind === 'plan' || job.kind === 'closed') await watch.follow(job.repository, job.number)
}

/** Which flow does which job. A job may come twice: each flow is safe to do again. */
function flowOf(world: ServerWorld, job: Job, signal: AbortSignal): Promise<void> {
  switch (job.kind) {
    case 'plan':
      return planPullRequest(world, job, signal)
    case 'merge-group':
      return planMergeGroup(world, job, signal)
    case 'push':
      return syncBranch(world, job)
    case 'base-moved':
      return replanBranch(world, job)
    case 'sync':
      return syncMerged(world, job, signal)
    case 'report':
      return reportSyncs(world, job)
    case 'lock-passed':
      return tellLocked(world, job)
    case 'command':
      return obeyComment(world, job)
    case 'closed':
      return closePullRequest(world, job)
  }
}
