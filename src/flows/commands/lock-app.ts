import type { Command } from '../../core/commands/command.ts'
import type { Lock, Waiting } from '../../core/model/inventory.ts'
import { answerLines, problemText, queuedWords } from '../../core/report/answers.ts'
import { code, text } from '../../core/report/escape.ts'
import { asks, isOf, placeIn } from '../../core/sync/lock-queue.ts'
import { type MarkedApp, readMarks, writeMarks } from '../holds/marks.ts'
import { mayFor } from './may-for.ts'
import { auditOrder, bareName, meantApps, type Order } from './order.ts'

type LockCommand = Extract<Command, { name: 'lock' }>

/** Holds apps: nobody may sync them until they are let go. For those that somebody else holds one waits. */
export async function lockApps(given: Order, command: LockCommand): Promise<string> {
  const { world, job, person } = given
  const places = await meantApps(given, command.apps)
  if (typeof places === 'string') return places
  if (places.length === 0) return 'There is no app here that could be locked.'
  const may = await mayFor(
    given,
    'lock',
    places.map(({ app }) => app),
  )
  if ('refused' in may) return may.refused
  const { order } = may
  await order.say(`⏳ Locking ${places.map(({ app }) => code(app, 100)).join(', ')}.`)
  const apps = await Promise.all(places.map((place) => readMarks(world, bareName(job.repository), place)))
  const wish: Waiting = {
    by: person.login,
    at: world.clock.now().toISOString(),
    number: job.number,
    ...(command.reason ? { reason: command.reason } : {}),
    // A closed pull request ends no lock that was made after.
    ...(command.keep || order.pull.state === 'closed' ? { keep: true } : {}),
  }
  const lines: Line[] = []
  for (const app of apps) lines.push(await lockOne(order, app, wish))
  const ends = lines.some(({ locked }) => locked) ? [endOf(order, command.keep)] : []
  const waits = lines.some(({ waits }) => waits) ? ['You are told here when a lock that you wait for is yours.'] : []
  return answerLines([...lines.map((line) => line.text), ...ends, ...waits])
}

/** What is said of one app, and whether it is locked now for who asked, or they wait. */
type Line = { readonly text: string; readonly locked?: boolean; readonly waits?: boolean }

async function lockOne(order: Order, app: MarkedApp, wish: Waiting): Promise<Line> {
  const { world, job } = order
  const { state, live } = app
  const name = code(app.app, 100)
  if (!state && 'problem' in live) {
    return { text: `${name} could not be locked. ${problemText(live.problem)}` }
  }
  const seen = onOneSide(app)
  const missing = await writeMarks(world, bareName(job.repository), app, (marks) => ({
    ...marks,
    lock: asks(marks.lock ?? seen, wish),
  }))
  // As it came to be: somebody else may have asked, or let go, since the marks were read.
  const lock: Lock = (await world.store.appState({ repository: bareName(job.repository), ...app }))?.lock ?? wish
  const locked = isOf(lock, wish.by)
  const why = wish.reason ? `: ${wish.reason}` : ''
  await auditLock(
    order,
    app,
    `${locked ? 'locked' : `waits for the lock of ${lock.by}`}${why}${missing ? '; not written to the cluster' : ''}`,
  )
  const said = locked
    ? `${name} is locked${wish.reason ? `: ${text(wish.reason, 300)}` : ''}`
    : `${name} ${queuedWords(lock, placeIn(lock, wish.by) ?? 0)}`
  if (!missing) return { text: locked ? `${said}.` : said, locked, waits: !locked }
  const unknown = 'only this server knows it: its cluster was not told.'
  return { text: `${said}${locked ? ', but' : ' But'} ${unknown} ${problemText(missing)}`, locked, waits: !locked }
}

/** A lock that only one side has: a lost database, or a cluster that was not told. It counts for both. */
function onOneSide({ state, live }: MarkedApp): Lock | undefined {
  if (!('marks' in live)) return undefined
  const [stored, there] = [state?.lock, live.marks.lock]
  return stored && there ? undefined : (stored ?? there)
}

function auditLock(order: Order, { app, cluster, state }: MarkedApp, result: string): Promise<void> {
  const revision = state?.revision ?? order.pull.head
  return auditOrder(order, { action: 'lock', app, cluster, revision, result })
}

function endOf({ pull }: Order, keep: boolean): string {
  const until =
    keep || pull.state === 'closed' ? 'until `/unlock`' : 'until `/unlock`, or until this pull request is closed'
  return `No new sync starts ${until}. One that runs already is not stopped.`
}
