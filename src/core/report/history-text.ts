import type { HistoryDocument, PastSync } from '../history/documents.ts'
import type { SyncOutcome, SyncState } from '../model/outcome.ts'
import { oneLine } from './escape.ts'
import { type Paint, painter, type Style, type TerminalOptions, wrap } from './terminal.ts'
import { ago, duration } from './time.ts'
import { count, short } from './words.ts'

/** How the history is shown on a terminal. */
export type HistoryTextOptions = TerminalOptions & {
  /** The time that "2 days ago" is seen from, ISO 8601. */
  readonly now: string
}

/** So much of a sync's id tells it from others. */
const idLength = 8

/** Columns that are left to a name at least. */
const narrowest = 3

/** The syncs of an app as a table, newest first; below one that didn't succeed stands why. */
export function historyText(history: HistoryDocument, options: HistoryTextOptions): string {
  const paint = painter(options)
  const width = options.width ?? 80
  const clusters = new Set(history.syncs.map(({ cluster }) => cluster))
  const rows = history.syncs.map((sync) => cellsOf(sync, options.now))
  const titles = ['SYNC', 'WHEN', 'STATE', 'COMMIT', 'PR', 'CHANGED', 'TIME', 'WHO']
  const lines = table([titles, ...rows], width)
  const where = clusters.size === 1 ? ` → ${oneLine([...clusters].join())}` : ''
  return `${[
    `${paint('bold', oneLine(history.app))}${where}, of ${oneLine(history.repository)}`,
    paint('dim', lines[0] ?? ''),
    ...history.syncs.flatMap((sync, index) => [
      paintState(lines[index + 1] ?? '', sync.outcome.state, paint),
      ...(clusters.size > 1 ? [wrap(`on ${sync.cluster}`, width, '    ')] : []),
      ...whyNot(sync.outcome).map((why) => wrap(why, width, '    ')),
    ]),
  ].join('\n')}\n`
}

function cellsOf(sync: PastSync, now: string): readonly string[] {
  const { outcome } = sync
  return [
    sync.id.slice(0, idLength),
    ago(sync.createdAt, now),
    outcome.state,
    short(sync.revision),
    sync.number === undefined ? 'push' : `#${sync.number}`,
    String(outcome.objects.filter(({ result }) => !['unchanged', 'kept', 'failed'].includes(result)).length),
    outcome.durationMs === undefined ? '' : duration(outcome.durationMs),
    sync.actor,
  ].map((cell) => oneLine(cell, 60))
}

/** Columns as wide as their widest cell; where that is too much for the terminal, the last one is cut. */
function table(rows: readonly (readonly string[])[], width: number): readonly string[] {
  const gap = 2
  const columns = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  const last = columns.length - 1
  const others = columns.slice(0, last).reduce((sum, each) => sum + each + gap, 0)
  columns[last] = Math.min(columns[last] ?? 0, Math.max(narrowest, width - others))
  return rows.map((row) =>
    row
      .map((cell, index) => oneLine(cell, columns[index]).padEnd(columns[index] ?? 0))
      .join(' '.repeat(gap))
      .trimEnd(),
  )
}

function paintState(line: string, state: SyncState, paint: Paint): string {
  return line.replace(state, paint(styleOf(state), state))
}

/** The colour of a state. */
export function styleOf(state: SyncState): Style {
  return state === 'succeeded' ? 'green' : state === 'failed' ? 'red' : 'yellow'
}

/** What kept a sync from succeeding, and what was done about it. */
export function whyNot({ state, problems, rolledBack }: SyncOutcome): readonly string[] {
  const [first, ...others] = state === 'succeeded' ? [] : problems
  const more = others.length > 0 ? ` (and ${count(others.length, 'more problem')})` : ''
  return [
    ...(first ? [`${oneLine(first.message, 300)}${more}`] : []),
    ...(rolledBack ? [`rolled back to ${short(rolledBack.to)}: ${rolledBack.state}`] : []),
  ]
}
