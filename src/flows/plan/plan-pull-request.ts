import { problem, problemsOf } from '../../core/model/errors.ts'
import type { Plan } from '../../core/model/plan.ts'
import { withAccepted } from '../../core/plan/accepted.ts'
import { assemblePlan, concludeApp, worst } from '../../core/plan/plan.ts'
import { againCheck, shownDigest } from '../../core/plan/staleness.ts'
import { appCheck, inProgressCheck, noAffectedAppsCheck, planCheck, supersededCheck } from '../../core/report/check.ts'
import { planComment } from '../../core/report/plan-comment.ts'
import { plannedAnswer } from '../../core/report/planned-answer.ts'
import { replier } from '../commands/reply.ts'
import type { Forge, PullRequest } from '../ports.ts'
import type { Job, PlanRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import { type CommitPlan, planCommit } from './plan-commit.ts'
import { rebind } from './replan-branch.ts'
import { changePullRequest, commentMarker, writePlanComment } from './sticky-comment.ts'

/** Name of the check run to require; each app's is `drydock / <app>`. */
export const checkName = 'drydock'

/** Check runs of apps in one plan at most, so that a large pull request stays at 20 writes. */
const maxAppChecks = 16

type PlanJob = Extract<Job, { kind: 'plan' }>

/** A pull request as this job found it. */
type Situation = {
  readonly pull: PullRequest
  /** Head of the target branch. */
  readonly base: string
  /** The plan that is shown for this head and this target branch. */
  readonly shown: PlanRecord | undefined
}

/**
 * Plans a pull request: the merge result against the target branch and the live cluster, shown as check runs and as one
 * comment. The webhook was a hint: everything is read again. A plan that still holds isn't made again unless somebody
 * asks; one that says what is shown already isn't shown again. Safe to do twice.
 */
export async function planPullRequest(world: ServerWorld, job: PlanJob, signal: AbortSignal): Promise<void> {
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  const pull = await forge.pullRequest(job.number)
  if (pull.state !== 'open') return leaveClosed(world, forge, job, pull)
  const shown = await shownPlan(world, job, pull)
  const { installationId } = job.repository
  await changePullRequest(world, job.repository, job.number, {
    open: true,
    head: pull.head,
    baseRef: pull.baseRef,
    installationId,
  })
  // Read after the target is known: a push from here on finds this pull request (see replan-branch.ts).
  const base = (await forge.branchHead(pull.baseRef)) ?? pull.base
  const now: Situation = { pull, base, shown }
  if (await stillHolds(world, job, now)) return answer(forge, job, shown?.plan && plannedAnswer(shown.plan))
  const repository = await world.git.open(job.repository, installationId)
  const started = world.clock.now()
  const running = await begin(world, forge, job, now, started)
  const planned = await makePlan(world, repository, job, now, signal).catch((thrown: unknown) => {
    if (signal.aborted) throw thrown
    world.log.error('a pull request could not be planned', { number: job.number, err: thrown })
    return { plan: assemblePlan({ head: pull.head, base, apps: [], errors: problemsOf(thrown) }) }
  })
  const later = await forge.pullRequest(job.number)
  if (later.head !== pull.head || later.baseRef !== pull.baseRef || later.state !== 'open') {
    await supersede(world, forge, running.record, later.head)
    await world.store.enqueue([{ ...job, reason: 'pushed' }])
    return
  }
  await publish(world, forge, job, now, running, planned, started)
  await answer(forge, job, plannedAnswer(planned.plan))
}

/** Ends the reply of the `/plan` that asked for this. */
async function answer(forge: Forge, { number, command }: PlanJob, text: string | undefined): Promise<void> {
  if (command?.answers && text !== undefined) await replier(forge, { number, commentId: command.commentId })(text)
}

/** A plan that was begun before the pull request was closed has nobody left to end it. */
async function leaveClosed(world: ServerWorld, forge: Forge, job: PlanJob, pull: PullRequest): Promise<void> {
  const left = await world.store.runningPlans(job.repository, job.number)
  for (const each of left) await supersede(world, forge, each, pull.head)
  if (await world.store.pullRequest(job.repository, job.number))
    await changePullRequest(world, job.repository, job.number, { open: false })
  await answer(forge, job, 'This pull request was closed before it was planned again.')
}

async function shownPlan(world: ServerWorld, job: PlanJob, pull: PullRequest): Promise<PlanRecord | undefined> {
  const state = await world.store.pullRequest(job.repository, job.number)
  if (state?.baseRef !== pull.baseRef) return undefined
  const latest = await world.store.latestPlan(job.repository, job.number)
  return latest?.state === 'done' && latest.head === pull.head ? latest : undefined
}

/** Somebody wants to see a new plan, whatever it says. */
function isAsked(job: PlanJob): boolean {
  return job.reason === 'command' || job.reason === 'rerequested'
}

/** Nothing that the shown plan counts on changed, as far as this job knows, and nobody asked for another. */
async function stillHolds(world: ServerWorld, job: PlanJob, { base, shown }: Situation): Promise<boolean> {
  if (!shown || isAsked(job)) return false
  // A plan that was begun must be ended.
  if ((await world.store.runningPlans(job.repository, job.number)).length > 0) return false
  if (job.reason === 'live-changed') return shown.base === base && shown.id !== job.outdated
  return shown.base === base || rebind(world, job.repository, shown, base)
}

/** A plan in progress; `resumed`: another process began it, and may have written some of it. */
type RunningPlan = { readonly record: PlanRecord & { readonly checkId: number }; readonly resumed: boolean }

/** Records the plan and shows the check in progress; after a crash the same record and check run are taken up again. */
async function begin(
  world: ServerWorld,
  forge: Forge,
  job: PlanJob,
  { pull, base, shown }: Situation,
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
    (await forge.createCheck({
      name: checkName,
      commit: pull.head,
      externalId: record.id,
      running: shown ? againCheck(job.reason) : inProgressCheck(),
    }))
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
  { pull, base, shown }: Situation,
  signal: AbortSignal,
): Promise<CommitPlan> {
  if (pull.fork && !mayRun(job, pull, shown)) {
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
  const made = await planCommit(world, {
    repository,
    repositoryName: `${owner}/${name}`,
    base,
    head: pull.head,
    tree: merged.tree,
    stateKey: world.stateKey,
    signal,
  })
  return { ...made, plan: withAccepted(made.plan, await world.store.approvals(job.repository, job.number)) }
}

/**
 * Did somebody with write access ask for a plan of this head of a fork? It may be made again when something else
 * changed: that apps were planned says that it was asked for before.
 */
function mayRun(job: PlanJob, pull: PullRequest, shown: PlanRecord | undefined): boolean {
  if (job.reason === 'command') return job.command?.head === pull.head
  return ['base-changed', 'live-changed'].includes(job.reason) && (shown?.plan?.apps.length ?? 0) > 0
}

/**
 * Writes the plan to GitHub: the apps' check runs, the comment, and last the conclusion. Of a plan that says what is
 * shown already, the conclusion only.
 */
async function publish(
  world: ServerWorld,
  forge: Forge,
  job: PlanJob,
  { pull, shown: before }: Situation,
  running: RunningPlan,
  planned: CommitPlan,
  started: Date,
): Promise<void> {
  const { plan } = planned
  const { record } = running
  const syncedBranch = await forge.defaultBranch()
  const shown = shownDigest(plan, { proposal: planned.proposal, baseRef: pull.baseRef, syncedBranch })
  const isNew = isAsked(job) || running.resumed || before?.shown !== shown
  const checked = [...plan.apps].sort((one, other) => severity(other) - severity(one)).slice(0, maxAppChecks)
  for (const app of isNew ? checked : []) {
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
    syncedBranch,
    plannedAt: world.clock.now().toISOString(),
    durationMs: world.clock.now().getTime() - started.getTime(),
    marker: commentMarker(job.number),
    appChecks: checked.map((app) => app.name),
    ...(planned.proposal ? { discoveredConfig: planned.proposal } : {}),
    ...(job.command ? { askedBy: job.command.user } : {}),
  }
  const quiet = plan.apps.length === 0 && (plan.errors ?? []).length === 0 && (plan.notes ?? []).length === 0
  if (isNew) await writePlanComment(world, forge, job, planComment(view), { onlyIfThere: quiet })
  const others = await othersAtHead(world, forge, job, pull.head)
  const conclusion = worst([plan.conclusion, ...others.flatMap((each) => each.plan?.conclusion ?? [])])
  const report = quiet
    ? noAffectedAppsCheck()
    : planCheck(plan, { appChecks: checked.length === plan.apps.length, others: othersOf(others) })
  await forge.completeCheck(record.checkId, { conclusion, report })
  await world.store.savePlan({ ...record, state: 'done', plan, shown, live: planned.live ?? [] })
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
