import type { CommandDescription } from './command.ts'

/** `/status`: what is true now. What follows it is not read: it is harmless. */
export const status: CommandDescription = {
  name: 'status',
  usage: '/status',
  summary: 'Shows what is true now: the last sync of each app, and what holds it.',
  permission: 'read',
  examples: () => ['/status'],
  parse: () => ({ kind: 'command', name: 'status' }),
}
