import type { CheckRun, CheckSuite, Json, Repository } from '../model.ts'
import type { World } from '../world.ts'
import { simpleCommitJson } from './commit.ts'
import { appJson, nodeId, repositoryApi, repositoryHtml } from './common.ts'
import { repositoryJson } from './repository.ts'

/** Open pull requests whose head is this commit. Empty for heads in forks, as on GitHub. */
function pullsAt(world: World, repository: Repository, sha: string): Json[] {
  const api = repositoryApi(world, repository)
  const repo = { id: repository.id, url: api, name: repository.name }
  return [...repository.pulls.values()]
    .filter((pull) => pull.state === 'open' && pull.headSha === sha && pull.headRepository === repository)
    .map((pull) => ({
      url: `${api}/pulls/${pull.number}`,
      id: pull.id,
      number: pull.number,
      head: { ref: pull.headRef, sha: pull.headSha, repo },
      base: { ref: pull.baseRef, sha: pull.baseSha, repo },
    }))
}

const WORST = ['failure', 'timed_out', 'action_required', 'cancelled', 'stale', 'neutral', 'skipped', 'success']

function suiteState(repository: Repository, suite: CheckSuite): { status: string; conclusion: string | null } {
  const runs = latestRuns(repository.checkRuns.filter((run) => run.suite === suite))
  if (runs.length === 0) return { status: 'queued', conclusion: null }
  if (runs.some((run) => run.status !== 'completed')) return { status: 'in_progress', conclusion: null }
  const conclusion = WORST.find((each) => runs.some((run) => run.conclusion === each)) ?? 'success'
  return { status: 'completed', conclusion: conclusion === 'skipped' ? 'neutral' : conclusion }
}

/** The newest run of each name: those that count. */
export function latestRuns(runs: readonly CheckRun[]): readonly CheckRun[] {
  return [...new Map(runs.map((run) => [run.name, run])).values()]
}

/** The suite as a check run's webhook nests it. */
function nestedSuiteJson(world: World, repository: Repository, suite: CheckSuite): Json {
  return {
    id: suite.id,
    node_id: nodeId('CheckSuite', suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    ...suiteState(repository, suite),
    url: `${repositoryApi(world, repository)}/check-suites/${suite.id}`,
    before: suite.before,
    after: suite.headSha,
    pull_requests: pullsAt(world, repository, suite.headSha),
    app: appJson(world),
    created_at: suite.createdAt,
    updated_at: suite.updatedAt,
  }
}

/** The suite of a `check_suite` webhook. */
export function hookSuiteJson(world: World, repository: Repository, suite: CheckSuite): Json {
  const commit = repository.commits.get(suite.headSha)
  return {
    ...nestedSuiteJson(world, repository, suite),
    check_runs_url: `${repositoryApi(world, repository)}/check-suites/${suite.id}/check-runs`,
    latest_check_runs_count: latestRuns(repository.checkRuns.filter((run) => run.suite === suite)).length,
    head_commit: commit ? simpleCommitJson(commit) : null,
  }
}

/** `check-suite` of REST. */
export function suiteJson(world: World, repository: Repository, suite: CheckSuite): Json {
  return { ...hookSuiteJson(world, repository, suite), repository: repositoryJson(world, repository) }
}

/** What a check run is in REST and in webhooks alike. */
function runBase(world: World, repository: Repository, run: CheckRun): Json {
  const url = `${repositoryApi(world, repository)}/check-runs/${run.id}`
  return {
    id: run.id,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: `${repositoryHtml(world, repository)}/runs/${run.id}`,
    details_url: run.detailsUrl ?? `${world.url}/apps/${world.app.slug}`,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    name: run.name,
    app: appJson(world),
    pull_requests: pullsAt(world, repository, run.headSha),
  }
}

/** `check-run` of REST. */
export function checkRunJson(world: World, repository: Repository, run: CheckRun): Json {
  return { ...runBase(world, repository, run), check_suite: { id: run.suite.id } }
}

/** The run of a `check_run` webhook. */
export function hookCheckRunJson(world: World, repository: Repository, run: CheckRun): Json {
  return { ...runBase(world, repository, run), check_suite: nestedSuiteJson(world, repository, run.suite) }
}
