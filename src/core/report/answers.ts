import type { Change, Risk } from '../model/change.ts'
import type { Problem } from '../model/errors.ts'
import type { Lock } from '../model/inventory.ts'
import { describeReference } from '../model/reference.ts'
import { code, text } from './escape.ts'
import { moment } from './time.ts'
import { count, riskSentence } from './words.ts'

/** A risk of an app, as somebody accepts it. */
export type FoundRisk = { readonly app: string; readonly change: Change; readonly risk: Risk }

/** So many who wait are named; more are counted. */
const WAITING = 5

/** So many risks are listed in an answer; more are counted. */
const LISTED = 20

/** What was accepted, one line each. `mass-prune` is said once for each app. */
export function acceptedAnswer(risks: readonly FoundRisk[], then: string): string {
  const lines = [...new Set(risks.map(lineOf))]
  const rest = lines.length > LISTED ? [`- and ${lines.length - LISTED} more`] : []
  return [`Accepted ${count(lines.length, 'risk')}. ${then}`, '', ...lines.slice(0, LISTED), ...rest].join('\n')
}

function lineOf({ app, change, risk }: FoundRisk): string {
  const { accepted: _, ...bare } = change
  const what = risk === 'mass-prune' ? 'many deletions at once' : text(describeReference(change), 400)
  const why = risk === 'unconfirmed' ? 'its deletion' : riskSentence(bare, risk)
  return `- ${code(app, 100)}: ${what}: ${text(why)}`
}

/** `is locked by mona (#42) since 2026-11-21 14:03 UTC: incident`, as Markdown. */
export function lockWords({ by, at, reason, number }: Lock): string {
  const where = number === undefined ? '' : ` (#${number})`
  return text(`is locked by ${by}${where} since ${moment(at)}${reason ? `: ${reason}` : '.'}`)
}

/** `2 wait: ben (#43), zoe (#44)`, as text with nothing escaped; empty for nobody. */
export function waitWords({ waiting = [] }: Pick<Lock, 'waiting'>): string {
  if (waiting.length === 0) return ''
  const names = waiting.slice(0, WAITING).map(({ by, number }) => `${by} (#${number})`)
  const rest = waiting.length > WAITING ? `, and ${waiting.length - WAITING} more` : ''
  return `${waiting.length} ${waiting.length === 1 ? 'waits' : 'wait'}: ${names.join(', ')}${rest}`
}

/** Why somebody waits for this lock, as {@link lockWords}, and whose turn comes first: so many get it `before` them. */
export function queuedWords(lock: Lock, before: number): string {
  const held = lockWords(lock)
  const others = before === 1 ? '1 waits before you.' : `${before} wait before you.`
  return `${held}${/[.!?]$/.test(held) ? '' : '.'} ${before === 0 ? 'You are next.' : others}`
}

/**
 * What the one is told who waited for a lock and has it now, as Markdown. The mention is meant to reach them: a login of
 * GitHub is nothing but letters, digits and hyphens, and any other is no mention.
 */
export function lockedForYou(app: string, { by, keep, passedFrom = '' }: Lock): string {
  const you = /^[A-Za-z0-9-]{1,39}$/.test(by) ? `@${by}` : code(by, 100)
  const until = keep ? '' : ', and so does the end of this pull request'
  const name = code(app, 100)
  return `${you}: ${name} is locked for you now: the lock of ${text(passedFrom, 100)} is over, and you were next. ${code(`/unlock ${app}`, 100)} lets it go${until}.`
}

/** A problem in the middle of an answer: what is wrong, and what to do next. */
export function problemText({ message, hint }: Problem): string {
  const words = hint && !/[.!?:]$/.test(message) ? `${message}.` : message
  return [text(words, 1000), ...(hint ? [text(hint, 1000)] : [])].join(' ')
}

/** Several sentences about apps: one alone as a sentence, more as a list. */
export function answerLines(lines: readonly string[]): string {
  const [first = ''] = lines
  return lines.length === 1 ? first : lines.map((line) => `- ${line}`).join('\n')
}
