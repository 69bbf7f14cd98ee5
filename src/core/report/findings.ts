import { type Change, type Risk, riskWords } from '../model/change.ts'
import type { Problem } from '../model/errors.ts'
import type { AppPlan, Plan, Verdict } from '../model/plan.ts'
import { identityOf } from '../model/reference.ts'
import { isUnconfirmed, openRisks } from '../plan/open-risks.ts'
import { objectText } from './change-lines.ts'
import { type Piece, PRIORITY, type Section } from './compose.ts'
import { code, text } from './escape.ts'
import { consequencesOf } from './remarks.ts'
import { changesOf, count, massPruned, ownRisks, place, riskSentence } from './words.ts'

/** Where a reader finds what was left out. */
export const ELSEWHERE = 'the check runs of the apps'

const ACTION_WORDS = { create: 'created', update: 'changed', replace: 'replaced', delete: 'deleted', adopt: 'adopted' }

/** The changes that lose or replace something, as an alert. */
export function riskSection(plan: Plan, elsewhere = ELSEWHERE): Section {
  const single = changesOf(plan).filter((change) => sayable(change).length > 0 && !isUnconfirmed(change))
  const pruned = plan.apps.flatMap((app): readonly Piece[] => {
    const number = massPruned(app)
    if (number === 0) return []
    const line = `> - **${count(number, 'object')} of app ${code(app.name)} will be deleted**: ${text(massPruneWords(app))}`
    return [{ text: line, priority: PRIORITY.risk, about: [`prune ${app.name}`] }]
  })
  return {
    name: 'risks',
    open: '> [!CAUTION]\n',
    pieces: [...single.map(riskPiece), ...plan.apps.flatMap((app) => (app.undone ?? []).map(undonePiece)), ...pruned],
    more: (left) => `\n> - ${count(left, 'more risk')}: see ${elsewhere}`,
  }
}

/** What ran since an older revision, and stays done when the app goes back to it. */
function undonePiece(change: Change): Piece {
  const why = change.risks.map((risk) => text(riskSentence(change, risk))).join('; ')
  return {
    text: `> - **${objectText(change)}**: ${why}`,
    priority: PRIORITY.risk,
    about: [`undone ${identityOf(change)}`],
  }
}

/** What is said of a change in the alert: all its risks but that it is to be confirmed, which has an alert of its own. */
function sayable(change: Change): readonly Risk[] {
  return ownRisks(change).filter((risk) => risk !== 'unconfirmed')
}

/** The deletions that the sync leaves out until somebody confirms them, as an alert. */
export function unconfirmedSection(plan: Plan, elsewhere = ELSEWHERE): Section {
  const waiting = changesOf(plan).filter(isUnconfirmed)
  const intro = `**${count(waiting.length, 'deletion waits', 'deletions wait')} for \`/approve\`.** The rest is synced; until then what is not deleted stays in the inventory.`
  return {
    name: 'deletions to confirm',
    open: `> [!IMPORTANT]\n> ${intro}\n`,
    pieces: waiting.map((change) => {
      const also = sayable(change).map((risk) => text(riskSentence(change, risk)))
      const why = also.length > 0 ? `: ${also.join('; ')}` : ''
      return { text: `> - ${objectText(change)}${why}`, priority: PRIORITY.risk, about: [identityOf(change)] }
    }),
    more: (left) => `\n> - ${count(left, 'more deletion')}: see ${elsewhere}`,
  }
}

/** So many things that go with a risk are listed in the alert; more are counted, and listed at the object's line. */
const LISTED = 10

/** Who accepted a mass prune is said once no deletion of it is left open. */
function massPruneWords(app: AppPlan): string {
  const [first, ...others] = app.changes.filter((change) => change.risks.includes('mass-prune'))
  const isOpen = [first, ...others].some((change) => change && openRisks(change).includes('mass-prune'))
  return first && !isOpen ? riskSentence(first, 'mass-prune') : riskWords['mass-prune']
}

function riskPiece(change: Change): Piece {
  const why = sayable(change).map((risk) => text(riskSentence(change, risk)))
  const where = change.source ? ` · ${code(place(change.source))}` : ''
  const line = `> - **${objectText(change)} will be ${ACTION_WORDS[change.action]}**: ${why.join('; ')}${where}`
  const piece = { priority: PRIORITY.risk, about: [identityOf(change)] }
  const below = consequencesOf(change, LISTED).map((each) => `>   - ${text(each)}`)
  if (below.length === 0) return { ...piece, text: line }
  const goes =
    (change.consequences ?? []).length === 1 ? '1 more thing goes' : `${change.consequences?.length} more things go`
  return {
    ...piece,
    text: `${line} · ${goes} with it`,
    fuller: { text: [line, ...below].join('\n'), priority: PRIORITY.consequence },
  }
}

/** Errors, each with its place and what to do next; those of the whole plan first. */
export function errorSection(plan: Plan, elsewhere = ELSEWHERE): Section {
  const several = plan.apps.length > 1
  const all = [
    ...(plan.errors ?? []).map((problem) => problemLines(problem)),
    ...plan.apps.flatMap((app) => app.errors.map((problem) => problemLines(problem, several ? app.name : undefined))),
  ]
  return {
    name: 'errors',
    open: `#### ${count(all.length, 'error')}\n\n`,
    pieces: all.map((lines, index) => ({ text: lines, priority: PRIORITY.error, about: [String(index)] })),
    more: (left) => `\n- ${count(left, 'more error')}: see ${elsewhere}`,
  }
}

/** A problem as a list item: place, message, and the hint below. */
export function problemLines(problem: Problem, app?: string): string {
  const where = problem.source ? `${code(place(problem.source))}: ` : ''
  const whose = app === undefined ? '' : `App ${code(app)}: `
  const hint = problem.hint ? `\n  - **What to do:** ${text(problem.hint)}` : ''
  return `- ${whose}${where}${text(problem.message, 1000)}${hint}`
}

/** Verdicts of all apps, equal ones in one line, denials first. */
export function policySection(plan: Plan, elsewhere = ELSEWHERE): Section {
  const verdicts = plan.apps.flatMap((app) => app.policies.map((verdict) => ({ app: app.name, verdict })))
  const groups = [
    ...Map.groupBy(verdicts, ({ verdict }) => JSON.stringify([verdict.policy, verdict.severity, verdict.message])),
  ]
    .flatMap(([, [first, ...others]]) => (first ? [[first, ...others] as const] : []))
    .map((group) => ({ text: verdictLine(group.map(({ verdict }) => verdict)), verdict: group[0].verdict, group }))
  const pieces = (['deny', 'warn'] as const).flatMap((severity) =>
    groups
      .filter((group) => group.verdict.severity === severity)
      .map(({ text: line, group }, index) => ({
        text: line,
        priority: severity === 'deny' ? PRIORITY.denial : PRIORITY.finding,
        about: group.map((_, member) => `${severity} ${index} ${member}`),
      })),
  )
  return {
    name: 'policy',
    open: '#### Policy\n\n',
    pieces,
    more: (left) => `\n- ${count(left, 'more finding')}: see ${elsewhere}`,
  }
}

function verdictLine(verdicts: readonly Verdict[]): string {
  const [first] = verdicts
  if (!first) return ''
  const places = verdicts.flatMap(({ object, source }) => {
    if (!object) return source ? [code(place(source))] : []
    return [`${objectText(object)}${source ? ` at ${code(place(source))}` : ''}`]
  })
  const rest = places.length > 10 ? ` and ${count(places.length - 10, 'more object')}` : ''
  const what = first.severity === 'deny' ? '❌ **denied**' : '⚠️ **warned**'
  const where = places.length === 0 ? '' : ` · ${places.slice(0, 10).join(', ')}${rest}`
  return `- ${what} by ${code(first.policy, 253)}: ${text(first.message, 1000)}${where}`
}
