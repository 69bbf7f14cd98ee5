import type { CommandName } from './command.ts'
import { commands } from './table.ts'
import type { Verdict } from './who-may.ts'

/** The answer to `/help`: only what this person may do; `apps`: those for which they may. */
export function helpText(here: {
  readonly apps: (name: CommandName) => readonly string[]
  readonly may: (name: CommandName) => Verdict
}): string {
  const verdicts = new Map(commands.map(({ name }) => [name, here.may(name)]))
  const usable = commands.filter(({ name }) => 'allowedBy' in (verdicts.get(name) ?? {}))
  if (usable.length === 0)
    return 'You may not use commands in this repository. They need at least the `read` permission.'
  const rows = usable.map(({ usage, summary }) => `| \`${usage}\` | ${summary} |`)
  const examples = usable.flatMap((command) => command.examples(here.apps(command.name)))
  const hidden = [...verdicts.values()].flatMap((verdict) => ('refused' in verdict ? [`- ${verdict.refused}`] : []))
  return [
    '| Command | Does |',
    '| --- | --- |',
    ...rows,
    '',
    'For example, as the first line of a new comment:',
    '```',
    ...examples,
    '```',
    ...hidden,
  ].join('\n')
}
