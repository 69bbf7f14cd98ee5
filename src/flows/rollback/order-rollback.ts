import type { Command } from '../../core/commands/command.ts'
import { selectApps } from '../../core/commands/select-apps.ts'
import { problemsOf } from '../../core/model/errors.ts'
import type { AppPlan } from '../../core/model/plan.ts'
import { fullName } from '../../core/model/repository.ts'
import { assemblePlan } from '../../core/plan/plan.ts'
import { answerLines, lockWords, problemText } from '../../core/report/answers.ts'
import { code, text } from '../../core/report/escape.ts'
import { goingBackAnswer, wouldGoBackAnswer } from '../../core/report/rollback-answer.ts'
import { moment } from '../../core/report/time.ts'
import { nothingAlong, type TakenAlong, takenAlong } from '../../core/sync/going-back.ts'
import { covers } from '../../core/sync/holds.ts'
import { isOf } from '../../core/sync/lock-queue.ts'
import { lockOf } from '../commands/held-app.ts'
import { inTime } from '../commands/in-time.ts'
import { mayFor } from '../commands/may-for.ts'
import { auditOrder, bareName, type Order, orderedId, ruleFor } from '../commands/order.ts'
import { readMarks } from '../holds/marks.ts'
import { planOneApp } from '../plan/plan-app.ts'
import type { SyncRecord } from '../records.ts'
import { endWaiting } from '../sync/end-sync.ts'
import { tellGitHub } from '../sync/report-syncs.ts'
import { mergedSyncs } from '../sync/syncs-of.ts'
import { configuredNow } from './may-go-back.ts'
import { type FoundTarget, findTarget } from './rollback-target.ts'
import { backOf, wayBack } from './way-back.ts'

type RollbackCommand = Extract<Command, { name: 'rollback' }>

/** An app that is to go back: what this pull request did to it first, and the sync that it goes back to. */
type Step = { readonly own: SyncRecord; readonly to: SyncRecord }

/**
 * Takes apps of a merged pull request back: all of them or none. What is returned is the final answer; without one, the
 * syncs that this queued give it when they end (see answer-rollback.ts). Safe to do twice.
 */
export async function orderRollback(given: Order, command: RollbackCommand): Promise<string | undefined> {
  const { world, job, pull } = given
  const syncs = (await mergedSyncs(world, job.repository, job.number)).filter((each) => !each.rollback)
  if (syncs.length === 0) {
    if (pull.state === 'open')
      return 'This pull request is not merged: nothing of it was applied, so that nothing is to be taken back.'
    return 'Nothing of this pull request was synced: it touches no app of the branch that is synced.'
  }
  const firsts = new Map(syncs.toReversed().map((each) => [each.app, each]))
  const selected = selectApps(command.apps, [...firsts.keys()].sort())
  if ('kind' in selected) return selected.text
  const may = await mayFor(given, 'rollback', selected)
  if ('refused' in may) return may.refused
  const { order } = may
  const chosen = selected.flatMap((app) => firsts.get(app) ?? [])
  // Done again after a crash, it goes on with what it began, whatever would refuse it now.
  const begun = await begunBy(order, chosen)
  const left = chosen.filter((own) => !begun.some(({ app }) => app === own.app))
  const repository = () => world.git.open(job.repository, job.repository.installationId)
  const found = await Promise.all(left.map((own) => findTarget(world, repository, own, command.to)))
  const refused = [
    ...(await stopped(order)),
    ...found.flatMap((each) => ('refused' in each ? [each.refused] : [])),
    ...(await Promise.all(left.map((own) => lockedBy(order, own)))).flat(),
  ]
  if (begun.length > 0) return begin(order, command, refused.length > 0 ? [] : stepsOf(left, found), begun)
  if (refused.length > 0) return answerLines([...refused, 'Nothing was rolled back.'])
  const steps = stepsOf(left, found)
  if (!command.dryRun) return begin(order, command, steps, [])
  return showSteps(order, command, steps).catch(
    (thrown: unknown) => `What it would do can't be told. ${problemsOf(thrown).map(problemText).join(' ')}`,
  )
}

/** The server's stop switch stops this as well. */
async function stopped({ world, job }: Order): Promise<readonly string[]> {
  const name = fullName(job.repository)
  return (await world.store.freezes(bareName(job.repository)))
    .filter((freeze) => covers(freeze, name))
    .map(({ by, at, reason }) =>
      text(`It is frozen by ${by} since ${moment(at)}: ${reason} Those who run the server end that.`, 700),
    )
}

async function lockedBy({ world, job, person }: Order, own: SyncRecord): Promise<readonly string[]> {
  const lock = lockOf(await readMarks(world, bareName(job.repository), { app: own.app, cluster: own.cluster }))
  if (!lock || isOf(lock, person.login)) return []
  return [`${code(own.app, 100)} ${lockWords(lock)} \`/unlock ${own.app}\` first.`]
}

function stepsOf(chosen: readonly SyncRecord[], found: readonly FoundTarget[]): readonly Step[] {
  return chosen.flatMap((own, index) => {
    const target = found[index]
    return target && 'sync' in target ? [{ own, to: target.sync }] : []
  })
}

/** The syncs that this very command made already. */
async function begunBy({ world, job }: Order, chosen: readonly SyncRecord[]): Promise<readonly SyncRecord[]> {
  const known = await Promise.all(chosen.map(({ app }) => world.store.sync(orderedId(job, app))))
  return known.filter((each) => each !== undefined)
}

/** Queues the syncs that go back; those that a crash left without a job get one. */
async function begin(
  order: Order,
  command: RollbackCommand,
  steps: readonly Step[],
  begun: readonly SyncRecord[],
): Promise<undefined> {
  const { world, forge, job } = order
  const records = [...begun, ...(await Promise.all(steps.map((step) => recordOf(order, command, step))))]
  // What was begun may be told of as done by now.
  if (begun.length === 0) {
    await order.say(
      goingBackAnswer(
        records.map(({ app, revision, rollback }) => ({ app, to: revision, also: rollback?.also ?? nothingAlong })),
      ),
    )
  }
  const waiting = await world.store.heldSyncs()
  // What GitHub doesn't hear must not stand in the way back.
  const tell = (ended: SyncRecord) =>
    inTime(tellGitHub(forge, ended, ended.outcome)).catch((err: unknown) =>
      world.log.warn('GitHub was not told of a sync whose place a rollback takes', { app: ended.app, err }),
    )
  for (const record of records) {
    const known = await world.store.sync(record.id)
    if (known && known.outcome.state !== 'queued') continue
    if (!known) {
      await endWaiting(world, job.repository, waiting, record, tell)
      await world.store.saveSync(record, job.repository)
      const { app, cluster, revision } = record
      await auditOrder(order, { action: 'rollback', app, cluster, revision, result: 'asked for' })
    }
    const { id: syncId, app, cluster } = record
    await world.store.enqueue([{ kind: 'sync', repository: job.repository, syncId, cluster, app }])
    world.overtaking.tell(record)
  }
  return undefined
}

async function recordOf(order: Order, command: RollbackCommand, { own, to }: Step): Promise<SyncRecord> {
  const { world, job, person } = order
  const { app, cluster, branch } = own
  const { revision } = to
  return {
    id: orderedId(job, app),
    repository: bareName(job.repository),
    app,
    cluster,
    branch,
    revision,
    number: job.number,
    actor: person.login,
    createdAt: world.clock.now().toISOString(),
    outcome: { app, cluster, revision, state: 'queued', objects: [], problems: [] },
    rollback: {
      to: to.id,
      named: command.to !== undefined,
      commentId: job.commentId,
      ...(command.reason === undefined ? {} : { reason: command.reason }),
      allowedBy: ruleFor(order, app),
      also: await alsoTaken(order, own, to),
    },
  }
}

/** Whose changes of the app go back along with this pull request's. */
async function alsoTaken({ world, job }: Order, own: SyncRecord, to: SyncRecord): Promise<TakenAlong> {
  const newest = (await world.store.history(own, 200)).map((each) => each.sync)
  return takenAlong(
    newest.filter((each) => each.cluster === own.cluster && !each.rollback && !each.preview),
    to.id,
    job.number,
  )
}

/** What it would do, from the same plan that it would carry out. */
async function showSteps(order: Order, command: RollbackCommand, steps: readonly Step[]): Promise<string> {
  const { world, job } = order
  await order.say(`⏳ Planning what \`/rollback\` would do.`)
  const repository = await world.git.open(job.repository, job.repository.installationId)
  const repositoryName = fullName(job.repository)
  const apps: { readonly plan: AppPlan; readonly to: string; readonly also: TakenAlong }[] = []
  for (const { own, to } of steps) {
    const { head, app } = await configuredNow(world, repository, own)
    const way = await wayBack(world, repository, app, { to: to.id, named: command.to !== undefined })
    const request = { repository, repositoryName, app: way.app, head: to.revision, base: undefined, newest: head }
    const { plan } = await planOneApp(world, { ...request, oldLeftovers: 'change', back: backOf(way) })
    apps.push({ plan, to: to.revision, also: await alsoTaken(order, own, to) })
  }
  const plan = assemblePlan({ head: steps[0]?.to.revision ?? '', apps: apps.map((each) => each.plan) })
  return wouldGoBackAnswer(
    plan,
    apps.map(({ plan: { name }, to, also }) => ({ app: name, to, also })),
  )
}
