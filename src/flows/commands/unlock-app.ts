import { judgeUnlock, type Verdict } from '../../core/commands/who-may.ts'
import { answerLines, lockWords, problemText } from '../../core/report/answers.ts'
import { code } from '../../core/report/escape.ts'
import { leaves, placeIn } from '../../core/sync/lock-queue.ts'
import { type MarkedApp, writeMarks } from '../holds/marks.ts'
import { releaseHeld } from '../holds/release-held.ts'
import { queueTelling } from '../holds/tell-locked.ts'
import { endPreview } from '../preview/end-previews.ts'
import {
  hasPassedOn,
  isAmong,
  isHeld,
  lockOf,
  marksOf,
  type NamedApp,
  nameNow,
  readMarked,
  withFormer,
  without,
} from './held-app.ts'
import { mayFor } from './may-for.ts'
import { auditOrder, bareName, meantApps, type Order } from './order.ts'

/**
 * Lets go of apps that are locked or pinned; what they held is synced then, unless somebody waits for the lock. Who only
 * waits for it doesn't any more. All of them or none, as far as it is allowed.
 */
export async function unlockApps(given: Order, words: readonly string[]): Promise<string> {
  const { world, job } = given
  const places = await meantApps(given, words)
  if (typeof places === 'string') return places
  const repository = bareName(job.repository)
  await given.say(`⏳ Unlocking ${places.map(({ app }) => code(app, 100)).join(', ')}.`)
  const waiting = (await world.store.heldSyncs()).filter((each) => isAmong(repository, places, each))
  const apps = await Promise.all(withFormer(places, waiting).map((place) => readMarked(world, repository, place)))
  // Without a name, only those that are held are spoken of.
  const asked = words.length > 0
  const held = apps.filter(
    (app) =>
      isHeld(app) || (asked && app.now === undefined && !apps.some((each) => each.now === app.app && isHeld(each))),
  )
  if (held.length === 0) return 'No app of this pull request is locked or pinned.'
  const may = await mayFor(given, 'unlock', held.map(nameNow))
  if ('refused' in may) return may.refused
  const { order } = may
  const refused = held.flatMap((app) => refusalOf(order, app))
  if (refused.length > 0) return answerLines([...refused, 'Nothing was unlocked.'])
  const lines: string[] = []
  const free = new Set<string>()
  for (const app of held) {
    const done = await unlockOne(order, app)
    lines.push(done.text)
    if (done.free) free.add(nameNow(app))
  }
  await queueTelling(world, job.repository)
  await releaseHeld(world)
  const goesOn = waiting.some(({ app }) => free.has(app))
  return answerLines([...lines, ...(goesOn ? ['What this held goes on now.'] : [])])
}

/** Names this command in a lock that it changed. */
function keyOf({ job }: Order): string {
  return `comment ${job.commentId}`
}

/** Is the lock what this very command made of it, before a crash? */
function isDone(order: Order, app: MarkedApp): boolean {
  return lockOf(app)?.doneBy === keyOf(order)
}

function isWaiting({ person }: Order, app: MarkedApp): boolean {
  const lock = lockOf(app)
  return lock !== undefined && placeIn(lock, person.login) !== undefined
}

function refusalOf(order: Order, app: NamedApp): readonly string[] {
  if (isDone(order, app) || isWaiting(order, app)) return []
  for (const { by } of marksOf(app).filter((mark) => !hasPassedOn(app, mark))) {
    const verdict = judgeMark(order, app, by)
    if ('refused' in verdict) return [verdict.refused]
  }
  return []
}

function judgeMark({ rights, person }: Order, app: NamedApp, by: string): Verdict {
  // `mayFor` judged each of them.
  return judgeUnlock(rights.get(nameNow(app))?.who ?? 'admin', person, { app: app.app, by })
}

/** What is said of one app; `free`: nothing that was seen holds it any more. */
type Line = { readonly text: string; readonly free: boolean }

async function unlockOne(order: Order, app: NamedApp): Promise<Line> {
  const { world, job } = order
  const marks = marksOf(app)
  const name = `${code(app.app, 100)}${app.now === undefined ? '' : ` (the name that ${code(app.now, 100)} had)`}`
  const unknown = 'problem' in app.live ? ` Its cluster could not be asked: ${problemText(app.live.problem)}` : ''
  const lock = lockOf(app)
  if (lock && isDone(order, app)) return { text: `You let go of ${name}. It ${lockWords(lock)}`, free: false }
  if (isWaiting(order, app)) return { text: await leaveOne(order, app, name), free: false }
  if (marks.length === 0) return { text: `${name} is neither locked nor pinned.${unknown}`, free: true }
  const isPreviewed = app.state?.pin?.preview === true
  if (isPreviewed) await endPreview(world, order.forge, job.repository, app.state, false)
  const turn = { at: world.clock.now().toISOString(), doneBy: keyOf(order) }
  const missing = await writeMarks(world, bareName(job.repository), app, (now) => without(now, marks, turn))
  const left = (await world.store.appState({ repository: bareName(job.repository), ...app }))?.lock
  const next = left?.doneBy === turn.doneBy ? left : undefined
  const [first] = marks
  const verdict = first ? judgeMark(order, app, first.by) : undefined
  await auditUnlock(
    order,
    app,
    `${marks.map(({ kind, by }) => `${kind} of ${by} removed`).join(', ')}${missing ? '; not on the cluster' : ''}`,
    verdict && 'allowedBy' in verdict ? verdict.allowedBy : undefined,
  )
  const passes = next && `passes on to ${code(next.by, 100)}, who waited and is told`
  const unpinned = isPreviewed
    ? 'is no longer previewed, and goes back to the branch'
    : 'is no longer pinned to an older revision'
  const what = [
    ...(marks.some(({ kind }) => kind === 'lock') && !passes ? ['is unlocked'] : []),
    ...(marks.some(({ kind }) => kind === 'pin') ? [unpinned] : []),
    ...(passes ? [passes] : []),
  ]
  const free = left === undefined
  if (!missing) return { text: `${name} ${what.join(' and ')}.`, free }
  const where =
    'on this server, but its cluster still says that it is held, and that counts until `/unlock` reaches it.'
  return { text: `${name} ${what.join(' and ')} ${where} ${problemText(missing)}`, free }
}

/** Takes somebody out of those who wait; who holds the app holds it on. */
async function leaveOne(order: Order, app: MarkedApp, name: string): Promise<string> {
  const { world, job, person } = order
  const missing = await writeMarks(world, bareName(job.repository), app, ({ lock: now, ...others }) => {
    const lock = leaves(now, person.login, keyOf(order))
    return { ...others, ...(lock ? { lock } : {}) }
  })
  await auditUnlock(order, app, `no longer waits${missing ? '; not on the cluster' : ''}`, 'waited')
  return `You no longer wait for ${name}.${missing ? ` Its cluster was not told. ${problemText(missing)}` : ''}`
}

function auditUnlock(order: Order, { app, cluster, state }: MarkedApp, result: string, allowedBy?: string) {
  const revision = state?.revision ?? order.pull.head
  return auditOrder(order, { action: 'unlock', app, cluster, revision, result, ...(allowedBy ? { allowedBy } : {}) })
}
