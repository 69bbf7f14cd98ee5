import { type Action, type Change, type Risk, riskWords } from '../model/change.ts'
import { stringifyJson } from '../model/json.ts'
import type { SourcePosition } from '../model/manifest.ts'
import type { Json } from '../model/object.ts'
import type { AppPlan, Plan, Verdict } from '../model/plan.ts'
import { holdsSync, isUnconfirmed, openRisks } from '../plan/open-risks.ts'

/** The actions in the order in which they are counted. */
const ACTIONS: readonly Action[] = ['create', 'update', 'replace', 'delete', 'adopt']

/** `1 app`, `3 apps`; `many` for an irregular plural. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** `1 to create, 2 to update, 1 hook to run`; empty without changes. */
export function countActions(changes: readonly Change[]): string {
  const objects = changes.filter((change) => !change.hook)
  const hooks = changes.length - objects.length
  const said = ACTIONS.map((action) => ({
    action,
    number: objects.filter((change) => change.action === action).length,
  }))
    .filter(({ number }) => number > 0)
    .map(({ action, number }) => `${number} to ${action}`)
  return [...said, ...(hooks > 0 ? [`${count(hooks, 'hook')} to run`] : [])].join(', ')
}

/** The first seven digits of a commit id. */
export function short(commit: string): string {
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit.slice(0, 7) : commit
}

/** `path:line`. */
export function place(source: SourcePosition): string {
  return `${source.path}:${source.line}`
}

/** The risks of one object; `mass-prune` is a risk of its whole app. */
export function ownRisks(change: Change): readonly Risk[] {
  return change.risks.filter((risk) => risk !== 'mass-prune')
}

/** How many deletions of this app are more at once than it allows; 0 when they are not. */
export function massPruned(app: AppPlan): number {
  return app.changes.filter((change) => change.risks.includes('mass-prune')).length
}

/** Risks of an app that hold its sync until somebody accepts them: each risky object, and a mass prune as one. */
export function countRisks(app: AppPlan): number {
  const open = [...app.changes, ...(app.undone ?? [])].filter(holdsSync).map(openRisks)
  const single = open.filter((risks) => risks.some((risk) => risk !== 'mass-prune'))
  return single.length + (open.some((risks) => risks.includes('mass-prune')) ? 1 : 0)
}

/** Deletions of an app that its sync leaves out until somebody confirms them. */
export function countUnconfirmed(app: AppPlan): number {
  return app.changes.filter(isUnconfirmed).length
}

/** Risks of an app that somebody accepted, counted as {@link countRisks} does. */
export function countAccepted(app: AppPlan): number {
  const done = app.changes.filter((change) => change.risks.length > 0 && openRisks(change).length === 0)
  const single = done.filter((change) => change.risks.some((risk) => risk !== 'mass-prune'))
  const isPruned = done.some((change) => change.risks.includes('mass-prune'))
  const isOpen = app.changes.some((change) => openRisks(change).includes('mass-prune'))
  return single.length + (isPruned && !isOpen ? 1 : 0)
}

/** What a risk of this change means, and who accepted it: `its data is lost; accepted by @mona`. */
export function riskSentence(change: Change, risk: Risk): string {
  const by = change.accepted?.find((each) => each.risk === risk)?.by
  return `${riskWords[risk]}${by === undefined ? '' : `; accepted by @${by}`}`
}

/** A value in one line, as JSON unless it is a word. */
export function value(json: Json | undefined): string {
  if (json === undefined) return '(absent)'
  return typeof json === 'string' && json !== '' ? json : stringifyJson(json)
}

/** So many parts of a meaning are said in one line. */
const PARTS = 8

/** The change in words; from the fields where the plan has no summary. Many parts are counted. */
export function meaningOf(change: Change): readonly string[] {
  const rest = change.summary.length - PARTS
  if (rest > 0) return [...change.summary.slice(0, PARTS), `and ${rest} more`]
  if (change.summary.length > 0) return change.summary
  if (change.action !== 'update' && change.action !== 'replace') return []
  const paths = change.fields.map((field) => field.path)
  return [...paths.slice(0, 3), ...(paths.length > 3 ? [`${paths.length - 3} more fields`] : [])]
}

/** All verdicts that refuse. */
export function denialsOf(policies: readonly Verdict[]): readonly Verdict[] {
  return policies.filter((verdict) => verdict.severity === 'deny')
}

/** Is this app's plan incomplete, so that its numbers say nothing? */
export function isUnknown(app: AppPlan): boolean {
  return app.errors.length > 0 && app.changes.length === 0
}

/** All changes of a plan. */
export function changesOf(plan: Plan): readonly Change[] {
  return plan.apps.flatMap((app) => app.changes)
}

/** So many apps are named in a command; of more, it is left to the reader which. */
const NAMED_APPS = 10

/** A command for these apps that a reader may copy. A text that is no app's name never becomes part of one. */
export function toCopy(command: 'plan' | 'sync' | 'rollback' | 'approve' | 'unlock', apps: readonly string[]): string {
  const isName = (name: string) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)
  return apps.length <= NAMED_APPS && apps.every(isName) ? [`/${command}`, ...apps].join(' ') : `/${command}`
}

/** The first letter as a capital. */
export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
