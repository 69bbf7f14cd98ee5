import { problemsOf } from '../../core/model/errors.ts'
import { withAccepted } from '../../core/plan/accepted.ts'
import { assemblePlan } from '../../core/plan/plan.ts'
import { planCheck } from '../../core/report/check.ts'
import type { Job } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import type { Approval } from '../state-ports.ts'
import { planCommit } from './plan-commit.ts'
import { checkName } from './plan-pull-request.ts'

/** Judges a merge group's commit under the same check name; a group has no comment. */
export async function planMergeGroup(
  world: ServerWorld,
  job: Extract<Job, { kind: 'merge-group' }>,
  signal: AbortSignal,
): Promise<void> {
  const { owner, name, installationId } = job.repository
  const forge = await world.forges.open(job.repository, installationId)
  const externalId = `group/${job.head}`
  const checkId =
    (await forge.findCheck(job.head, checkName, externalId)) ??
    (await forge.createCheck({ name: checkName, commit: job.head, externalId }))
  try {
    const repository = await world.git.open(job.repository, installationId)
    await repository.fetch([job.base, job.head])
    const request = {
      repository,
      repositoryName: `${owner}/${name}`,
      base: job.base,
      head: job.head,
      tree: job.head,
      stateKey: world.stateKey,
      signal,
    }
    const made = await planCommit(world, request)
    const plan = withAccepted(made.plan, await acceptedBefore(world, job))
    await forge.completeCheck(checkId, { conclusion: plan.conclusion, report: planCheck(plan, { appChecks: false }) })
  } catch (thrown) {
    if (signal.aborted) throw thrown
    world.log.error('a merge group could not be planned', { head: job.head, err: thrown })
    const plan = assemblePlan({ head: job.head, base: job.base, apps: [], errors: problemsOf(thrown) })
    await forge.completeCheck(checkId, { conclusion: plan.conclusion, report: planCheck(plan, { appChecks: false }) })
  }
}

/** A group doesn't say which pull requests are in it: what was accepted on an open one into this branch counts. */
async function acceptedBefore(
  world: ServerWorld,
  { repository, baseRef }: Extract<Job, { kind: 'merge-group' }>,
): Promise<readonly Approval[]> {
  const open = await world.store.openInto(repository, baseRef.replace(/^refs\/heads\//, ''))
  return (await Promise.all(open.map((number) => world.store.approvals(repository, number)))).flat()
}
