import { nearest } from '../config/nearest.ts'
import type { Command, Ignore, Reply } from './command.ts'
import { commands } from './table.ts'
import { code, reply, wordsOf } from './words.ts'

/** Longest first line that is read, in characters. */
const maxLength = 500

const ignore: Ignore = { kind: 'ignore' }

/**
 * What a new comment asks for. Only its first line counts, from its first character: `/` and the name of a command,
 * then words. A quoted (`>`), indented, fenced or commented-out command doesn't begin like that. Text that hides
 * something (bidirectional, zero-width or control characters) is never obeyed, nor answered.
 *
 * The caller has already left out edited comments, bots and people without permission.
 */
export function parseComment(body: string): Command | Reply | Ignore {
  const end = body.search(/\r?\n/)
  const line = (end < 0 ? body : body.slice(0, end)).replace(/ +$/, '')
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029\u115f\u1160\u3164\uffa0]/u.test(line) || line.includes('<!--'))
    return ignore
  const word = /^\/([A-Za-z]{2,20})(?=\s|$)/.exec(line)?.[1]
  if (word === undefined) return ignore
  const name = word.toLowerCase()
  const command = commands.find((each) => each.name === name)
  if (!command) {
    const meant = nearest(
      name,
      commands.map((each) => each.name),
    )
    return meant
      ? reply(`${code(`/${word}`)} is not a command. Did you mean \`/${meant}\`? \`/help\` shows all.`)
      : ignore
  }
  if (line.length > maxLength) return reply(`The command is longer than ${maxLength} characters, so it was not read.`)
  const words = wordsOf(line.slice(word.length + 1))
  return words ? command.parse(words) : reply('A `"` is not closed. Write the text between two of them.')
}
