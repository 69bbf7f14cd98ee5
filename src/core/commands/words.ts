import { globFault } from '../config/glob.ts'
import type { Command, Reply, Word } from './command.ts'

/** Splits at spaces; `"…"` keeps spaces together. `undefined` when a quote isn't closed. */
export function wordsOf(text: string): readonly Word[] | undefined {
  const words: Word[] = []
  const pattern = /"([^"]*)"|([^\s"]+)/g
  for (const [, quoted, plain] of text.matchAll(pattern)) {
    words.push(quoted === undefined ? { text: plain ?? '', quoted: false } : { text: quoted, quoted: true })
  }
  return text.replaceAll(pattern, '').includes('"') ? undefined : words
}

/** Words that must all be names of apps, or globs of them. */
export function appWords(words: readonly Word[]): readonly string[] | Reply {
  for (const { text, quoted } of words) {
    if (quoted || !/^[a-z0-9*?][a-z0-9*?-]{0,62}$/.test(text) || globFault(text)) {
      return reply(`${code(text)} is not the name of an app. Names are lower-case; \`*\` stands for any part of one.`)
    }
  }
  return words.map((word) => word.text)
}

/** Longest reason, in characters. */
const maxReason = 200

/** The one reason, which stands in quotes; `undefined`: none is given. */
export function reasonOf(words: readonly Word[]): string | undefined | Reply {
  const [first, ...more] = words.filter(({ quoted }) => quoted)
  if (more.length > 0) return reply('One reason is enough: write it between two `"`.')
  const reason = first?.text.trim() ?? ''
  if (reason.length > maxReason) return reply(`The reason is longer than ${maxReason} characters.`)
  return reason === '' ? undefined : reason
}

/** A command that takes names of apps and nothing else. */
export function readApps(name: 'plan' | 'sync' | 'approve' | 'unlock', words: readonly Word[]): Command | Reply {
  const apps = appWords(words)
  return 'kind' in apps ? apps : { kind: 'command', name, apps }
}

/** An answer. */
export function reply(text: string): Reply {
  return { kind: 'reply', text }
}

/** Text of a comment inside a code span: it can't end the span, mention anybody, or be long. */
export function code(text: string): string {
  const clean = text.replace(/[^\x20-\x7e]|`/g, '?')
  return `\`${clean.length > 60 ? `${clean.slice(0, 60)}…` : clean}\``
}
