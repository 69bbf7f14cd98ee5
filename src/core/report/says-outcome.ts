import type { SyncOutcome } from '../model/outcome.ts'
import { row } from './app-table.ts'
import { cellCode, cellText } from './escape.ts'
import { doneCell } from './sync-comment.ts'

/** As `syncComment` has them. */
const syncColumns = ['App → cluster', 'State', 'Objects', 'Time']

/**
 * Does the comment of a pull request, as it stands on GitHub, show how this sync ended? By the app's row in its table; where
 * no row fits (hundreds of apps), nothing speaks against it.
 */
export function saysOutcome(body: string, outcome: SyncOutcome): boolean {
  const { app, cluster, state, problems } = outcome
  const line = body.split(/\r?\n/).find((each) => each.startsWith(`| ${cellCode(app)} → ${cellCode(cluster)} |`))
  if (line === undefined) return body.includes(row(syncColumns))
  const words = state === 'succeeded' ? doneCell(outcome) : `⏸ ${state}`
  const why = state === 'held' && problems[0] ? cellText(problems[0].message, 160) : ''
  return line.includes(words) && line.includes(why)
}
