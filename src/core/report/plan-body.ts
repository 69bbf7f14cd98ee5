import type { AppPlan, Plan } from '../model/plan.ts'
import { appTable, type CheckUrls, checkUrl } from './app-table.ts'
import { changeHunks } from './change-hunks.ts'
import { changeLines } from './change-lines.ts'
import { PRIORITY, type Section } from './compose.ts'
import { driftSection } from './drift-section.ts'
import { code, html, link, text } from './escape.ts'
import { errorSection, policySection, riskSection, unconfirmedSection } from './findings.ts'
import { groupChanges } from './groups.ts'
import { count, countActions, isUnknown } from './words.ts'

/** How a plan's body is shown. */
export type BodyOptions = {
  readonly checkUrls?: CheckUrls | undefined
  /** Names of the apps that have a check run of their own; default all. The rest is in the check run `drydock`. */
  readonly appChecks?: readonly string[] | undefined
  /** Hunks of new objects however many there are; else many of them are left to the check run. */
  readonly all?: boolean
  /** The time that "2 days ago" is seen from, ISO 8601; without it times are absolute. */
  readonly now?: string | undefined
}

/** Risks, errors, table, changes of each app, drift, policy: what a plan says, in the order of the comment. */
export function planBody(plan: Plan, options: BodyOptions = {}): readonly Section[] {
  return [
    riskSection(plan),
    unconfirmedSection(plan),
    errorSection(plan),
    noteSection(plan),
    appTable(plan, options.checkUrls),
    ...plan.apps.map((app) => appSection(app, options)),
    driftSection(plan.apps, options.now),
    policySection(plan),
  ]
}

/** Remarks that concern no single app. */
function noteSection(plan: Plan): Section {
  const pieces = (plan.notes ?? []).map((note) => ({ text: `- ${text(note)}`, priority: PRIORITY.line, about: [] }))
  return { open: '', pieces, more: () => '' }
}

/** Nothing to say but that nothing changes? */
export function isQuiet(plan: Plan): boolean {
  return isIdle(plan) && notesOf(plan).length === 0
}

/** Nothing to say but that nothing changes, and some remarks? */
export function isIdle(plan: Plan): boolean {
  return (
    plan.conclusion === 'success' &&
    (plan.errors ?? []).length === 0 &&
    plan.apps.every((app) => app.changes.length + app.drift.length + app.errors.length + app.policies.length === 0)
  )
}

/** All remarks of a plan that changes nothing, each with its app where there are several. */
export function idleNotes(plan: Plan): Section {
  const pieces = notesOf(plan).map(({ app, note }) => ({
    text: `- ${app !== undefined && plan.apps.length > 1 ? `${code(app)}: ` : ''}${text(note)}`,
    priority: PRIORITY.line,
    about: [`${app} ${note}`],
  }))
  return { pieces, more: (left) => `\n- ${count(left, 'more note')}` }
}

function notesOf(plan: Plan): readonly { readonly app?: string; readonly note: string }[] {
  return [
    ...(plan.notes ?? []).map((note) => ({ note })),
    ...plan.apps.flatMap((app) => (app.notes ?? []).map((note) => ({ app: app.name, note }))),
  ]
}

function appSection(app: AppPlan, options: BodyOptions): Section {
  const own = options.appChecks?.includes(app.name) ?? true
  const check = own
    ? `the app's check run ${link(`drydock / ${app.name}`, checkUrl(options.checkUrls, app.name))}`
    : 'the check run `drydock`'
  return {
    name: `app ${code(app.name, 100)}`,
    open: `<details><summary><b>${html(app.name, 100)}</b> → ${html(app.cluster, 100)} · ${appCounts(app)}</summary>\n\n`,
    pieces: [
      ...noteLines(app),
      ...changeLines(app, options.now),
      ...changeHunks(app, { all: options.all === true }),
      ...(options.all ? [] : listedOnly(app, check)),
    ],
    more: (left) => `\n\n${count(left, 'object is', 'objects are')} shown in full in ${check}.`,
    close: '\n\n</details>',
  }
}

/** Says where the text of those objects is that are only listed by kind. */
function listedOnly(app: AppPlan, check: string): Section['pieces'] {
  const listed = groupChanges(app.changes).filter((group) => group.by === 'kind')
  const number = listed.flatMap((group) => group.changes.filter((change) => change.hunks)).length
  if (number === 0) return []
  const said = `\nThe full text of ${count(number, 'listed object')} is in ${check}.`
  return [{ text: said, priority: PRIORITY.line, about: [] }]
}

/** `1 to create, 2 to update, 41 unchanged`. */
export function appCounts(app: AppPlan): string {
  if (isUnknown(app)) return 'not planned'
  const changed = countActions(app.changes)
  const rest = app.unchanged > 0 ? `, ${app.unchanged} unchanged` : ''
  return `${changed === '' ? 'no changes' : changed}${rest}`
}

function noteLines(app: AppPlan): Section['pieces'] {
  return (app.notes ?? []).map((note, index) => ({
    text: `- Note: ${text(note)}`,
    priority: PRIORITY.line,
    about: [`note ${index}`],
  }))
}
