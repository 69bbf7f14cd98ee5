import type { Freeze, Lock, Pin } from '../model/inventory.ts'
import type { SyncOutcome } from '../model/outcome.ts'
import { covers } from '../sync/holds.ts'
import { waitWords } from './answers.ts'
import { row } from './app-table.ts'
import { cellCode, cellText, text } from './escape.ts'
import { ago, moment } from './time.ts'
import { count, short } from './words.ts'

/** What the store knows of one app. */
export type AppStatus = {
  readonly app: string
  readonly cluster: string
  /** The revision that was synced last; absent when none is known. */
  readonly revision?: string | undefined
  readonly last?:
    | { readonly outcome: SyncOutcome; readonly at: string; readonly number?: number | undefined }
    | undefined
  readonly lock?: Lock | undefined
  readonly pin?: Pin | undefined
}

/** So many apps are shown; more are counted. */
const SHOWN = 50

/** The answer to `/status`: what is known of these apps at the time `now` (ISO 8601); what isn't known is said to be so. */
export function statusAnswer(status: {
  readonly repository: string
  readonly apps: readonly AppStatus[]
  readonly freezes: readonly Freeze[]
  readonly now: string
}): string {
  const { apps, freezes, now, repository } = status
  const frozen = freezes.filter((freeze) => covers(freeze, repository)).map((freeze) => frozenLine(freeze, now))
  if (apps.length === 0) return [...frozen, 'No app is known here.'].join('\n\n')
  const rows = apps.slice(0, SHOWN).map((app) => appRow(app, now))
  const table = [
    row(['App → cluster', 'Synced to', 'Last sync', 'Held by']),
    row(['---', '---', '---', '---']),
    ...rows,
  ].join('\n')
  const rest = apps.length > SHOWN ? [`${count(apps.length - SHOWN, 'more app')} not shown.`] : []
  const source = `As Drydock remembers it, ${text(moment(now))}. The clusters were not asked: health and drift are unknown here; \`/plan\` asks.`
  return [...frozen, table, ...rest, source].join('\n\n')
}

function frozenLine({ scope, by, at, reason }: Freeze, now: string): string {
  const what = scope === '*' ? 'Every repository of this server' : 'This repository'
  return `⏸ **${what} is frozen** by ${text(by, 100)}, ${text(ago(at, now))}: ${text(reason, 300)}`
}

function appRow({ app, cluster, revision, last, lock, pin }: AppStatus, now: string): string {
  return row([
    `${cellCode(app, 100)} → ${cellCode(cluster, 100)}`,
    revision === undefined ? 'unknown' : cellCode(short(revision), 100),
    last === undefined ? 'none known' : lastCell(last, now),
    [...(lock ? [lockCell(lock, now)] : []), ...(pin ? [pinCell(pin, now)] : []), ...holdCell(last)].join('; ') || '–',
  ])
}

function lastCell({ outcome, at, number }: NonNullable<AppStatus['last']>, now: string): string {
  const from = number === undefined ? '' : ` ${cellText(`of #${number}`)}`
  return `${outcome.state} at ${cellCode(short(outcome.revision), 100)}${from}, ${cellText(ago(at, now))}`
}

function lockCell(lock: Lock, now: string): string {
  const { by, reason, at, number } = lock
  const where = number === undefined ? '' : ` on #${number}`
  const held = cellText(`locked by ${by}${where}, ${ago(at, now)}${reason ? `: ${reason}` : ''}`, 300)
  const waiting = waitWords(lock)
  return waiting === '' ? held : `${held}; ${cellText(waiting, 400)}`
}

function pinCell({ revision, by, at, reason }: Pin, now: string): string {
  return cellText(`pinned to ${short(revision)} by ${by}, ${ago(at, now)}: ${reason}`, 300)
}

/** A hold that no mark explains: risks, a window, a dependency. */
function holdCell(last: AppStatus['last']): readonly string[] {
  const { state, heldBy, problems } = last?.outcome ?? { problems: [] }
  if (state !== 'held' || heldBy?.kind === 'lock' || heldBy?.kind === 'pin') return []
  return [cellText(problems[0]?.message ?? 'held', 300)]
}
