import { judgeUnlock, type Verdict } from '../core/commands/who-may.ts'
import type { Lock } from '../core/model/inventory.ts'
import { answerLines, lockWords, problemText } from '../core/report/answers.ts'
import { code } from '../core/report/escape.ts'
import { leaves, letsGo, placeIn, type Turn } from '../core/sync/lock-queue.ts'
import { type HoldMarks, type MarkedApp, readMarks, writeMarks } from './marks.ts'
import { mayFor } from './may-for.ts'
import { type AppPlace, auditOrder, bareName, meantApps, type Order } from './order.ts'
import type { RepositoryName } from './ports.ts'
import type { SyncRecord } from './records.ts'
import { releaseHeld } from './release-held.ts'
import type { ServerWorld } from './server-world.ts'
import { queueTelling } from './tell-locked.ts'

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

/** Is this sync held by a lock or pin of one of these apps? */
function isAmong(
  { owner, name }: RepositoryName,
  places: readonly AppPlace[],
  { repository, app, cluster, outcome }: SyncRecord,
): boolean {
  return (
    ['lock', 'pin'].includes(outcome.heldBy?.kind ?? '') &&
    `${repository.owner}/${repository.name}`.toLowerCase() === `${owner}/${name}`.toLowerCase() &&
    places.some((place) => place.app === app && place.cluster === cluster)
  )
}

/** An app by the name that it has, or that it had: `now` is the one that it has. */
type NamedPlace = AppPlace & { readonly now?: string }
type NamedApp = MarkedApp & NamedPlace

/** The name by which the configuration knows an app. */
function nameNow({ app, now = app }: NamedPlace): string {
  return now
}

/** A renamed app that was not synced yet is held by what is marked under the name that it had. */
function withFormer(places: readonly AppPlace[], waiting: readonly SyncRecord[]): readonly NamedPlace[] {
  const former = waiting.flatMap(({ app: now, cluster, outcome }) =>
    outcome.heldBy?.app === undefined ? [] : [{ app: outcome.heldBy.app, cluster, now }],
  )
  return [...places, ...former]
}

async function readMarked(
  world: ServerWorld,
  repository: RepositoryName,
  { now, ...place }: NamedPlace,
): Promise<NamedApp> {
  return { ...(await readMarks(world, repository, place)), ...(now === undefined ? {} : { now }) }
}

function isHeld(app: MarkedApp): boolean {
  return marksOf(app).length > 0 || 'problem' in app.live
}

/** One mark, as somebody made it. */
type Mark = { readonly kind: 'lock' | 'pin'; readonly by: string; readonly at: string }

/** What holds an app on either side; what both have is one mark. */
function marksOf({ state, live }: Pick<MarkedApp, 'state' | 'live'>): readonly Mark[] {
  const all = [state, 'marks' in live ? live.marks : undefined].flatMap((side) =>
    (['lock', 'pin'] as const).flatMap((kind) => {
      const mark = side?.[kind]
      return mark ? [{ kind, by: mark.by, at: mark.at }] : []
    }),
  )
  return all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index)
}

function isSame(one: Mark, other: Mark): boolean {
  return one.kind === other.kind && one.by === other.by && one.at === other.at
}

/** What is left without these: somebody may have marked the app anew since they were read. A lock passes on. */
function without({ lock, pin }: HoldMarks, gone: readonly Mark[], turn: Turn): HoldMarks {
  const locks = gone.filter(({ kind }) => kind === 'lock')
  const next = letsGo(lock, locks, turn)
  const pinStays = pin && !gone.some((each) => isSame(each, { kind: 'pin', by: pin.by, at: pin.at }))
  return { ...(next ? { lock: next } : {}), ...(pinStays ? { pin } : {}) }
}

/** The lock that counts: the cluster's only where the store has none. */
function lockOf({ state, live }: MarkedApp): Lock | undefined {
  return state?.lock ?? ('marks' in live ? live.marks.lock : undefined)
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

/** Did the cluster miss that this lock passed on? Its owner has let go of it already. */
function hasPassedOn(app: MarkedApp, mark: Mark): boolean {
  const there = 'marks' in app.live ? app.live.marks.lock : undefined
  const owner = app.state?.lock?.by
  return mark.kind === 'lock' && mark.by === there?.by && owner !== undefined && placeIn(there, owner) !== undefined
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
  const what = [
    ...(marks.some(({ kind }) => kind === 'lock') && !passes ? ['is unlocked'] : []),
    ...(marks.some(({ kind }) => kind === 'pin') ? ['is no longer pinned to an older revision'] : []),
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
