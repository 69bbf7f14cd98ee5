import type { ObjectOutcome, SyncOutcome, SyncPhase, SyncState } from '../model/outcome.ts'
import { endsByItself } from './sync-next.ts'
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

/** The phases of a running sync in words. */
export const PHASE_WORDS: Readonly<Record<SyncPhase, string>> = {
  planning: 'planning',
  hooks: 'running hooks',
  applying: 'applying',
  waiting: 'waiting for health',
  pruning: 'pruning',
}

/** What a running sync does with what it names: `waiting for`, or `applying` a wave. */
export function doingWords({ phase = 'waiting' }: SyncOutcome): string {
  return phase === 'waiting' ? 'waiting for' : PHASE_WORDS[phase]
}

/** `1 failed, 2 configured, 41 unchanged, 1 hook run`; empty without objects. */
export function countResults(objects: readonly ObjectOutcome[]): string {
  const isRun = (object: ObjectOutcome) => object.hook !== undefined && object.result !== 'failed'
  const others = objects.filter((object) => !isRun(object))
  const hooks = objects.length - others.length
  const said = RESULTS.map((result) => ({ result, number: others.filter((object) => object.result === result).length }))
    .filter(({ number }) => number > 0)
    .map(({ result, number }) => `${number} ${result}`)
  return [...said, ...(hooks > 0 ? [`${count(hooks, 'hook')} run`] : [])].join(', ')
}

/** The state of a sync in one line: its sign and its words without markup. */
export function syncHeadline(outcomes: readonly SyncOutcome[]): { readonly sign: string; readonly words: string } {
  const number = (state: SyncState) => outcomes.filter((outcome) => outcome.state === state).length
  const all = count(outcomes.length, 'app')
  const open = number('running') + number('queued')
  const stillOpen = open > 0 ? ` · ${open} still under way` : ''
  if (outcomes.length === 0) return { sign: '✅', words: 'Nothing to sync: no app is affected' }
  const back = outcomes.filter(
    ({ state, rolledBack }) => state === 'failed' && rolledBack?.state === 'succeeded',
  ).length
  const rolled = back > 0 ? ` · ${back} rolled back` : ''
  if (number('failed') > 0) {
    return { sign: '❌', words: `Sync failed: ${number('failed')} of ${all}${rolled}${stillOpen}` }
  }
  const waits = outcomes.filter(endsByItself).length
  if (number('held') > waits) {
    const later = waits > 0 ? ` · ${waits} more held` : ''
    return { sign: '⏸', words: `Held: ${number('held') - waits} of ${all} needs a person${later}${stillOpen}` }
  }
  if (waits > 0) return { sign: '⏸', words: `Held: ${waits} of ${all}, going ahead without a person${stillOpen}` }
  if (open > 0) {
    const done = outcomes.length - open
    return { sign: '⏳', words: `Applying ${all}${done > 0 ? ` · ${done} done` : ''}` }
  }
  if (number('succeeded') === 0) return { sign: '⏩', words: `Superseded by a newer sync: ${all}` }
  const times = outcomes.flatMap(({ durationMs }) => (durationMs === undefined ? [] : [durationMs]))
  const took = times.length > 0 ? ` in ${duration(Math.max(...times))}` : ''
  const taken = outcomes.filter(({ state, takenBack }) => state === 'succeeded' && takenBack !== undefined).length
  if (taken > 0) {
    const rest = number('succeeded') - taken
    return { sign: '⏪', words: `Rolled back ${count(taken, 'app')}${took}${rest > 0 ? ` · ${rest} synced` : ''}` }
  }
  const left = number('superseded') > 0 ? ` · ${number('superseded')} superseded by a newer sync` : ''
  return { sign: '✅', words: `Synced ${count(number('succeeded'), 'app')}${took}${left}` }
}
