import type { ObjectOutcome, SyncOutcome, SyncState } from '../model/outcome.ts'
import { duration } from './time.ts'
import { count } from './words.ts'

/** Order in which the apps of a sync are shown: what needs a person first. */
const URGENCY: readonly SyncState[] = ['failed', 'held', 'running', 'queued', 'superseded', 'succeeded']

/** Outcomes with failures first, otherwise in the order given. */
export function byUrgency(outcomes: readonly SyncOutcome[]): readonly SyncOutcome[] {
  return [...outcomes].sort((one, other) => URGENCY.indexOf(one.state) - URGENCY.indexOf(other.state))
}

/** Results in the order in which they are shown. */
export const RESULTS: readonly ObjectOutcome['result'][] = [
  'failed',
  'kept',
  'replaced',
  'deleted',
  'created',
  'configured',
  'unchanged',
]

/** `1 failed, 2 configured, 41 unchanged`; empty without objects. */
export function countResults(objects: readonly ObjectOutcome[]): string {
  return RESULTS.map((result) => ({ result, number: objects.filter((object) => object.result === result).length }))
    .filter(({ number }) => number > 0)
    .map(({ result, number }) => `${number} ${result}`)
    .join(', ')
}

/** The state of a sync in one line: its sign and its words without markup. */
export function syncHeadline(outcomes: readonly SyncOutcome[]): { readonly sign: string; readonly words: string } {
  const number = (state: SyncState) => outcomes.filter((outcome) => outcome.state === state).length
  const all = count(outcomes.length, 'app')
  const open = number('running') + number('queued')
  const stillOpen = open > 0 ? ` · ${open} still under way` : ''
  if (outcomes.length === 0) return { sign: '✅', words: 'Nothing to sync: no app is affected' }
  if (number('failed') > 0) return { sign: '❌', words: `Sync failed: ${number('failed')} of ${all}${stillOpen}` }
  if (number('held') > 0) return { sign: '⏸', words: `Held: ${number('held')} of ${all} needs a person${stillOpen}` }
  if (open > 0) {
    const done = outcomes.length - open
    return { sign: '⏳', words: `Applying ${all}${done > 0 ? ` · ${done} done` : ''}` }
  }
  if (number('succeeded') === 0) return { sign: '⏩', words: `Superseded by a newer sync: ${all}` }
  const times = outcomes.flatMap(({ durationMs }) => (durationMs === undefined ? [] : [durationMs]))
  const took = times.length > 0 ? ` in ${duration(Math.max(...times))}` : ''
  const left = number('superseded') > 0 ? ` · ${number('superseded')} superseded by a newer sync` : ''
  return { sign: '✅', words: `Synced ${count(number('succeeded'), 'app')}${took}${left}` }
}
