import type { Command } from '../core/commands/command.ts'
import type { Lock } from '../core/model/inventory.ts'
import { answerLines, lockWords, problemText } from '../core/report/answers.ts'
import { code, text } from '../core/report/escape.ts'
import { type MarkedApp, readMarks, writeMarks } from './marks.ts'
import { auditOrder, bareName, meantApps, type Order } from './order.ts'

type LockCommand = Extract<Command, { name: 'lock' }>

/** Holds apps: nobody may sync them until they are let go. All of them or none, where somebody else holds one. */
export async function lockApps(order: Order, command: LockCommand): Promise<string> {
  const { world, job, person } = order
  const places = await meantApps(order, command.apps)
  if (typeof places === 'string') return places
  if (places.length === 0) return 'There is no app here that could be locked.'
  await order.say(`⏳ Locking ${places.map(({ app }) => code(app, 100)).join(', ')}.`)
  const apps = await Promise.all(places.map((place) => readMarks(world, bareName(job.repository), place)))
  const taken = apps.flatMap((app) => {
    const lock = lockOf(app)
    return lock && !isOf(lock, person.login) ? [`${code(app.app, 100)} ${lockWords(lock)}`] : []
  })
  if (taken.length > 0) return answerLines([...taken, 'Nothing was locked.'])
  const lock: Lock = {
    by: person.login,
    at: world.clock.now().toISOString(),
    number: job.number,
    ...(command.reason ? { reason: command.reason } : {}),
    // A closed pull request ends no lock that was made after.
    ...(command.keep || order.pull.state === 'closed' ? { keep: true } : {}),
  }
  const lines: string[] = []
  for (const app of apps) lines.push(await lockOne(order, app, lock))
  return answerLines([...lines, endOf(order, command.keep)])
}

/** The lock of an app, whichever side has it. */
function lockOf({ state, live }: MarkedApp): Lock | undefined {
  return state?.lock ?? ('marks' in live ? live.marks.lock : undefined)
}

function isOf(lock: Lock, login: string): boolean {
  return lock.by.toLowerCase() === login.toLowerCase()
}

async function lockOne(order: Order, app: MarkedApp, lock: Lock): Promise<string> {
  const { world, job, pull } = order
  const { state, live } = app
  const name = code(app.app, 100)
  if (!state && 'problem' in live) return `${name} could not be locked. ${problemText(live.problem)}`
  const meanwhile: Lock[] = []
  const missing = await writeMarks(world, bareName(job.repository), app, (marks) => {
    if (!marks.lock || isOf(marks.lock, lock.by)) return { ...marks, lock }
    meanwhile.push(marks.lock)
    return marks
  })
  if (meanwhile[0]) return `${name} ${lockWords(meanwhile[0])}`
  await auditOrder(order, {
    action: 'lock',
    app: app.app,
    cluster: app.cluster,
    revision: state?.revision ?? pull.head,
    result: `locked${lock.reason ? `: ${lock.reason}` : ''}${missing ? '; not written to the cluster' : ''}`,
  })
  const why = lock.reason ? `: ${text(lock.reason, 300)}` : ''
  if (!missing) return `${name} is locked${why}.`
  return `${name} is locked${why}, but only this server knows it: its cluster was not told. ${problemText(missing)}`
}

function endOf({ pull }: Order, keep: boolean): string {
  const until =
    keep || pull.state === 'closed' ? 'until `/unlock`' : 'until `/unlock`, or until this pull request is closed'
  return `No new sync starts ${until}. One that runs already is not stopped.`
}
