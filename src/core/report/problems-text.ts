import type { Problem } from '../model/errors.ts'
import { oneLine } from './escape.ts'
import { place } from './words.ts'

/** Problems for the terminal, one `error: path:line: message` each, with the hint below. No trailing line end. */
export function problemsText(problems: readonly Problem[]): string {
  return problems
    .map(({ source, message, hint }) => {
      const where = source ? `${oneLine(place(source))}: ` : ''
      return `error: ${where}${oneLine(message, 4000)}${hint ? `\n  → ${oneLine(hint, 4000)}` : ''}`
    })
    .join('\n')
}
