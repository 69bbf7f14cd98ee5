import { selectApps } from '../../core/commands/select-apps.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import { answerLines } from '../../core/report/answers.ts'
import { code, text } from '../../core/report/escape.ts'
import { unpinApp } from '../holds/pins.ts'
import { releaseHeld } from '../holds/release-held.ts'
import { orderPreview } from '../preview/order-preview.ts'
import type { SyncRecord } from '../records.ts'
import { mergedSyncs, newestOfEach } from '../sync/syncs-of.ts'
import { askedBy } from './answer-sync.ts'
import { mayFor } from './may-for.ts'
import { auditOrder, bareName, type Order, orderedId } from './order.ts'

/** Syncs apps of a merged pull request now: what failed or is held is tried again, what is done is compared with live again. */
export async function orderSync(given: Order, words: readonly string[]): Promise<string | undefined> {
  const { world, job, pull } = given
  if (pull.state === 'open') return orderPreview(given, words)
  if (!pull.merged) return 'This pull request was closed without a merge: nothing of it is synced.'
  const newest = newestOfEach(await mergedSyncs(world, job.repository, job.number))
  if (newest.size === 0)
    return 'Nothing of this pull request was synced: it touches no app of the branch that is synced.'
  const selected = selectApps(words, [...newest.keys()].sort())
  if ('kind' in selected) return selected.text
  const may = await mayFor(given, 'sync', selected)
  if ('refused' in may) return may.refused
  await given.say(`⏳ Syncing ${selected.map((app) => code(app, 100)).join(', ')}.`)
  const lines: string[] = []
  for (const app of selected) {
    const sync = newest.get(app)
    if (sync) lines.push(await syncAgain(may.order, sync, lines))
  }
  const isOurs = ({ asked }: SyncRecord) => asked?.commentId === job.commentId
  if (!(await world.store.askedOn(job.repository, job.number)).some(isOurs)) return answerLines(lines)
  // How they end is told by the reports that they queue; they may have ended before a crash.
  await world.store.enqueue([{ kind: 'report', repository: job.repository, number: job.number }])
  return undefined
}

/**
 * Syncs the app of this sync again, or the newer one that came after it; returns a sentence that says what happens.
 *
 * @param beside what was said of other apps; given, the sync's end is told in the answer of the command
 */
export async function syncAgain(order: Order, own: SyncRecord, beside?: readonly string[]): Promise<string> {
  const { world, job } = order
  const asked = beside && askedBy(job, beside)
  const cluster = order.trusted.apps.find((each) => each.name === own.app)?.cluster ?? own.cluster
  const sync = await newestOf(order, own, cluster)
  if (sync.cluster !== cluster) return syncAnew(order, sync, asked)
  const which = nameOf(sync, own)
  const { outcome } = sync
  // Made by this very command, before a crash that may have come before its job.
  if (outcome.state === 'queued' && sync.id === orderedId(job, own.app)) return syncAnew(order, own, asked)
  if (outcome.state === 'queued' || outcome.state === 'running') {
    // Queued by this very command: a crash may have come before the pin was off.
    const isOurs = asked !== undefined && sync.asked?.commentId === job.commentId
    if (isOurs && !sync.rollback && !sync.preview) await unpin(order, sync)
    return `${which} is being synced.`
  }
  if (outcome.state === 'held' || outcome.state === 'failed') {
    const refused = await notToRetry(order, sync)
    if (refused !== undefined) return refused
    const changes = { ...(asked ? { asked } : {}), ...(sync.rollback ? { actor: order.person.login } : {}) }
    const did = await world.store.requeueSync(sync.id, changes)
    if (!did) return `${which} is being synced.`
    await auditSync(order, sync, `${outcome.state}, tried again`)
    // Who asks for it has seen why the app is held at an older revision. Only what is tried again ends that.
    if (outcome.heldBy?.kind === 'pin') await unpin(order, sync)
    return `${which} is synced again${reasonOf(outcome)}`
  }
  if (sync.rollback && outcome.state === 'succeeded' && (await isPinned(world, sync))) return heldAt(sync)
  if (sync !== own && outcome.state === 'succeeded') return `${which} is synced: there is nothing to try again.`
  return syncAnew(order, sync, asked)
}

async function unpin({ world }: Order, sync: SyncRecord): Promise<void> {
  const pinned = sync.outcome.heldBy
  if (!pinned && !(await isPinned(world, sync))) return
  await unpinApp(world, sync, pinned)
  // It may have been judged by the pin once more.
  await releaseHeld(world)
}

async function isPinned({ store }: Order['world'], { repository, app, cluster }: SyncRecord): Promise<boolean> {
  return (await store.appState({ repository, app, cluster }))?.pin !== undefined
}

/** What was taken back stays there until somebody decides what comes next. */
function heldAt({ app, revision }: SyncRecord): string {
  const name = code(app, 100)
  return `${name} was taken back to ${code(revision.slice(0, 7))} and is held there. Merge the revert, or merge a fix and \`/sync ${app}\` there; \`/unlock ${app}\`, then \`/sync ${app}\`, applies again what was taken back.`
}

/** Who may sync may not take an app back, nor preview what others propose. */
async function notToRetry(order: Order, { app, number, rollback, preview }: SyncRecord): Promise<string | undefined> {
  if (preview && !preview.ends && number !== order.job.number) {
    return `${code(app, 100)} is previewed by #${number}: it goes on when that is merged or closed.`
  }
  if (!rollback) return undefined
  const may = await mayFor(order, 'rollback', [app])
  return 'refused' in may ? may.refused : undefined
}

/** The newest sync of an app where it lives now; the one that is asked for where none came after it. */
async function newestOf({ world }: Order, own: SyncRecord, cluster: string): Promise<SyncRecord> {
  if (cluster === own.cluster) return (await world.store.newerSync(own)) ?? own
  const latest = await world.store.latestSync(own.repository, own.app)
  return latest?.cluster === cluster ? latest : own
}

/** A sync that is over for good is made anew, of what the branch says now. */
async function syncAnew(order: Order, sync: SyncRecord, asked: SyncRecord['asked']): Promise<string> {
  const { world, forge, job, trusted } = order
  const { app, branch } = sync
  const cluster = trusted.apps.find((each) => each.name === app)?.cluster
  if (cluster === undefined) return `${code(app, 100)} is no longer configured on ${code(branch)}.`
  const revision = await forge.branchHead(branch)
  if (revision === undefined) return `${code(branch)} is gone: there is nothing to sync ${code(app, 100)} to.`
  const id = orderedId(job, app)
  const record: SyncRecord = {
    id,
    repository: bareName(job.repository),
    app,
    cluster,
    branch,
    revision,
    previous: sync.revision,
    number: job.number,
    actor: sync.actor,
    createdAt: world.clock.now().toISOString(),
    outcome: { app, cluster, revision, state: 'queued', objects: [], problems: [] },
    ...(asked ? { asked } : {}),
  }
  const known = await world.store.sync(id)
  const said = `${nameOf(known ?? record, sync)} is synced again.`
  if (known && known.outcome.state !== 'queued') return said
  if (!known) await world.store.saveSync(record, job.repository)
  // The record comes first: a job without one does nothing. After a crash between the two the job is made up for; twice it
  // does no harm.
  await world.store.enqueue([{ kind: 'sync', repository: job.repository, syncId: id, cluster, app }])
  await auditSync(order, known ?? record, 'asked for')
  return said
}

function auditSync(order: Order, sync: SyncRecord, result: string): Promise<void> {
  const { app, cluster, revision } = sync
  return auditOrder(order, { action: 'sync', app, cluster, revision, result })
}

/** `shop` at `abc1234`, with the pull request that brought it where that is another one. */
function nameOf(sync: SyncRecord, own: SyncRecord): string {
  const from = sync.number === undefined ? 'a direct push' : `#${sync.number}`
  const newer = sync !== own && sync.number !== own.number ? ` (${from}, which came after this)` : ''
  return `${code(sync.app, 100)} at ${code(sync.revision.slice(0, 7))}${newer}`
}

/** What it was held by stands, until somebody does something about it. */
function reasonOf({ state, problems }: SyncOutcome): string {
  const [why] = problems
  if (state === 'failed' || !why) return '.'
  return `. It was held, and is again where the reason still stands: ${text(why.message, 400)}`
}
