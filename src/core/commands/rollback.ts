import type { CommandDescription } from './command.ts'

/** `/rollback`: takes a change back. */
export const rollback: CommandDescription = {
  name: 'rollback',
  usage: '/rollback [app…] [to <sha or #pr>]',
  summary: 'Applies the last good revision from before this pull request and holds it.',
  permission: 'maintain',
  examples: (apps) => [...apps.slice(0, 1).map((app) => `/rollback ${app}`)],
}
