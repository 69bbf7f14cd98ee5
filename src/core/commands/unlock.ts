import type { CommandDescription } from './command.ts'

/** `/unlock`: lets go of an app. */
export const unlock: CommandDescription = {
  name: 'unlock',
  usage: '/unlock [app…]',
  summary: 'Lets go of an app.',
  permission: 'write',
  examples: (apps) => [...apps.slice(0, 1).map((app) => `/unlock ${app}`)],
}
