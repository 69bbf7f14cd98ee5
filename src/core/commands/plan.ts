import type { CommandDescription } from './command.ts'
import { readApps } from './words.ts'

/** `/plan`: plans again. */
export const plan: CommandDescription = {
  name: 'plan',
  usage: '/plan [app…]',
  summary: 'Plans again: all apps of this pull request, or the named ones.',
  permission: 'write',
  examples: (apps) => ['/plan', ...apps.slice(0, 1).map((app) => `/plan ${app}`), ...family(apps)],
  parse: (words) => readApps('plan', words),
}

/** A glob for the apps that begin like the first one, when there is more than one: `/plan shop-*`. */
function family(apps: readonly string[]): readonly string[] {
  const stem = /^[a-z0-9]+-/.exec(apps[0] ?? '')?.[0]
  return stem && apps.filter((app) => app.startsWith(stem)).length > 1 ? [`/plan ${stem}*`] : []
}
