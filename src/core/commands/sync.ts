import type { CommandDescription } from './command.ts'
import { readApps } from './words.ts'

/** `/sync`: makes the cluster equal to the target branch. */
export const sync: CommandDescription = {
  name: 'sync',
  usage: '/sync [app…]',
  summary:
    'After the merge: syncs now, also what failed or is held. Before it: applies the head for apps with `preview: true`, until the pull request is closed.',
  permission: 'write',
  examples: (apps) => ['/sync', ...apps.slice(0, 1).map((app) => `/sync ${app}`)],
  parse: (words) => readApps('sync', words),
}
