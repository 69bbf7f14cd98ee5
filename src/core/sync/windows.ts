import { Cron } from 'croner'
import { formatDuration } from '../config/duration.ts'
import { matcher } from '../config/glob.ts'
import type { SyncWindow } from '../model/app.ts'

/** How far ahead the end of a hold is looked for, in ms: the next 29 February is in it. */
const horizonMs = 5 * 366 * 24 * 3_600_000

/** Boundaries that are looked at before the end counts as unknown, and windows looked at for them: about 0.3 s. */
const maxSteps = 500
const maxLooks = 5000

/** A window with its starts. */
type Timed = SyncWindow & { readonly starts: Cron }

/**
 * Whether the windows hold an app at an instant, as Argo CD's sync windows do (docs/user-guide/sync_windows.md): a deny
 * window that is open holds; where there are allow windows, the app is held while none is open; deny beats allow. A
 * window is open from its start, inclusive, for its duration of real time, also across a change of the clocks.
 *
 * `until`: ISO 8601, the first instant at which nothing holds; absent when there is none within five years.
 */
export function windowHold(
  windows: readonly SyncWindow[],
  app: string,
  now: Date,
): { readonly until?: string; readonly why: string } | undefined {
  const own = windows.filter((each) => matcher(each.apps)(app)).map(timed)
  const closed = closedAt(own, now.getTime())
  if (!closed) return undefined
  const until = firstFree(own, now.getTime())
  return { ...(until === undefined ? {} : { until: new Date(until).toISOString() }), why: closed.why }
}

/** Why a text can't be the schedule of a window, or `undefined` when it can. */
export function scheduleFault(schedule: string): string | undefined {
  // croner reads `?` as the present time: a schedule that means another one at each start.
  if (!/^\S+( \S+){4}$/.test(schedule) || schedule.includes('?'))
    return 'must be five cron fields, such as `0 22 * * 1-5`'
  try {
    cronOf(schedule, 'UTC')
    return undefined
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.replace(/^Cron(Pattern|Date)?: /, '') : ''
    return `must be five cron fields, such as \`0 22 * * 1-5\` (${reason})`
  }
}

/** Why a text can't be a time zone, or `undefined` when it can. */
export function timeZoneFault(timeZone: string): string | undefined {
  const fault = 'must be an IANA time zone, such as Europe/Berlin'
  if (!/^[A-Za-z]/.test(timeZone)) return fault
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return undefined
  } catch {
    return fault
  }
}

function timed(window: SyncWindow): Timed {
  return { ...window, starts: cronOf(window.schedule, window.timeZone) }
}

/** A start in the hour that a change of the clocks leaves out comes right after it; a doubled one comes once. */
function cronOf(schedule: string, timezone: string): Cron {
  return new Cron(schedule, { timezone, mode: '5-part', paused: true, fixedTimeRule: 'no-wildcard' })
}

/** What holds at an instant; `next`: the soonest instant at which that may be different. */
function closedAt(
  windows: readonly Timed[],
  at: number,
): { readonly why: string; readonly next: number | undefined } | undefined {
  const ends = (kind: SyncWindow['kind']) =>
    windows.filter((each) => each.kind === kind).map((window) => ({ window, end: openUntil(window, at) }))
  const denied = ends('deny').filter((each) => each.end !== undefined)
  if (denied[0]) {
    const next = Math.max(...denied.map((each) => each.end ?? at))
    return { why: `a deny window is open: ${describe(denied[0].window)}`, next }
  }
  const allows = ends('allow')
  if (allows.length === 0 || allows.some((each) => each.end !== undefined)) return undefined
  const starts = allows.flatMap(({ window }) => window.starts.nextRun(new Date(at))?.getTime() ?? [])
  const next = starts.length > 0 ? Math.min(...starts) : undefined
  return { why: `no allow window is open: ${allows.map(({ window }) => describe(window)).join('; ')}`, next }
}

/** When the opening ends that holds an instant: that of the latest start, where openings overlap. */
function openUntil(window: Timed, at: number): number | undefined {
  const [start] = window.starts.previousRuns(1, new Date(at + 1))
  const end = start ? start.getTime() + window.duration : at
  return end > at ? end : undefined
}

function firstFree(windows: readonly Timed[], from: number): number | undefined {
  let at = from
  const most = Math.min(maxSteps, maxLooks / windows.length)
  for (let step = 0; step < most && at - from <= horizonMs; step++) {
    const closed = closedAt(windows, at)
    if (!closed) return at
    if (closed.next === undefined) return undefined
    at = closed.next
  }
  return undefined
}

function describe(window: SyncWindow): string {
  return `\`${window.schedule}\` ${window.timeZone} for ${formatDuration(window.duration)}`
}
