import { closePullRequest } from '../../flows/close-pull-request.ts'
import { obeyComment } from '../../flows/obey-comment.ts'
import { planMergeGroup } from '../../flows/plan-merge-group.ts'
import { planPullRequest } from '../../flows/plan-pull-request.ts'
import type { Job } from '../../flows/records.ts'
import { replanBranch } from '../../flows/replan-branch.ts'
import { reportSyncs } from '../../flows/report-syncs.ts'
import type { ServerWorld } from '../../flows/server-world.ts'
import { syncBranch } from '../../flows/sync-branch.ts'
import { syncMerged } from '../../flows/sync-merged.ts'
import { tellLocked } from '../../flows/tell-locked.ts'
import type { PlanWatch } from '../../flows/watch-plans.ts'

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
