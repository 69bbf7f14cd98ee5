import { matcher } from '../config/glob.ts'
import { nearest } from '../config/nearest.ts'
import type { Reply } from './command.ts'
import { code, reply } from './words.ts'

/**
 * The apps that the words of a command name, in the order of `apps`; all of them for no word. A word that names none
 * is answered, and nothing is selected: half a command is worse than none. `whose`: what has these apps.
 */
export function selectApps(
  words: readonly string[],
  apps: readonly string[],
  whose: 'pull request' | 'repository' = 'pull request',
): readonly string[] | Reply {
  if (words.length === 0) return apps
  for (const word of words) {
    if (apps.some(matcher([word]))) continue
    const meant = nearest(word, apps)
    const known = apps
      .slice(0, 20)
      .map((app) => `\`${app}\``)
      .join(', ')
    const more = apps.length > 20 ? ` and ${apps.length - 20} more` : ''
    const next = meant
      ? `Did you mean \`${meant}\`?`
      : apps.length > 0
        ? `Its apps: ${known}${more}.`
        : `It ${whose === 'pull request' ? 'touches' : 'has'} no app.`
    return reply(`This ${whose} has no app ${code(word)}. ${next}`)
  }
  return apps.filter(matcher(words))
}
