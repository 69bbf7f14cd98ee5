import type { Action } from '../model/change.ts'
import type { AppPlan, Plan } from '../model/plan.ts'
import { PRIORITY, type Section } from './compose.ts'
import { driftCounts } from './drift.ts'
import { cellCode, link } from './escape.ts'
import { changesOf, count, countRisks, countUnconfirmed, denialsOf, isUnknown } from './words.ts'

const COLUMNS: readonly { readonly action: Action; readonly title: string }[] = [
  { action: 'create', title: 'Create' },
  { action: 'update', title: 'Update' },
  { action: 'replace', title: 'Replace' },
  { action: 'delete', title: 'Delete' },
  { action: 'adopt', title: 'Adopt' },
]

/** The address of each app's check run, by the app's name. */
export type CheckUrls = Readonly<Record<string, string>>

/** The address of one app's check run. */
export function checkUrl(urls: CheckUrls | undefined, app: string): string | undefined {
  return urls && Object.hasOwn(urls, app) ? urls[app] : undefined
}

/**
 * One row for each app; an unknown number is `?`. Phones are narrow: what no app has is no column, and the result comes
 * before the numbers, so that it is seen without scrolling.
 */
export function appTable(plan: Plan, urls: CheckUrls | undefined): Section {
  const changes = changesOf(plan)
  const unknown = plan.apps.some(isUnknown)
  const columns = COLUMNS.filter(({ action }) => changes.some((change) => change.action === action && !change.hook))
  const hooked = changes.some((change) => change.hook)
  const drifted = unknown || plan.apps.some((app) => app.drift.length > 0)
  const judged = plan.apps.some((app) => app.policies.length > 0)
  const titles = [
    'App → cluster',
    'Result',
    ...columns.map(({ title }) => title),
    ...(hooked ? ['Hooks'] : []),
    ...(drifted ? ['Drift'] : []),
    ...(judged ? ['Policy'] : []),
  ]
  const rule = titles.map((title) => (['App → cluster', 'Result', 'Policy'].includes(title) ? '---' : '--:'))
  return {
    name: 'the table',
    open: `${row(titles)}\n${row(rule)}\n`,
    pieces: plan.apps.map((app) => ({
      text: row([
        `${link(app.name, checkUrl(urls, app.name))} → ${cellCode(app.cluster)}`,
        resultCell(app, plan),
        ...columns.map(({ action }) => actionCell(app, action)),
        ...(hooked ? [isUnknown(app) ? '?' : number(app.changes.filter((change) => change.hook).length)] : []),
        ...(drifted ? [isUnknown(app) ? '?' : number(driftCounts(app.drift).objects)] : []),
        ...(judged ? [policyCell(app)] : []),
      ]),
      priority: PRIORITY.table,
      about: [app.name],
    })),
    more: (left) => `\n\n${count(left, 'more app')}: see the check runs`,
  }
}

/** One line of a Markdown table. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function number(size: number): string {
  return size === 0 ? '–' : String(size)
}

function actionCell(app: AppPlan, action: Action): string {
  if (isUnknown(app)) return '?'
  const found = app.changes.filter((change) => change.action === action && !change.hook)
  const size = number(found.length)
  return found.some((change) => change.risks.length > 0) ? `**${size}**` : size
}

function policyCell(app: AppPlan): string {
  const denials = denialsOf(app.policies).length
  const warnings = app.policies.length - denials
  const parts = [
    ...(denials > 0 ? [count(denials, 'denial')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ]
  return parts.length > 0 ? parts.join(', ') : '–'
}

function resultCell(app: AppPlan, plan: Plan): string {
  if (app.errors.length > 0) return `❌ ${count(app.errors.length, 'error')}`
  if (denialsOf(app.policies).length > 0) return '❌ refused'
  if (countRisks(app) > 0) return plan.conclusion === 'action_required' ? '⚠️ needs approval' : '⚠️ risk'
  if (countUnconfirmed(app) > 0) return `⚠️ ${count(countUnconfirmed(app), 'deletion')} to confirm`
  return app.changes.length === 0 ? 'no changes' : '✅ ready'
}
