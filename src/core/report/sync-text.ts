import type { SyncOutcome } from '../model/outcome.ts'
import { describeReference } from '../model/reference.ts'
import { oneLine } from './escape.ts'
import { hookWords } from './marks.ts'
import { problemsText } from './problems-text.ts'
import { heldWords, rollbackLines } from './sync-next.ts'
import { countResults, doingWords, PHASE_WORDS, RESULTS } from './sync-words.ts'
import { painter, type TerminalOptions, wrap } from './terminal.ts'
import { duration } from './time.ts'
import { short } from './words.ts'

/** The result of one app's sync for a terminal: what changed, failures first; unchanged objects are only counted. */
export function syncText(outcome: SyncOutcome, options: TerminalOptions): string {
  const paint = painter(options)
  const width = options.width ?? 80
  const { state, phase, objects, problems, waiting = [] } = outcome
  const style = state === 'succeeded' ? 'green' : state === 'failed' ? 'red' : 'yellow'
  const took = outcome.durationMs === undefined ? '' : ` in ${duration(outcome.durationMs)}`
  const now = state === 'running' && phase ? `${state} (${PHASE_WORDS[phase]})` : state
  const counts = countResults(objects)
  const held = heldWords(outcome)
  const title = `${paint('bold', oneLine(outcome.app))} → ${oneLine(outcome.cluster)} at ${oneLine(short(outcome.revision))}: `
  const shown = RESULTS.filter((result) => result !== 'unchanged').flatMap((result) =>
    objects.filter((object) => object.result === result),
  )
  const lines = [
    title + paint(style, now) + took + (counts === '' ? '' : ` · ${counts}`),
    ...shown.map((object) => {
      const why = object.message === undefined ? '' : `: ${object.message}`
      const hook = object.hook === undefined ? '' : ` (${hookWords([object.hook])})`
      const line = wrap(`${describeReference(object)}${hook}${why}`, width, `  ${object.result.padEnd(10)} `)
      return object.result === 'failed' ? paint('red', line) : line
    }),
    ...(held === '' ? [] : [wrap(held, width, '  ', '    ')]),
    ...rollbackLines(outcome).map((line) => wrap(line, width, '  ', '    ')),
    ...waiting.map((each) => wrap(`${doingWords(outcome)} ${each}`, width, '  ', '    ')),
    ...(problems.length > 0 ? [problemsText(problems)] : []),
  ]
  return `${lines.join('\n')}\n`
}
