import type { App } from '../../core/model/app.ts'
import { type Problem, problem, problemsOf } from '../../core/model/errors.ts'
import type { SyncState } from '../../core/model/outcome.ts'
import { fullName, sameRepository } from '../../core/model/repository.ts'
import { assemblePlan } from '../../core/plan/plan.ts'
import { planCheck } from '../../core/report/check.ts'
import { manualHold } from '../../core/sync/holds.ts'
import { endLocks } from '../holds/end-locks.ts'
import { releaseHeld } from '../holds/release-held.ts'
import { changesConfig, selectAffected } from '../plan/plan-commit.ts'
import { checkName } from '../plan/plan-pull-request.ts'
import { changePullRequest } from '../plan/sticky-comment.ts'
import type { Forge, GitRepository, PullRequest } from '../ports.ts'
import { endClosedPreviews } from '../preview/end-previews.ts'
import type { Job, SyncRecord } from '../records.ts'
import { readConfig } from '../render/read-config.ts'
import type { ServerWorld } from '../server-world.ts'
import { endWaiting } from './end-sync.ts'
import { tellGitHub } from './report-syncs.ts'

type PushJob = Extract<Job, { kind: 'push' }>

/** Commits of one step that are looked at one by one; older ones of a longer push share the newest pull request. */
const maxCommits = 30

const noCommit = /^0+$/

/** Where a commit of the target branch came from. */
type Origin = { readonly commit: string; readonly number?: number; readonly actor: string }

/**
 * Turns what came to the target branch into syncs, one for each affected app. The branch is read again and compared with
 * the commit up to which that was done before, so that a lost, late or doubled webhook changes nothing.
 */
export async function syncBranch(world: ServerWorld, job: PushJob): Promise<void> {
  const { installationId } = job.repository
  const forge = await world.forges.open(job.repository, installationId)
  if (job.branch !== (await forge.defaultBranch())) return
  const head = await forge.branchHead(job.branch)
  if (head === undefined) return
  const stored = await world.store.cursor(job.repository, job.branch)
  const last = stored ?? (job.before && !noCommit.test(job.before) ? job.before : undefined)
  if (last === head) {
    if (stored === undefined) await world.store.advance(job.repository, job.branch, head, [])
    return
  }
  const repository = await world.git.open(job.repository, installationId)
  await repository.fetch([head])
  const from = last && (await isThere(world, repository, job, last)) ? last : undefined
  const config = await readConfig(repository, head).catch((thrown: unknown) => problemsOf(thrown))
  if (isProblems(config)) {
    await tellOfBrokenConfig(forge, head, config)
    await world.store.advance(job.repository, job.branch, head, [])
    return
  }
  const range = { from, head, lost: stored === undefined }
  const records = config.discovered ? [] : await recordsOf(world, forge, repository, job, config.apps, range)
  for (const number of new Set(records.flatMap((record) => record.number ?? []))) {
    await changePullRequest(world, job.repository, number, { open: false })
    await endLocks(world, job.repository, number)
  }
  // Before the branch counts as done: a restart goes through all of it again.
  const waiting = await world.store.heldSyncs()
  const tell = (ended: SyncRecord) => tellGitHub(forge, ended, ended.outcome)
  for (const record of records) await endWaiting(world, job.repository, waiting, record, tell)
  if (!config.discovered) await endGone(world, forge, job, waiting, config.apps, head)
  if (!config.discovered) await endClosedPreviews(world, forge, job.repository, records)
  await world.store.advance(job.repository, job.branch, head, records)
  for (const record of records) {
    world.overtaking.tell(record)
    // No pull request tells of a direct push that waits for a person.
    if (record.outcome.state === 'held' && record.number === undefined) await tellGitHub(forge, record, record.outcome)
  }
  // Windows and dependencies of the newest configuration count.
  if (from && changesConfig(await repository.changedPaths(from, head))) await releaseHeld(world, job.repository)
}

/** What waits for an app that the branch no longer configures waits for nothing: it is told so. */
async function endGone(
  world: ServerWorld,
  forge: Forge,
  job: PushJob,
  waiting: readonly SyncRecord[],
  apps: readonly App[],
  head: string,
): Promise<void> {
  const names = new Set(apps.map(({ name }) => name))
  for (const held of waiting) {
    if (!sameRepository(held.repository, job.repository) || held.branch !== job.branch || names.has(held.app)) continue
    const message = `${held.app} is no longer configured at ${head.slice(0, 7)}; nothing more of it is applied.`
    const { heldBy: _, ...rest } = held.outcome
    const problems = [problem('superseded', message)]
    const ended: SyncRecord = { ...held, outcome: { ...rest, state: 'superseded', problems } }
    await tellGitHub(forge, ended, ended.outcome)
    await world.store.saveSync(ended, job.repository)
  }
}

/**
 * A commit that a forced push replaced may be gone for good. Every app is synced then: what is as it should be stays so.
 */
async function isThere(world: ServerWorld, repository: GitRepository, job: PushJob, commit: string): Promise<boolean> {
  try {
    await repository.fetch([commit])
    return true
  } catch (thrown) {
    world.log.warn('the commit that a branch was at is gone', { branch: job.branch, commit, err: thrown })
    return false
  }
}

async function recordsOf(
  world: ServerWorld,
  forge: Forge,
  repository: GitRepository,
  job: PushJob,
  apps: readonly App[],
  { from, head, lost }: { readonly from: string | undefined; readonly head: string; readonly lost: boolean },
): Promise<readonly SyncRecord[]> {
  const origins = await originsOf(forge, repository, job, from, head)
  const newest = origins.at(-1) ?? { commit: head, actor: job.pusher ?? 'unknown' }
  const touched = from ? await affectedBetween(repository, apps, from, head) : apps
  const waiting = lost ? await notSynced(world, repository, job, apps, head) : []
  const affected = apps.filter((app) => touched.includes(app) || waiting.includes(app))
  const records: SyncRecord[] = []
  for (const app of affected) {
    const touching = await originsTouching(repository, app, origins, from)
    const last = touching.at(-1) ?? newest
    for (const origin of touching) {
      if (origin.number === undefined || origin.number === last.number) continue
      if (records.some((each) => each.app === app.name && each.number === origin.number)) continue
      const why = problem(
        'superseded',
        `${last.number ? `#${last.number}` : head.slice(0, 7)} came after it and is synced instead, with the changes of both.`,
      )
      records.push(recordOf(world, job, app, origin, from, head, 'superseded', [why]))
    }
    const record = recordOf(world, job, app, last, from, head, app.sync.auto ? 'queued' : 'held', [])
    const hold = manualHold(app)
    const held = { ...record.outcome, heldBy: hold.heldBy, problems: [hold.problem] }
    records.push(app.sync.auto ? record : { ...record, outcome: held })
  }
  return records
}

/**
 * Apps that this server synced before, to another state than the branch has: with a lost database, what waited for a lock
 * or a window would never be synced. Their parent objects know.
 */
async function notSynced(
  world: ServerWorld,
  repository: GitRepository,
  job: PushJob,
  apps: readonly App[],
  head: string,
): Promise<readonly App[]> {
  const repositoryName = fullName(job.repository)
  const answers = await Promise.all(
    apps.map(async (app) => {
      try {
        const cluster = await world.clusters.open(app.cluster, repositoryName)
        const { revision } = await cluster.inventory(repositoryName, app.name)
        if (revision === undefined || revision === head) return false
        await repository.fetch([revision])
        return (await affectedBetween(repository, [app], revision, head)).length > 0
      } catch (err) {
        // Unknown is never synced: the sync is judged by itself.
        world.log.warn('it is unknown what an app was synced to', { app: app.name, err })
        return true
      }
    }),
  )
  return apps.filter((_, index) => answers[index])
}

function recordOf(
  world: ServerWorld,
  job: PushJob,
  app: App,
  origin: Origin,
  previous: string | undefined,
  revision: string,
  state: SyncState,
  problems: readonly Problem[],
): SyncRecord {
  const { owner, name } = job.repository
  const now = world.clock.now().toISOString()
  return {
    id: world.newId(),
    repository: { owner, name },
    app: app.name,
    cluster: app.cluster,
    branch: job.branch,
    revision,
    actor: origin.actor,
    createdAt: now,
    outcome: { app: app.name, cluster: app.cluster, revision, state, objects: [], problems },
    ...(previous ? { previous } : {}),
    ...(origin.number ? { number: origin.number } : {}),
    ...(state === 'queued' ? {} : { finishedAt: now }),
  }
}

/** The commits of a step with the pull requests that they came from, oldest first. */
async function originsOf(
  forge: Forge,
  repository: GitRepository,
  job: PushJob,
  from: string | undefined,
  head: string,
): Promise<readonly Origin[]> {
  const commits = from ? await repository.firstParents(from, head, maxCommits) : [head]
  const origins: Origin[] = []
  for (const commit of commits) {
    const merged = (await forge.pullRequestsOf(commit)).filter((pull) => pull.merged && pull.baseRef === job.branch)
    const pull = merged.find((each) => each.mergeCommit === commit) ?? merged[0]
    origins.push(
      pull
        ? { commit, number: pull.number, actor: await mergerOf(forge, pull) }
        : { commit, actor: job.pusher ?? (await repository.describe(commit)).author },
    )
  }
  return origins
}

/** Who merged it; a list of pull requests doesn't say. */
async function mergerOf(forge: Forge, pull: PullRequest): Promise<string> {
  return (await forge.pullRequest(pull.number)).mergedBy ?? pull.author
}

async function originsTouching(
  repository: GitRepository,
  app: App,
  origins: readonly Origin[],
  from: string | undefined,
): Promise<readonly Origin[]> {
  if (origins.length < 2 || from === undefined) return origins
  const touching: Origin[] = []
  let before = from
  for (const origin of origins) {
    if ((await affectedBetween(repository, [app], before, origin.commit)).length > 0) touching.push(origin)
    before = origin.commit
  }
  return touching
}

async function affectedBetween(
  repository: GitRepository,
  apps: readonly App[],
  from: string,
  to: string,
): Promise<readonly App[]> {
  const [changed, before] = await Promise.all([
    repository.changedPaths(from, to),
    readConfig(repository, from).then(
      // Discovered apps were never applied.
      (config) => (config.discovered ? [] : config.apps),
      () => [],
    ),
  ])
  return selectAffected(
    repository,
    { base: from, tree: to },
    apps,
    new Map(before.map((app) => [app.name, app])),
    changed,
  )
}

async function tellOfBrokenConfig(forge: Forge, head: string, problems: readonly Problem[]): Promise<void> {
  const externalId = `config/${head}`
  if ((await forge.findCheck(head, checkName, externalId)) !== undefined) return
  const plan = assemblePlan({ head, apps: [], errors: problems })
  await forge.createCheck({
    name: checkName,
    commit: head,
    externalId,
    done: { conclusion: 'failure', report: planCheck(plan) },
  })
}

function isProblems(value: unknown): value is readonly Problem[] {
  return Array.isArray(value)
}
