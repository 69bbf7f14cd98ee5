import type { Command, CommandDescription, Reply, Word } from './command.ts'
import { appWords, reasonOf, reply } from './words.ts'

/** `/lock`: holds an app. */
export const lock: CommandDescription = {
  name: 'lock',
  usage: '/lock [app…] ["reason"] [--keep]',
  summary:
    'Holds an app: nobody may sync it until `/unlock`, or until this pull request is closed; `--keep` outlives that. Where somebody else holds it, you wait for it.',
  permission: 'write',
  examples: (apps) => [...apps.slice(0, 1).map((app) => `/lock ${app} "incident"`)],
  parse: readLock,
}

function readLock(words: readonly Word[]): Command | Reply {
  const rest = words.filter(({ text, quoted }) => quoted || text !== '--keep')
  const reason = reasonOf(rest)
  if (typeof reason === 'object') return reason
  const apps = appWords(rest.filter(({ quoted }) => !quoted))
  if ('kind' in apps) return reply(`${apps.text} A reason stands between two \`"\`.`)
  const keep = rest.length < words.length
  return { kind: 'command', name: 'lock', apps, keep, ...(reason === undefined ? {} : { reason }) }
}
