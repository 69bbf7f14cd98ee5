import type { Change } from '../model/change.ts'
import type { Phase } from '../model/directives.ts'
import { count } from './words.ts'

/** Phases in the order in which a sync runs them; the last one only after a failure. */
const PHASES: readonly Phase[] = ['pre-sync', 'sync', 'post-sync', 'sync-fail']

/** `hook · pre-sync`; with `wave` where that isn't 0. */
export function hookWords(phases: readonly Phase[], wave = 0): string {
  const all = PHASES.filter((phase) => phases.includes(phase)).join(', ')
  return `hook · ${all}${wave === 0 ? '' : ` · wave ${wave}`}`
}

/** What is done to an object: its action, or that it is a hook. */
export function verbOf(change: Change): string {
  return change.hook ? hookWords(change.hook.phases, change.wave) : change.action
}

/** Hooks in the order in which they run, and everything else in its own order. */
export function splitHooks(changes: readonly Change[]): {
  readonly objects: readonly Change[]
  readonly hooks: readonly Change[]
} {
  const rank = (change: Change) => Math.min(...(change.hook?.phases ?? []).map((phase) => PHASES.indexOf(phase)), 4)
  const hooks = changes.filter((change) => change.hook)
  return {
    objects: changes.filter((change) => !change.hook),
    hooks: [...hooks].sort((one, other) => rank(one) - rank(other) || (one.wave ?? 0) - (other.wave ?? 0)),
  }
}

/** When and whose, of a change that is no hook: `wave 2`, `before anything is applied`, `taken over from app blog`. */
export function marksOf(change: Change): readonly string[] {
  return [
    ...(change.wave !== undefined && change.wave !== 0 && !change.hook ? [`wave ${change.wave}`] : []),
    ...(change.first ? ['before anything is applied'] : []),
    ...(change.from === undefined ? [] : [`taken over from app ${change.from}`]),
  ]
}

/** `Waves, each when the one before is healthy: -1 (2 objects), 0 (5 objects)`; nothing where all are of wave 0. */
export function waveWords(changes: readonly Change[]): string {
  const applied = changes.filter((change) => change.action !== 'delete')
  const waves = Map.groupBy(applied, (change) => change.wave ?? 0)
  if (waves.size === 0 || (waves.size === 1 && waves.has(0))) return ''
  const said = [...waves]
    .sort(([one], [other]) => one - other)
    .map(([wave, members]) => `${wave} (${count(members.length, 'object')})`)
  const shown = said.length > 20 ? [...said.slice(0, 20), `${said.length - 20} more`] : said
  return `Waves, each when the one before is healthy: ${shown.join(', ')}`
}
