import type { CommandDescription } from './command.ts'

/** `/approve`: accepts what a plan warns of. */
export const approve: CommandDescription = {
  name: 'approve',
  usage: '/approve [app…]',
  summary: 'Accepts the shown risks and policy exceptions of this plan.',
  permission: 'maintain',
  examples: (apps) => ['/approve', ...apps.slice(0, 1).map((app) => `/approve ${app}`)],
}
