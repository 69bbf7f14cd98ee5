import type { Command, CommandDescription, Reply, Word } from './command.ts'
import { appWords, reply } from './words.ts'

/** Longest reason, in characters. */
const maxReason = 200

/** `/lock`: holds an app. */
export const lock: CommandDescription = {
  name: 'lock',
  usage: '/lock [app…] ["reason"] [--keep]',
  summary:
    'Holds an app: nobody may sync it until `/unlock`, or until this pull request is closed; `--keep` outlives that.',
  permission: 'write',
  examples: (apps) => [...apps.slice(0, 1).map((app) => `/lock ${app} "incident"`)],
  parse: readLock,
}

function readLock(words: readonly Word[]): Command | Reply {
  const rest = words.filter(({ text, quoted }) => quoted || text !== '--keep')
  const reasons = rest.filter(({ quoted }) => quoted)
  if (reasons.length > 1) return reply('One reason is enough: write it between two `"`.')
  const apps = appWords(rest.filter(({ quoted }) => !quoted))
  if ('kind' in apps) return reply(`${apps.text} A reason stands between two \`"\`.`)
  const reason = reasons[0]?.text.trim() ?? ''
  if (reason.length > maxReason) return reply(`The reason is longer than ${maxReason} characters.`)
  const keep = rest.length < words.length
  return { kind: 'command', name: 'lock', apps, keep, ...(reason === '' ? {} : { reason }) }
}
