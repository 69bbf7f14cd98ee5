import type { CommandDescription } from './command.ts'

/** `/help`: what may be asked for here. What follows it is not read: help is harmless. */
export const help: CommandDescription = {
  name: 'help',
  usage: '/help',
  summary: 'Shows the commands that you may use here.',
  permission: 'read',
  examples: () => ['/help'],
  parse: () => ({ kind: 'command', name: 'help' }),
}
