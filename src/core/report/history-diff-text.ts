import type { HistoryChange } from '../history/compare.ts'
import type { HistoryDiffDocument, PastSync } from '../history/documents.ts'
import { describeReference } from '../model/reference.ts'
import { oneLine } from './escape.ts'
import type { HistoryTextOptions } from './history-text.ts'
import { type Paint, painter, paintHunks, wrap } from './terminal.ts'
import { ago } from './time.ts'
import { count, short } from './words.ts'

const signs = { create: ['+', 'green'], update: ['~', 'yellow'], delete: ['-', 'red'] } as const

/** What differs between the objects of two syncs, as the hunks of a plan. */
export function historyDiffText(diff: HistoryDiffDocument, options: HistoryTextOptions): string {
  const paint = painter(options)
  const width = options.width ?? 80
  const number = (action: HistoryChange['action']) => diff.changes.filter((each) => each.action === action).length
  const counts = [
    [number('create'), 'added'],
    [number('update'), 'changed'],
    [number('delete'), 'removed'],
    [diff.unchanged, 'equal'],
    [diff.unknown.length, 'not known'],
  ] as const
  const said = counts.filter(([many]) => many > 0).map(([many, words]) => `${many} ${words}`)
  return `${[
    `${paint('bold', oneLine(diff.app))} of ${oneLine(diff.repository)}: ${said.join(', ') || 'no objects'}`,
    paint('red', `--- ${sideText(diff.from, options.now)}`),
    paint('green', `+++ ${sideText(diff.to, options.now)}`),
    ...diff.changes.map((change) => changeText(change, width, paint)),
    ...(diff.unknown.length > 0 ? [unknownText(diff.unknown, width)] : []),
  ].join('\n')}\n`
}

function sideText(sync: PastSync, now: string): string {
  const from = sync.number === undefined ? 'direct push' : `#${sync.number}`
  const { state } = sync.outcome
  return oneLine(`${short(sync.revision)} ${from} by ${sync.actor}, ${ago(sync.createdAt, now)}, ${state}`)
}

function changeText(change: HistoryChange, width: number, paint: Paint): string {
  const [sign, style] = signs[change.action]
  const said = change.summary.map((part) => oneLine(part, 300)).join(', ')
  return [
    `  ${paint(style, sign)} ${oneLine(describeReference(change))}`,
    ...(said === '' ? [] : [wrap(said, width, '      ')]),
    ...(change.hunks === '' ? [] : [paintHunks(change.hunks, '      ', paint)]),
  ].join('\n')
}

function unknownText(names: readonly string[], width: number): string {
  const what = `whether secret values differ is not known of ${count(names.length, 'object')}`
  return wrap(`${what}, because one of the syncs was kept without them: ${names.join(', ')}`, width, '  ? ', '    ')
}
