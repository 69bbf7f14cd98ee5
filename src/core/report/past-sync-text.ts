import type { KeptState, SyncDocument } from '../history/documents.ts'
import type { ObjectOutcome } from '../model/outcome.ts'
import { describeReference, identityOf } from '../model/reference.ts'
import { oneLine } from './escape.ts'
import { type HistoryTextOptions, styleOf, whyNot } from './history-text.ts'
import { problemsText } from './problems-text.ts'
import { countResults, RESULTS } from './sync-words.ts'
import { type Paint, painter, wrap } from './terminal.ts'
import { ago, duration, moment } from './time.ts'
import { countActions, meaningOf, short } from './words.ts'

const keptWords: Readonly<Record<KeptState, string>> = {
  sealed: 'objects, secret values sealed',
  'without-secrets': 'objects without secret values: STORE_KEY was not set',
  none: 'no objects',
}

/** One sync in full: where it came from, and the result and time of each object. */
export function pastSyncText(document: SyncDocument, options: HistoryTextOptions): string {
  const paint = painter(options)
  const width = options.width ?? 80
  const { sync, plan } = document
  const { outcome } = sync
  const author = sync.author === undefined ? '' : `; the commit is by ${sync.author}`
  const ended = sync.finishedAt === undefined ? '' : `, ended ${moment(sync.finishedAt)}`
  const facts: readonly (readonly [string, string])[] = [
    ['sync', sync.id],
    ['commit', `${sync.revision} of ${sync.branch}${sync.previous ? `, after ${short(sync.previous)}` : ''}`],
    ['from', sync.number === undefined ? 'direct push' : `pull request #${sync.number}`],
    ['by', `${sync.actor}${author}`],
    ['queued', `${moment(sync.createdAt)} (${ago(sync.createdAt, options.now)})${ended}`],
    ...(plan ? [['plan', countActions(plan.changes) || 'nothing to do'] as const] : []),
    ...(sync.digest ? [['digest', sync.digest] as const] : []),
    ['kept', keptWords[document.objects]],
  ]
  const took = outcome.durationMs === undefined ? '' : ` in ${duration(outcome.durationMs)}`
  const counts = countResults(outcome.objects)
  const where = `${paint('bold', oneLine(document.app))} → ${oneLine(sync.cluster)}, of ${oneLine(document.repository)}: `
  const changes = new Map((plan?.changes ?? []).map((change) => [identityOf(change), change]))
  const said = (object: ObjectOutcome) => {
    const change = changes.get(identityOf(object))
    return [
      ...(change ? meaningOf(change).map((part) => oneLine(part, 300)) : []),
      ...(object.message ? [object.message] : []),
    ]
  }
  return `${[
    where + paint(styleOf(outcome.state), outcome.state) + took + (counts === '' ? '' : ` · ${counts}`),
    ...facts.map(([name, words]) => wrap(words, width, `  ${name.padEnd(7)}`)),
    ...(outcome.rolledBack ? whyNot({ ...outcome, problems: [] }).map((words) => wrap(words, width, '  ')) : []),
    ...(outcome.rolledBack?.notes ?? []).map((note) => wrap(note, width, '    - ')),
    ...(outcome.objects.length > 0 ? [''] : []),
    ...inOrder(outcome.objects).map((object) => objectText(object, said(object), width, paint)),
    ...(outcome.problems.length > 0 ? ['', problemsText(outcome.problems)] : []),
  ].join('\n')}\n`
}

function inOrder(objects: readonly ObjectOutcome[]): readonly ObjectOutcome[] {
  return RESULTS.flatMap((result) => objects.filter((object) => object.result === result))
}

function objectText(object: ObjectOutcome, said: readonly string[], width: number, paint: Paint): string {
  const took = object.durationMs === undefined ? '' : duration(object.durationMs)
  const hook = object.hook ? ` (${object.hook} hook)` : ''
  const words = said.length > 0 ? `: ${said.join(', ')}` : ''
  const line = wrap(
    `${describeReference(object)}${hook}${words}`,
    width,
    `  ${object.result.padEnd(10)} ${took.padStart(9)}  `,
  )
  return object.result === 'failed' ? paint('red', line) : line
}
