import type { CommandDescription } from './command.ts'

/** `/sync`: makes the cluster equal to the target branch. */
export const sync: CommandDescription = {
  name: 'sync',
  usage: '/sync [app…]',
  summary: 'Syncs the target branch now.',
  permission: 'write',
  examples: (apps) => ['/sync', ...apps.slice(0, 1).map((app) => `/sync ${app}`)],
}
