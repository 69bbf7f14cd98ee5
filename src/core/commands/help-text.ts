import type { CommandName, Permission } from './command.ts'
import { commands } from './table.ts'

const ranks: readonly Permission[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin']

/** Whether a permission on the repository is enough for a command. */
export function mayUse(name: CommandName, permission: Permission): boolean {
  const command = commands.find((each) => each.name === name)
  return command !== undefined && ranks.indexOf(permission) >= ranks.indexOf(command.permission)
}

/** The answer to `/help`: only what this version can do and this person may do, with examples for these apps. */
export function helpText(here: { readonly apps: readonly string[]; readonly may: Permission }): string {
  const usable = commands.filter((command) => command.parse && mayUse(command.name, here.may))
  if (usable.length === 0)
    return 'You may not use commands in this repository. They need at least the `read` permission.'
  const rows = usable.map(({ usage, summary }) => `| \`${usage}\` | ${summary} |`)
  const examples = usable.flatMap((command) => command.examples(here.apps))
  const hidden = commands.filter((command) => command.parse && !mayUse(command.name, here.may))
  return [
    '| Command | Does |',
    '| --- | --- |',
    ...rows,
    '',
    'For example, as the first line of a new comment:',
    '```',
    ...examples,
    '```',
    ...hidden.map(({ name, permission }) => `\`/${name}\` needs the \`${permission}\` permission on this repository.`),
  ].join('\n')
}
