import { problem, problemsOf } from '../core/model/errors.ts'
import type { Plan } from '../core/model/plan.ts'
import { assemblePlan, concludeApp, worst } from '../core/plan/plan.ts'
import { appCheck, noAffectedAppsCheck, planCheck, supersededCheck } from '../core/report/check.ts'
import { planComment } from '../core/report/plan-comment.ts'
import { type CommitPlan, planCommit } from './plan-commit.ts'
import type { Forge, Job, PlanRecord, PullRequest } from './ports.ts'
import type { ServerWorld } from './server-world.ts'
import { changePullRequest, commentMarker, writePlanComment } from './sticky-comment.ts'

/** Name of the check run to require; each app's is `drydock / <app>`. */
export const checkName = 'drydock'

/** Check runs of apps in one plan at most, so that a large pull request stays at 20 writes. */
const maxAppChecks = 16

type PlanJob = Extract<Job, { kind: 'plan' }>

/**
 * Plans a pull request: the merge result against the target branch and the live cluster, shown as check runs and as one
 * comment. The webhook was a hint: everything is read again. Safe to do twice.
 */
export async function planPullRequest(world: ServerWorld, job: PlanJob, signal: AbortSignal): Promise<void> {
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  const pull = await forge.pullRequest(job.number)
  if (pull.state !== 'open') return leaveClosed(world, forge, job, pull)
  const base = (await forge.branchHead(pull.baseRef)) ?? pull.base
  const shown = await isShown(world, job, pull, base)
  await changePullRequest(world, job.repository, job.number, { open: true, head: pull.head, baseRef: pull.baseRef })
  if (shown) return
  const repository = await world.git.open(job.repository, job.repository.installationId)
  const started = world.clock.now()
  const running = await begin(world, forge, job, pull, base, started)
  const planned = await makePlan(world, repository, job, pull, base, signal).catch((thrown: unknown) => {
    if (signal.aborted) throw thrown
    world.log.error('a pull request could not be planned', { number: job.number, err: thrown })
    return { plan: assemblePlan({ head: pull.head, base, apps: [], errors: problemsOf(thrown) }) }
  })
  const now = await forge.pullRequest(job.number)
  if (now.head !== pull.head || now.baseRef !== pull.baseRef || now.state !== 'open') {
    await supersede(world, forge, running.record, now.head)
    await world.store.enqueue([{ ...job, reason: 'pushed' }])
    return
  }
  await publish(world, forge, job, pull, running, planned, started)
}

/** A plan that was begun before the pull request was closed has nobody left to end it. */
async function leaveClosed(world: ServerWorld, forge: Forge, job: PlanJob, pull: PullRequest): Promise<void> {
  const left = await world.store.runningPlans(job.repository, job.number)
  for (const each of left) await supersede(world, forge, each, pull.head)
  if (await world.store.pullRequest(job.repository, job.number))
    await changePullRequest(world, job.repository, job.number, { open: false })
}

/** The plan for exactly this head and base is shown already, and nobody asked for another. */
async function isShown(world: ServerWorld, job: PlanJob, pull: PullRequest, base: string): Promise<boolean> {
  if (job.reason === 'command' || job.reason === 'rerequested') return false
  const state = await world.store.pullRequest(job.repository, job.number)
  if (state?.baseRef !== pull.baseRef) return false
  const latest = await world.store.latestPlan(job.repository, job.number)
  return latest?.state === 'done' && latest.head === pull.head && latest.base === base
}

/** A plan in progress; `resumed`: another process began it, and may have written some of it. */
type RunningPlan = { readonly record: PlanRecord & { readonly checkId: number }; readonly resumed: boolean }

/** Records the plan and shows the check in progress; after a crash the same record and check run are taken up again. */
async function begin(
  world: ServerWorld,
  forge: Forge,
  job: PlanJob,
  pull: PullRequest,
  base: string,
  started: Date,
): Promise<RunningPlan> {
  const { owner, name } = job.repository
  const left = await world.store.runningPlans(job.repository, job.number)
  const same = left.find((each) => each.head === pull.head)
  for (const other of left.filter((each) => each !== same)) await supersede(world, forge, other, pull.head)
  const record: PlanRecord = same ?? {
    id: world.newId(),
    repository: { owner, name },
    number: job.number,
    head: pull.head,
    base,
    state: 'running',
    createdAt: started.toISOString(),
  }
  if (!same) await world.store.savePlan(record)
  const checkId =
    record.checkId ??
    (same ? await forge.findCheck(pull.head, checkName, record.id) : undefined) ??
    (await forge.createCheck({ name: checkName, commit: pull.head, externalId: record.id }))
  const begun = { ...record, base, checkId }
  await world.store.savePlan(begun)
  return { record: begun, resumed: same !== undefined }
}

async function supersede(world: ServerWorld, forge: Forge, record: PlanRecord, head: string): Promise<void> {
  if (record.checkId !== undefined) {
    await forge.completeCheck(record.checkId, { conclusion: 'action_required', report: supersededCheck(head) })
  }
  await world.store.savePlan({ ...record, state: 'superseded' })
}

async function makePlan(
  world: ServerWorld,
  repository: Awaited<ReturnType<ServerWorld['git']['open']>>,
  job: PlanJob,
  pull: PullRequest,
  base: string,
  signal: AbortSignal,
): Promise<CommitPlan> {
  if (pull.fork && (job.reason !== 'command' || job.command?.head !== pull.head)) {
    const error = problem(
      'held',
      'This pull request comes from a fork: nothing of it was run, and the cluster was not read.',
      {
        hint: 'Somebody with write access reads the change and comments /plan.',
      },
    )
    return { plan: assemblePlan({ head: pull.head, base, apps: [], errors: [error] }) }
  }
  await repository.fetch([base, pull.head])
  const merged = await repository.mergeTree(base, pull.head)
  if ('conflicts' in merged) {
    const paths = merged.conflicts.slice(0, 10).join(', ')
    const error = problem('merge-conflict', `The branch can't be merged into ${pull.baseRef}: conflicts in ${paths}.`, {
      hint: `Merge ${pull.baseRef} into the branch, solve the conflicts and push.`,
    })
    return { plan: assemblePlan({ head: pull.head, base, apps: [], errors: [error] }) }
  }
  const { owner, name } = job.repository
  return planCommit(world, {
    repository,
    repositoryName: `${owner}/${name}`,
    base,
    head: pull.head,
    tree: merged.tree,
    signal,
  })
}

/** Writes the plan to GitHub: the apps' check runs, the comment, and last the conclusion. */
async function publish(
  world: ServerWorld,
  forge: Forge,
  job: PlanJob,
  pull: PullRequest,
  running: RunningPlan,
  planned: CommitPlan,
  started: Date,
): Promise<void> {
  const { plan } = planned
  const { record } = running
  const shown = [...plan.apps].sort((one, other) => severity(other) - severity(one)).slice(0, maxAppChecks)
  for (const app of shown) {
    const externalId = `${record.id}/${app.name}`
    const name = `${checkName} / ${app.name}`
    if (running.resumed && (await forge.findCheck(pull.head, name, externalId)) !== undefined) continue
    const done = { conclusion: concludeApp(app), report: appCheck(app) }
    await forge.createCheck({ name, commit: pull.head, externalId, done })
  }
  const view = {
    plan,
    number: job.number,
    baseRef: pull.baseRef,
    syncedBranch: await forge.defaultBranch(),
    plannedAt: world.clock.now().toISOString(),
    durationMs: world.clock.now().getTime() - started.getTime(),
    marker: commentMarker(job.number),
    appChecks: shown.map((app) => app.name),
    ...(planned.proposal ? { discoveredConfig: planned.proposal } : {}),
    ...(job.command ? { askedBy: job.command.user } : {}),
  }
  const quiet = plan.apps.length === 0 && (plan.errors ?? []).length === 0 && (plan.notes ?? []).length === 0
  await writePlanComment(world, forge, job, planComment(view), { onlyIfThere: quiet })
  const others = await othersAtHead(world, forge, job, pull.head)
  const conclusion = worst([plan.conclusion, ...others.flatMap((each) => each.plan?.conclusion ?? [])])
  const report = quiet
    ? noAffectedAppsCheck()
    : planCheck(plan, { appChecks: shown.length === plan.apps.length, others: othersOf(others) })
  await forge.completeCheck(record.checkId, { conclusion, report })
  await world.store.savePlan({ ...record, state: 'done', plan })
}

/** Plans of the other pull requests with this head. That one was closed may never have been told. */
async function othersAtHead(
  world: ServerWorld,
  forge: Forge,
  job: PlanJob,
  head: string,
): Promise<readonly PlanRecord[]> {
  const others: PlanRecord[] = []
  for (const each of await world.store.plansAtHead(job.repository, head)) {
    if (each.number === undefined || each.number === job.number) continue
    const pull = await forge.pullRequest(each.number)
    if (pull.state === 'open' && pull.head === head) others.push(each)
    else await changePullRequest(world, job.repository, each.number, { open: pull.state === 'open', head: pull.head })
  }
  return others
}

function othersOf(records: readonly PlanRecord[]) {
  return records.flatMap((each) =>
    each.number && each.plan ? [{ number: each.number, conclusion: each.plan.conclusion }] : [],
  )
}

function severity(app: Plan['apps'][number]): number {
  return { failure: 2, action_required: 1, success: 0 }[concludeApp(app)]
}

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
      signal,
    }
    const { plan } = await planCommit(world, request)
    await forge.completeCheck(checkId, { conclusion: plan.conclusion, report: planCheck(plan, { appChecks: false }) })
  } catch (thrown) {
    if (signal.aborted) throw thrown
    world.log.error('a merge group could not be planned', { head: job.head, err: thrown })
    const plan = assemblePlan({ head: job.head, base: job.base, apps: [], errors: problemsOf(thrown) })
    await forge.completeCheck(checkId, { conclusion: plan.conclusion, report: planCheck(plan, { appChecks: false }) })
  }
}
