import type { Command, CommandDescription, Reply, RollbackTarget, Word } from './command.ts'
import { appWords, code, reasonOf, reply } from './words.ts'

/** `/rollback`: takes a change back. */
export const rollback: CommandDescription = {
  name: 'rollback',
  usage: '/rollback [app…] [to <sha or #pr>] ["reason"] [--dry-run]',
  summary:
    'Applies the last good revision from before this pull request, holds it there, and opens the revert; `--dry-run` only shows it.',
  permission: 'maintain',
  examples: (apps) => ['/rollback', ...apps.slice(0, 1).map((app) => `/rollback ${app} "checkout fails" --dry-run`)],
  parse: readRollback,
}

function readRollback(words: readonly Word[]): Command | Reply {
  const rest = words.filter(({ text, quoted }) => quoted || text !== '--dry-run')
  const reason = reasonOf(rest)
  if (typeof reason === 'object') return reason
  const plain = rest.filter(({ quoted }) => !quoted)
  // An app may be called "to" as well: the last one that something follows is the preposition.
  const at = plain.findLastIndex(({ text }, index) => text === 'to' && index >= plain.length - 2)
  const target = at < 0 ? undefined : readTarget(plain[at + 1])
  if (target && 'kind' in target) return target
  const apps = appWords(at < 0 ? plain : plain.slice(0, at))
  if ('kind' in apps)
    return reply(`${apps.text} A commit or pull request follows \`to\`, a reason stands between two \`"\`.`)
  const dryRun = rest.length < words.length
  return {
    kind: 'command',
    name: 'rollback',
    apps,
    dryRun,
    ...(target ? { to: target } : {}),
    ...(reason === undefined ? {} : { reason }),
  }
}

function readTarget(word: Word | undefined): RollbackTarget | Reply {
  if (!word) return reply('`to` needs a commit or a pull request: `/rollback to 1a2b3c4`, or `/rollback to #12`.')
  const number = /^#([1-9][0-9]{0,9})$/.exec(word.text)?.[1]
  if (number !== undefined) return { number: Number(number) }
  if (/^[0-9a-f]{7,64}$/i.test(word.text)) return { commit: word.text.toLowerCase() }
  return reply(`${code(word.text)} is neither a commit (at least 7 characters of its id) nor a pull request (\`#12\`).`)
}
