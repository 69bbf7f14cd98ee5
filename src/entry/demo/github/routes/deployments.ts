import { settleQueue } from '../acts/queue.ts'
import { latestRuns } from '../build/check.ts'
import { nodeId, repositoryApi } from '../build/common.ts'
import { deploymentJson, deploymentStatusJson, statusJson } from '../build/deployment.ts'
import { repositoryJson } from '../build/repository.ts'
import { branchHead, isAncestor, resolveCommit } from '../git.ts'
import { GitHubError, invalid, notFound } from '../github-error.ts'
import type { Account, Deployment, DeploymentStatus, Json, Repository, Status } from '../model.ts'
import { created, list, type Need, ok, onRepository, type RepositoryCall, type Route } from '../router.ts'
import type { World } from '../world.ts'
import { changed, exclusively, newId, timestamp } from '../world.ts'

const READ: readonly Need[] = [['deployments', 'read']]
const WRITE: readonly Need[] = [['deployments', 'write']]

/** GitHub's limit on descriptions of deployments and statuses, characters. */
const MAX_DESCRIPTION = 140

function text(body: Json, name: string, otherwise: string): string {
  const value = body[name]
  return typeof value === 'string' ? value : otherwise
}

function checkDescription(resource: string, body: Json): void {
  if (text(body, 'description', '').length > MAX_DESCRIPTION) {
    throw invalid(resource, 'description', `description is too long (maximum is ${MAX_DESCRIPTION} characters)`)
  }
}

function newestStatuses(repository: Repository, sha: string): readonly Status[] {
  const own = repository.statuses.filter((each) => each.sha === sha)
  return [...new Map(own.map((each) => [each.context, each])).values()]
}

/** Every check and status of a commit is green, or is not asked for. */
function contextsPass(repository: Repository, sha: string, required: unknown): boolean {
  const wanted = Array.isArray(required) ? new Set(required) : undefined
  const counts = (name: string) => !wanted || wanted.has(name)
  const runs = latestRuns(repository.checkRuns.filter((run) => run.headSha === sha && counts(run.name)))
  const statuses = newestStatuses(repository, sha).filter((each) => counts(each.context))
  const found = new Set([...runs.map((run) => run.name), ...statuses.map((each) => each.context)])
  const passed = runs.every((run) => ['success', 'neutral', 'skipped'].includes(run.conclusion ?? ''))
  const all = [...(wanted ?? [])].every((name) => found.has(String(name)))
  return all && passed && statuses.every((each) => each.state === 'success')
}

async function createDeployment({ world, repository, body, actor }: RepositoryCall) {
  checkDescription('Deployment', body)
  const ref = String(body.ref)
  const sha = await resolveCommit(repository.folder, ref)
  if (!sha) throw new GitHubError(422, `No ref found for: ${ref}`)
  const base = await branchHead(repository.folder, repository.defaultBranch)
  // `auto_merge` is on unless it is switched off: GitHub then merges instead of deploying.
  if (body.auto_merge !== false && base && !(await isAncestor(repository.folder, base, sha))) {
    return { status: 202, body: { message: `Auto-merged ${repository.defaultBranch} into ${ref} on deployment.` } }
  }
  if (!contextsPass(repository, sha, body.required_contexts)) {
    throw new GitHubError(409, `Conflict: Commit status checks failed for ${ref}.`)
  }
  const now = timestamp()
  const environment = text(body, 'environment', 'production')
  const deployment: Deployment = {
    id: newId(world),
    sha,
    ref,
    task: text(body, 'task', 'deploy'),
    environment,
    description: typeof body.description === 'string' ? body.description : null,
    payload: body.payload ?? {},
    transient: body.transient_environment === true,
    production: (body.production_environment ?? environment === 'production') === true,
    creator: actor,
    createdAt: now,
    updatedAt: now,
    statuses: [],
  }
  repository.deployments.push(deployment)
  changed(world)
  return created(deploymentJson(world, repository, deployment))
}

function deploymentAt({ repository, params }: RepositoryCall): Deployment {
  const found = repository.deployments.find((each) => each.id === Number(params.deployment_id))
  if (!found) throw notFound()
  return found
}

function addStatus(world: World, deployment: Deployment, body: Json, by: Account): DeploymentStatus {
  const now = timestamp()
  const status: DeploymentStatus = {
    id: newId(world),
    state: String(body.state),
    description: text(body, 'description', ''),
    environment: text(body, 'environment', deployment.environment),
    logUrl: text(body, 'log_url', text(body, 'target_url', '')),
    environmentUrl: text(body, 'environment_url', ''),
    creator: by,
    createdAt: now,
  }
  deployment.statuses.push(status)
  deployment.updatedAt = now
  return status
}

function createStatus(call: RepositoryCall) {
  const { world, repository, body, actor } = call
  checkDescription('DeploymentStatus', body)
  const deployment = deploymentAt(call)
  const status = addStatus(world, deployment, body, actor)
  if (body.auto_inactive !== false && status.state === 'success') {
    for (const earlier of repository.deployments) {
      const same = earlier !== deployment && earlier.environment === deployment.environment
      const active = earlier.statuses.at(-1)?.state === 'success'
      if (same && active && !earlier.transient && !earlier.production) {
        addStatus(world, earlier, { state: 'inactive' }, actor)
      }
    }
  }
  changed(world)
  return created(deploymentStatusJson(world, repository, deployment, status))
}

async function createCommitStatus({ world, repository, params, body, actor }: RepositoryCall) {
  checkDescription('Status', body)
  const sha = await resolveCommit(repository.folder, params.sha ?? '')
  if (!sha) throw new GitHubError(422, `No commit found for SHA: ${params.sha}`)
  const status: Status = {
    id: newId(world),
    sha,
    state: String(body.state),
    context: text(body, 'context', 'default'),
    description: typeof body.description === 'string' ? body.description : null,
    targetUrl: typeof body.target_url === 'string' ? body.target_url : null,
    creator: actor,
    createdAt: timestamp(),
  }
  repository.statuses.push(status)
  changed(world)
  await exclusively(repository, () => settleQueue(world, repository))
  return created(statusJson(world, repository, status))
}

async function combinedStatus({ world, repository, params }: RepositoryCall) {
  const sha = await resolveCommit(repository.folder, params.ref ?? '')
  if (!sha) throw notFound()
  const statuses = newestStatuses(repository, sha)
  const states = new Set(statuses.map((each) => each.state))
  const failed = states.has('failure') || states.has('error')
  const pending = states.size === 0 || states.has('pending')
  const url = `${repositoryApi(world, repository)}/commits/${sha}`
  return ok({
    state: failed ? 'failure' : pending ? 'pending' : 'success',
    sha,
    total_count: statuses.length,
    statuses: statuses.map((each) => statusJson(world, repository, each)),
    repository: repositoryJson(world, repository),
    commit_url: url,
    url: `${url}/status`,
    node_id: nodeId('CombinedStatus', repository.id),
  })
}

/** Deployments, their statuses, and commit statuses. */
export const deploymentRoutes: readonly Route[] = [
  onRepository('GET', '/deployments', READ, ({ world, repository, query }) => {
    const found = repository.deployments.filter((each) =>
      (['sha', 'ref', 'task', 'environment'] as const).every((name) => {
        const wanted = query.get(name)
        return !wanted || wanted === 'none' || each[name] === wanted
      }),
    )
    return list(found.reverse(), (each) => deploymentJson(world, repository, each))
  }),
  onRepository('POST', '/deployments', WRITE, createDeployment),
  onRepository('GET', '/deployments/{deployment_id}', READ, (call) =>
    ok(deploymentJson(call.world, call.repository, deploymentAt(call))),
  ),
  onRepository('GET', '/deployments/{deployment_id}/statuses', READ, (call) => {
    const deployment = deploymentAt(call)
    const newest = [...deployment.statuses].reverse()
    return list(newest, (each) => deploymentStatusJson(call.world, call.repository, deployment, each))
  }),
  onRepository('POST', '/deployments/{deployment_id}/statuses', WRITE, createStatus),
  onRepository('POST', '/statuses/{sha}', [['statuses', 'write']], createCommitStatus),
  onRepository('GET', '/commits/{ref}/status', [['statuses', 'read']], combinedStatus),
  onRepository('GET', '/commits/{ref}/statuses', [['statuses', 'read']], async ({ world, repository, params }) => {
    const sha = await resolveCommit(repository.folder, params.ref ?? '')
    const found = repository.statuses.filter((each) => each.sha === sha).reverse()
    return list(found, (each) => statusJson(world, repository, each))
  }),
]
