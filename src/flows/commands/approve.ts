import { selectApps } from '../../core/commands/select-apps.ts'
import type { AppPlan } from '../../core/model/plan.ts'
import { identityOf } from '../../core/model/reference.ts'
import { losesData, riskKeys } from '../../core/policy/authorise.ts'
import { acceptedAnswer, type FoundRisk } from '../../core/report/answers.ts'
import { code } from '../../core/report/escape.ts'
import { saysOutcome } from '../../core/report/says-outcome.ts'
import type { SyncRecord } from '../records.ts'
import { shownOutcome } from '../sync/report-syncs.ts'
import { mergedSyncs, newestOfEach } from '../sync/syncs-of.ts'
import { mayFor } from './may-for.ts'
import { auditOrder, bareName, type Order, sawShown } from './order.ts'
import { syncAgain } from './order-sync.ts'

/** GitHub's times are whole seconds, and its clock and ours differ a little, in ms. What the comment says counts more. */
const clockSkew = 2_000

/** A plan whose risks are shown to the reader, and the sync that waits for them. */
type Shown = { readonly plan: AppPlan; readonly revision: string; readonly sync?: SyncRecord }

/**
 * Accepts the risks that the pull request shows for these apps: of its plan while it is open, of its held syncs after the
 * merge. Only what was there to be read when the comment was written counts. Then it is planned, or synced, again.
 */
export async function approveRisks(given: Order, words: readonly string[]): Promise<string> {
  const { pull } = given
  if (pull.state === 'closed' && !pull.merged) return 'This pull request is closed: there is nothing to accept.'
  const shown = pull.merged ? await shownBySyncs(given) : await shownByPlan(given)
  if (typeof shown === 'string') return shown
  const selected = selectApps(
    words,
    shown.map(({ plan }) => plan.name),
  )
  if ('kind' in selected) return selected.text
  const chosen = shown.filter(({ plan }) => selected.includes(plan.name))
  const may = await mayFor(given, 'approve', appsAtRisk(chosen))
  if ('refused' in may) return may.refused
  const { order } = may
  await order.say(`⏳ Accepting what is shown for ${selected.map((app) => code(app, 100)).join(', ')}.`)
  const accepted = await accept(order, chosen)
  if (accepted.length === 0) return 'There is no risk to accept that nobody has accepted yet.'
  if (!pull.merged) {
    await planAgain(order, words)
    return acceptedAnswer(accepted, 'The plan is made again; a new risk would have to be accepted anew.')
  }
  const risky = new Set(accepted.map(({ app }) => app))
  const syncs = chosen.flatMap(({ plan, sync }) => (sync && risky.has(plan.name) ? [sync] : []))
  const lines = await Promise.all(syncs.map((sync) => syncAgain(order, sync)))
  return acceptedAnswer(accepted, lines.join(' '))
}

/** The apps of these plans that have risks, and those whose objects these take over: it is their loss too. */
function appsAtRisk(shown: readonly Shown[]): readonly string[] {
  const names = shown.flatMap(({ plan }) =>
    riskKeys(plan).flatMap(({ change }) => [plan.name, change.from ?? plan.name]),
  )
  return [...new Set(names)]
}

/** The plan that is shown now; a text where it isn't the one that the comment can be about. */
async function shownByPlan(order: Order): Promise<readonly Shown[] | string> {
  const { pull, shown: latest } = order
  if (!latest?.plan || latest.state !== 'done') return 'There is no plan yet whose risks you could accept.'
  if (latest.head !== pull.head) {
    return `The plan that is shown is of \`${latest.head.slice(0, 7)}\`, but the head is \`${pull.head.slice(0, 7)}\` now. Read its plan, then \`/approve\` again.`
  }
  if (!(await sawShown(order))) return 'The plan changed after you wrote this. Read it, then `/approve` again.'
  return latest.plan.apps.map((plan) => ({ plan, revision: latest.head }))
}

/** What the newest syncs of this pull request were held by, or left out. */
async function shownBySyncs(order: Order): Promise<readonly Shown[] | string> {
  const { world, job, comment, shown: before } = order
  const newest = newestOfEach(await mergedSyncs(world, job.repository, job.number))
  const accepted = new Set((await world.store.approvals(bareName(job.repository), job.number)).map(({ key }) => key))
  const body = await bodySeen(order)
  const shown: Shown[] = []
  for (const sync of newest.values()) {
    const { state, heldBy } = sync.outcome
    if (!(state === 'held' && heldBy?.kind === 'risk') && state !== 'succeeded') continue
    const tooLate = Date.parse(sync.finishedAt ?? sync.createdAt) > Date.parse(comment.createdAt) + clockSkew
    if (tooLate || body === undefined || !saysOutcome(body, shownOutcome(sync))) {
      return `\`${sync.app}\` came to something else after you wrote this. Read it, then \`/approve\` again.`
    }
    const kept = (await world.store.historyOf(sync.id))?.plan
    const reviewed = before?.plan?.apps.find((app) => app.name === sync.app)
    const plan = kept ?? (state === 'held' ? reviewed : undefined)
    if (!plan) continue
    const seen = state === 'held' ? refusedOf(plan, sync, reviewed, accepted) : leftOut(plan, sync)
    shown.push({ plan: seen, revision: sync.revision, sync })
  }
  return shown.length > 0 ? shown : 'Nothing of this pull request waits for its risks to be accepted.'
}

/** The sticky comment, if it was last edited before the command was written. */
async function bodySeen({ world, forge, job, comment }: Order): Promise<string | undefined> {
  const { commentId } = (await world.store.pullRequest(job.repository, job.number)) ?? {}
  const sticky = commentId === undefined ? undefined : await forge.comment(commentId)
  if (!sticky) return undefined
  return Date.parse(sticky.updatedAt) <= Date.parse(comment.createdAt) ? sticky.body : undefined
}

/**
 * Of a held sync, what its comment shows: what refused it, and deletions that wait for their confirmation only as far as the
 * plan before the merge had them. Others are left out again by the sync, which says so.
 */
function refusedOf(
  plan: AppPlan,
  { rollback }: SyncRecord,
  reviewed: AppPlan | undefined,
  accepted: ReadonlySet<string>,
): AppPlan {
  // It leaves there what would be lost with its data, whatever is accepted.
  if (rollback) {
    const stays = (change: AppPlan['changes'][number]) => change.risks.some((risk) => losesData(change, risk))
    return { ...plan, changes: plan.changes.filter((change) => !stays(change)) }
  }
  const shown = new Set([...accepted, ...(reviewed ? riskKeys(reviewed).map(({ key }) => key) : [])])
  const isSeen = (change: AppPlan['changes'][number]) =>
    riskKeys({ ...plan, changes: [change], undone: [] }).every(({ key }) => shown.has(key))
  const isOpen = (change: AppPlan['changes'][number]) =>
    riskKeys({ ...plan, changes: [change], undone: [] }).some(
      ({ key, risk }) => risk === 'unconfirmed' && !accepted.has(key),
    )
  return { ...plan, changes: plan.changes.filter((change) => !isOpen(change) || isSeen(change)) }
}

/** Of a sync that is done only the deletions that it left out still wait. */
function leftOut(plan: AppPlan, { outcome }: SyncRecord): AppPlan {
  const kept = new Set(outcome.objects.filter(({ result }) => result === 'kept').map(identityOf))
  const waits = (change: AppPlan['changes'][number]) =>
    change.risks.includes('unconfirmed') && kept.has(identityOf(change))
  return { ...plan, changes: plan.changes.filter(waits) }
}

/**
 * Saves the approvals and returns the risks that they are for. Those that this very person accepted before are among them:
 * a job that is done again after a crash goes on from there.
 */
async function accept(order: Order, shown: readonly Shown[]): Promise<readonly FoundRisk[]> {
  const { world, job, person } = order
  const repository = bareName(job.repository)
  const earlier = new Map((await world.store.approvals(repository, job.number)).map(({ key, by }) => [key, by]))
  const found = shown.flatMap(({ plan, revision }) =>
    riskKeys(plan)
      .filter(({ key }) => (earlier.get(key) ?? person.login) === person.login)
      .map((each) => ({ ...each, app: plan.name, cluster: plan.cluster, digest: plan.digest, revision })),
  )
  const fresh = found.filter(({ key }) => !earlier.has(key))
  const at = world.clock.now().toISOString()
  await world.store.saveApprovals(
    [...new Set(fresh.map(({ key }) => key))].map((key) => ({
      repository,
      number: job.number,
      key,
      by: person.login,
      at,
    })),
  )
  for (const [app, risks] of Map.groupBy(fresh, (each) => each.app)) {
    const [first] = risks
    if (!first) continue
    const result = `accepted ${risks.map(({ risk, change }) => `${risk} of ${change.kind} ${change.name}`).join(', ')}`
    await auditOrder(order, {
      action: 'approve',
      app,
      cluster: first.cluster,
      revision: first.revision,
      result: result.length > 2_000 ? `${result.slice(0, 2_000)}…` : result,
      ...(first.digest ? { digest: first.digest } : {}),
    })
  }
  return found
}

async function planAgain({ world, job, pull, comment }: Order, apps: readonly string[]): Promise<void> {
  const command = { commentId: comment.id, user: comment.author, apps, head: pull.head }
  await world.store.enqueue([
    { kind: 'plan', repository: job.repository, number: job.number, reason: 'command', command },
  ])
}
