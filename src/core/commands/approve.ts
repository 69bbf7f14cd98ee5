import type { CommandDescription } from './command.ts'
import { readApps } from './words.ts'

/** `/approve`: accepts what a plan warns of. */
export const approve: CommandDescription = {
  name: 'approve',
  usage: '/approve [app…]',
  summary: 'Accepts the risks that the plan shows, and the deletions that wait; a new one has to be accepted anew.',
  permission: 'maintain',
  examples: (apps) => ['/approve', ...apps.slice(0, 1).map((app) => `/approve ${app}`)],
  parse: (words) => readApps('approve', words),
}
