import type { CommandDescription } from './command.ts'
import { readApps } from './words.ts'

/** `/unlock`: lets go of an app. */
export const unlock: CommandDescription = {
  name: 'unlock',
  usage: '/unlock [app…]',
  summary:
    'Lets go of an app that is locked or pinned, or of waiting for it; the lock of somebody else needs `maintain`.',
  permission: 'write',
  examples: (apps) => [...apps.slice(0, 1).map((app) => `/unlock ${app}`)],
  parse: (words) => readApps('unlock', words),
}
