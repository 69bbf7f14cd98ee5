import { createRun, rerequestRun, rerequestSuite, updateRun } from '../acts/checks.ts'
import { settleQueue } from '../acts/queue.ts'
import { checkRunJson, latestRuns, suiteJson } from '../build/check.ts'
import { resolveCommit } from '../git.ts'
import { readCommit } from '../git-read.ts'
import { GitHubError, notFound } from '../github-error.ts'
import type { CheckRun, CheckSuite } from '../model.ts'
import { created, list, type Need, ok, onRepository, type RepositoryCall, type Route } from '../router.ts'
import { exclusively } from '../world.ts'

const READ: readonly Need[] = [['checks', 'read']]
const WRITE: readonly Need[] = [['checks', 'write']]

function runAt({ repository, params }: RepositoryCall): CheckRun {
  const run = repository.checkRuns.find((each) => each.id === Number(params.check_run_id))
  if (!run) throw notFound()
  return run
}

function suiteAt({ repository, params }: RepositoryCall): CheckSuite {
  const suite = repository.suites.find((each) => each.id === Number(params.check_suite_id))
  if (!suite) throw notFound()
  return suite
}

/** The commit that `{ref}` stands for. Throws 422 as GitHub does. */
async function commitAt({ repository, params }: RepositoryCall): Promise<string> {
  const ref = params.ref ?? ''
  const sha = await resolveCommit(repository.folder, ref)
  if (!sha) throw new GitHubError(422, `No commit found for SHA: ${ref}`)
  return sha
}

function select({ world, repository, query }: RepositoryCall, runs: readonly CheckRun[]) {
  const name = query.get('check_name')
  const status = query.get('status')
  const app = query.get('app_id')
  const found = runs
    .filter((run) => !name || run.name === name)
    .filter((run) => !status || run.status === status)
    .filter(() => !app || Number(app) === world.app.id)
  const shown = query.get('filter') === 'all' ? found : latestRuns(found)
  return list([...shown].reverse(), (run) => checkRunJson(world, repository, run), 'check_runs')
}

/** Check runs and their suites. */
export const checkRoutes: readonly Route[] = [
  onRepository('POST', '/check-runs', WRITE, async (call) => {
    const { world, repository, body, actor } = call
    const sha = await resolveCommit(repository.folder, String(body.head_sha))
    if (!sha || sha !== body.head_sha) throw new GitHubError(422, `No commit found for SHA: ${body.head_sha}`)
    await readCommit(repository, sha)
    const run = createRun(world, repository, body, actor)
    if (run.status === 'completed') await exclusively(repository, () => settleQueue(world, repository))
    return created(checkRunJson(world, repository, run))
  }),
  onRepository('GET', '/check-runs/{check_run_id}', READ, (call) =>
    ok(checkRunJson(call.world, call.repository, runAt(call))),
  ),
  onRepository('PATCH', '/check-runs/{check_run_id}', WRITE, async (call) => {
    const { world, repository, body, actor } = call
    const run = runAt(call)
    updateRun(world, repository, run, body, actor)
    if (run.status === 'completed') await exclusively(repository, () => settleQueue(world, repository))
    return ok(checkRunJson(world, repository, run))
  }),
  onRepository('GET', '/check-runs/{check_run_id}/annotations', READ, (call) => {
    const run = runAt(call)
    const blank = { start_column: null, end_column: null, title: null, raw_details: null }
    const blob = `${call.world.url}/blob/${run.headSha}`
    return list(run.annotations, (each) => ({ ...blank, blob_href: blob, ...each }))
  }),
  onRepository('POST', '/check-runs/{check_run_id}/rerequest', WRITE, (call) => {
    rerequestRun(call.world, call.repository, runAt(call), call.actor)
    return created({})
  }),
  onRepository('GET', '/commits/{ref}/check-runs', READ, async (call) => {
    const sha = await commitAt(call)
    return select(
      call,
      call.repository.checkRuns.filter((run) => run.headSha === sha),
    )
  }),
  onRepository('GET', '/commits/{ref}/check-suites', READ, async (call) => {
    const { world, repository } = call
    const sha = await commitAt(call)
    const suites = repository.suites.filter((suite) => suite.headSha === sha)
    return list(suites, (suite) => suiteJson(world, repository, suite), 'check_suites')
  }),
  onRepository('GET', '/check-suites/{check_suite_id}', READ, (call) =>
    ok(suiteJson(call.world, call.repository, suiteAt(call))),
  ),
  onRepository('GET', '/check-suites/{check_suite_id}/check-runs', READ, (call) => {
    const suite = suiteAt(call)
    return select(
      call,
      call.repository.checkRuns.filter((run) => run.suite === suite),
    )
  }),
  onRepository('POST', '/check-suites/{check_suite_id}/rerequest', WRITE, (call) => {
    rerequestSuite(call.world, call.repository, suiteAt(call), call.actor)
    return created({})
  }),
]
