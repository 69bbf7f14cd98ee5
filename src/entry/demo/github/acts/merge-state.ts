import { latestRuns } from '../build/check.ts'
import { pullJson } from '../build/pull.ts'
import type { Json, Pull, Repository } from '../model.ts'
import type { World } from '../world.ts'

/** Conclusions that a required check passes with. */
const PASSING = new Set(['success', 'neutral', 'skipped'])

/** State of one check on a commit, by check run and status of this name: both count, the worse one wins. */
function checkState(repository: Repository, sha: string, name: string): 'missing' | 'pending' | 'passed' | 'failed' {
  const runs = latestRuns(repository.checkRuns.filter((run) => run.headSha === sha && run.name === name))
  const status = repository.statuses.findLast((each) => each.sha === sha && each.context === name)
  const states = [
    ...runs.map((run) =>
      run.status !== 'completed' ? 'pending' : PASSING.has(run.conclusion ?? '') ? 'passed' : 'failed',
    ),
    ...(status ? [status.state === 'success' ? 'passed' : status.state === 'pending' ? 'pending' : 'failed'] : []),
  ]
  for (const worst of ['failed', 'pending', 'passed'] as const) if (states.includes(worst)) return worst
  return 'missing'
}

/** The required check that keeps this commit out of the branch, and why; undefined when none does. */
export function blockingCheck(
  repository: Repository,
  branch: string,
  sha: string,
): { readonly name: string; readonly state: 'missing' | 'pending' | 'failed' } | undefined {
  for (const name of repository.requiredChecks.get(branch) ?? []) {
    const state = checkState(repository, sha, name)
    if (state !== 'passed') return { name, state }
  }
  return undefined
}

/** `mergeable_state`: what stands in the way of merging this pull request now. */
export function mergeableState(repository: Repository, pull: Pull): string {
  if (pull.state === 'closed') return 'unknown'
  if (!pull.stats.mergeable) return 'dirty'
  if (pull.draft) return 'draft'
  if (blockingCheck(repository, pull.baseRef, pull.headSha)) return 'blocked'
  const runs = latestRuns(repository.checkRuns.filter((run) => run.headSha === pull.headSha))
  return runs.some((run) => !PASSING.has(run.conclusion ?? '')) ? 'unstable' : 'clean'
}

/** `pull-request` as of now. */
export function currentPullJson(world: World, repository: Repository, pull: Pull): Json {
  return pullJson(world, repository, pull, mergeableState(repository, pull))
}
