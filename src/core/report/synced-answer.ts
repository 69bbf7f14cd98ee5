import type { SyncOutcome } from '../model/outcome.ts'
import { answerLines, problemText } from './answers.ts'
import { code } from './escape.ts'
import { duration } from './time.ts'
import { short } from './words.ts'

/** A sync that somebody asked for; `number`: the pull request that brought it, where that is another one. */
export type AskedFor = { readonly outcome: SyncOutcome; readonly number?: number | undefined }

/** The answer to `/sync` after the merge, as its syncs end; `beside`: what was said at once of other apps, as Markdown. */
export function syncedAnswer(syncs: readonly AskedFor[], beside: readonly string[]): string {
  return answerLines([...syncs.map(lineOf), ...beside])
}

function lineOf({ outcome, number }: AskedFor): string {
  const { app, revision, state, problems } = outcome
  const from = number === undefined ? '' : ` (#${number}, which came after this)`
  const which = `${code(app, 100)} at ${code(short(revision))}${from}`
  const why = problems[0] ? ` ${problemText(problems[0])}` : ''
  const took = outcome.durationMs === undefined ? '' : `, after ${duration(outcome.durationMs)}`
  switch (state) {
    case 'succeeded':
      return `✅ ${which} is synced${took}.`
    case 'held':
      return `⏸ ${which} is held.${why}`
    case 'superseded':
      return `⏩ ${which} is not synced.${why}`
    case 'failed':
      return `❌ ${which} is not synced.${why}`
    default:
      return `⏳ ${which} is being synced.`
  }
}
