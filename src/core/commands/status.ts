import type { CommandDescription } from './command.ts'

/** `/status`: what is true now. */
export const status: CommandDescription = {
  name: 'status',
  usage: '/status',
  summary: 'Shows what is true now: revisions, health, holds.',
  permission: 'read',
  examples: () => ['/status'],
}
