import { type Change, type Drift, type FieldChange, riskWords } from '../model/change.ts'
import type { Problem } from '../model/errors.ts'
import type { AppPlan, Plan, Verdict } from '../model/plan.ts'
import { identityOf } from '../model/reference.ts'
import { objectText } from './change-lines.ts'
import { type Piece, PRIORITY, type Section } from './compose.ts'
import { code, text } from './escape.ts'
import { changesOf, count, massPruned, ownRisks, place, value } from './words.ts'

/** Where a reader finds what was left out. */
const ELSEWHERE = 'the check runs of the apps'

const ACTION_WORDS = { create: 'created', update: 'changed', replace: 'replaced', delete: 'deleted', adopt: 'adopted' }

/** The changes that lose or replace something, as an alert. */
export function riskSection(plan: Plan, elsewhere = ELSEWHERE): Section {
  const single = changesOf(plan).filter((change) => ownRisks(change).length > 0)
  const pruned = plan.apps.flatMap((app): readonly Piece[] => {
    const number = massPruned(app)
    if (number === 0) return []
    const line = `> - **${count(number, 'object')} of app ${code(app.name)} will be deleted**: ${text(riskWords['mass-prune'])}`
    return [{ text: line, priority: PRIORITY.risk, about: [`prune ${app.name}`] }]
  })
  return {
    open: '> [!CAUTION]\n',
    pieces: [...single.map(riskPiece), ...pruned],
    more: (left) => `\n> - ${count(left, 'more risk')}: see ${elsewhere}`,
  }
}

function riskPiece(change: Change): Piece {
  const why = ownRisks(change).map((risk) => text(riskWords[risk]))
  const where = change.source ? ` · ${code(place(change.source))}` : ''
  return {
    text: `> - **${objectText(change)} will be ${ACTION_WORDS[change.action]}**: ${why.join('; ')}${where}`,
    priority: PRIORITY.risk,
    about: [identityOf(change)],
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

/** Drift that the pull request doesn't touch. */
export function driftSection(apps: readonly AppPlan[], elsewhere = ELSEWHERE): Section {
  const all = apps.flatMap((app) => app.drift.map((drift) => ({ app, drift })))
  return {
    open: `<details><summary>Drift that this pull request doesn't touch (${count(all.length, 'object')})</summary>\n\n`,
    pieces: all.map(({ app, drift }) => ({
      text: driftLine(drift, apps.length > 1 ? app.name : undefined),
      priority: PRIORITY.finding,
      about: [identityOf(drift)],
    })),
    more: (left) => `\n- ${count(left, 'more object')}: see ${elsewhere}`,
    close: '\n\n</details>',
  }
}

function driftLine(drift: Drift, app: string | undefined): string {
  const who =
    drift.managers.length > 0 ? `, changed by ${drift.managers.map((manager) => code(manager, 128)).join(', ')}` : ''
  const whose = app === undefined ? '' : ` (app ${code(app)})`
  const what = drift.missing ? ': gone from the cluster' : ''
  const fate =
    drift.onSync === 'restored' ? 'a sync restores it' : `a sync ${drift.missing ? 'leaves it so' : 'keeps it'}`
  const rest = drift.fields.length - 10
  return [
    `- ${objectText(drift)}${whose}${what}${who} · **${fate}**`,
    ...drift.fields.slice(0, 10).map((field) => `  - ${driftedField(field)}`),
    ...(rest > 0 ? [`  - ${count(rest, 'more field')}`] : []),
  ].join('\n')
}

function driftedField({ path, before, after }: FieldChange): string {
  const live = before === undefined ? 'is absent' : `is ${code(value(before), 200)}`
  const wanted = after === undefined ? "isn't in Git" : `Git says ${code(value(after), 200)}`
  return `${code(path)} ${live}, ${wanted}`
}
