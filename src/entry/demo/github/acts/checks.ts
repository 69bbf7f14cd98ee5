import { hookCheckRunJson, hookSuiteJson, latestRuns } from '../build/check.ts'
import { GitHubError } from '../github-error.ts'
import type { Account, CheckRun, CheckSuite, Json, Repository } from '../model.ts'
import { emit } from '../webhooks.ts'
import type { World } from '../world.ts'
import { changed, newId, timestamp } from '../world.ts'

/** The App's suite on a commit, made when there is none. */
export function suiteFor(
  world: World,
  repository: Repository,
  headSha: string,
  headBranch: string | null,
  before: string | null,
): CheckSuite {
  const known = repository.suites.find((each) => each.headSha === headSha)
  if (known) return known
  const now = timestamp()
  const suite = { id: newId(world), headSha, headBranch, before, createdAt: now, updatedAt: now }
  repository.suites.push(suite)
  return suite
}

function emitRun(world: World, repository: Repository, run: CheckRun, action: string, by: Account, more: Json = {}) {
  const payload = { action, check_run: hookCheckRunJson(world, repository, run), ...more }
  emit(world, repository, 'check_run', payload, by)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Takes over what a request says of a run. `conclusion` completes it, as on GitHub. */
function assign(run: CheckRun, body: Json): void {
  const output = (body.output ?? {}) as Json
  run.name = text(body.name) ?? run.name
  run.externalId = text(body.external_id) ?? run.externalId
  run.detailsUrl = text(body.details_url) ?? run.detailsUrl
  run.startedAt = text(body.started_at) ?? run.startedAt
  run.title = text(output.title) ?? run.title
  run.summary = text(output.summary) ?? run.summary
  run.text = text(output.text) ?? run.text
  if (Array.isArray(output.annotations)) run.annotations.push(...output.annotations)
  if (Array.isArray(body.actions)) run.actions = body.actions
  const conclusion = text(body.conclusion)
  const status = conclusion ? 'completed' : text(body.status)
  if (status === 'completed' && !conclusion && run.conclusion === null) {
    throw new GitHubError(422, 'Invalid request.\n\nNo subschema in "anyOf" matched: "conclusion" wasn\'t supplied.')
  }
  if (status === 'completed') {
    run.status = 'completed'
    run.conclusion = conclusion ?? run.conclusion
    run.completedAt = text(body.completed_at) ?? timestamp()
  } else if (status === 'queued' || status === 'in_progress') {
    run.status = status
    run.conclusion = null
    run.completedAt = null
  }
}

function afterCompletion(world: World, repository: Repository, run: CheckRun, by: Account): void {
  emitRun(world, repository, run, 'completed', by)
  const { suite } = run
  suite.updatedAt = timestamp()
  const runs = latestRuns(repository.checkRuns.filter((each) => each.suite === suite))
  if (runs.every((each) => each.status === 'completed')) {
    const payload = { action: 'completed', check_suite: hookSuiteJson(world, repository, suite) }
    emit(world, repository, 'check_suite', payload, by)
  }
}

/** Makes a check run on a commit that exists. */
export function createRun(world: World, repository: Repository, body: Json, by: Account): CheckRun {
  const headSha = String(body.head_sha)
  const suite = suiteFor(world, repository, headSha, null, null)
  const run: CheckRun = {
    id: newId(world),
    suite,
    name: '',
    headSha,
    externalId: '',
    detailsUrl: null,
    status: 'queued',
    conclusion: null,
    startedAt: timestamp(),
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
    actions: [],
  }
  assign(run, body)
  repository.checkRuns.push(run)
  emitRun(world, repository, run, 'created', by)
  if (run.status === 'completed') afterCompletion(world, repository, run, by)
  changed(world)
  return run
}

/** Changes a check run. */
export function updateRun(world: World, repository: Repository, run: CheckRun, body: Json, by: Account): void {
  const was = run.status
  assign(run, body)
  if (run.status === 'completed' && was !== 'completed') afterCompletion(world, repository, run, by)
  changed(world)
}

/** A person asks for a completed check run again; the run itself stays as it is. */
export function rerequestRun(world: World, repository: Repository, run: CheckRun, by: Account): void {
  if (run.status !== 'completed') throw new GitHubError(422, 'This check run is not rerequestable')
  emitRun(world, repository, run, 'rerequested', by)
}

/** A person presses a button of a check run. Throws 422 when there is no such button. */
export function requestAction(world: World, repository: Repository, run: CheckRun, button: string, by: Account): void {
  if (!run.actions.some((action) => action.identifier === button)) {
    throw new GitHubError(422, `The check run has no action ${button}`)
  }
  emitRun(world, repository, run, 'requested_action', by, { requested_action: { identifier: button } })
}

/** A person asks for all checks of a commit again. */
export function rerequestSuite(world: World, repository: Repository, suite: CheckSuite, by: Account): void {
  const payload = { action: 'rerequested', check_suite: hookSuiteJson(world, repository, suite) }
  emit(world, repository, 'check_suite', payload, by)
}
