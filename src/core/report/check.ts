import type { AppPlan, Conclusion, Plan } from '../model/plan.ts'
import { type Annotation, annotationsOf, MAX_ANNOTATIONS, ofProblem } from './annotations.ts'
import { appTable, type CheckUrls } from './app-table.ts'
import { changeHunks } from './change-hunks.ts'
import { changeLines } from './change-lines.ts'
import { compose, type Piece, paragraph, type Section } from './compose.ts'
import { driftSection } from './drift-section.ts'
import { code, oneLine, text } from './escape.ts'
import { errorSection, policySection, riskSection, unconfirmedSection } from './findings.ts'
import { headline, planOfApp } from './headline.ts'
import { appCounts } from './plan-body.ts'
import { capital, count, short } from './words.ts'

/** What a check run shows; the shape that the checks of GitHub take. */
export type CheckReport = {
  readonly title: string
  readonly summary: string
  readonly text?: string
  readonly annotations: readonly Annotation[]
}

/** Below GitHub's 65,535 characters for the summary and again for the text, in bytes. */
export const CHECK_BUDGET = 65_000
const TITLE_LIMIT = 255

/** Where all of a plan is to be had when not even a check run holds it. */
const WHOLE_PLAN = '`drydock plan -o json`'

/** How the check `drydock` is shown. */
export type PlanCheckOptions = {
  readonly checkUrls?: CheckUrls
  /** `false`: apps have no check runs of their own, so that their annotations and hunks are here. Default `true`. */
  readonly appChecks?: boolean
  /** When it was planned, ISO 8601: what "2 days ago" is seen from. Without it times are absolute. */
  readonly plannedAt?: string | undefined
  /** Other open pull requests with this head, whose plans count for this commit too. */
  readonly others?: readonly { readonly number: number; readonly conclusion: Conclusion }[]
}

/** The check `drydock`: all apps. Annotations of an app are on its own check run, so that none shows twice. */
export function planCheck(plan: Plan, options: PlanCheckOptions = {}): CheckReport {
  const { appChecks = true, checkUrls, others = [] } = options
  if (plan.apps.length === 0 && (plan.errors ?? []).length === 0 && plan.conclusion === 'success') {
    return noAffectedAppsCheck()
  }
  const found = [...(plan.errors ?? []).flatMap(ofProblem), ...(appChecks ? [] : plan.apps.flatMap(annotationsOf))]
  const sections = [
    riskSection(plan),
    unconfirmedSection(plan),
    errorSection(plan),
    appTable(plan, checkUrls),
    policySection(plan),
    driftSection(plan.apps, options.plannedAt),
    ...others.map(({ number, conclusion }) =>
      paragraph(`Pull request #${number} has the same head commit; its plan says ${code(conclusion)}.`),
    ),
  ]
  const hunks = appChecks ? [] : plan.apps.map((app) => hunkSection(app, `#### ${code(app.name)}\n\n`))
  return report(titleOf(plan), sections, hunks, found)
}

/** The check `drydock / <app>`: the lines of meaning in its summary, all hunks in its text. */
export function appCheck(app: AppPlan, options: Pick<PlanCheckOptions, 'plannedAt'> = {}): CheckReport {
  const plan = planOfApp(app)
  const notes = (app.notes ?? []).map((note) => paragraph(`Note: ${text(note)}`))
  const lines: Section = {
    name: 'the objects',
    open: `#### ${capital(appCounts(app))}\n\n`,
    pieces: changeLines(app, options.plannedAt),
    more: (left) => `\n\n${count(left, 'more object')}: see ${WHOLE_PLAN}.`,
  }
  const sections = [
    riskSection(plan, WHOLE_PLAN),
    unconfirmedSection(plan, WHOLE_PLAN),
    errorSection(plan, WHOLE_PLAN),
    policySection(plan, WHOLE_PLAN),
    ...notes,
    lines,
    driftSection([app], options.plannedAt, WHOLE_PLAN),
  ]
  return report(titleOf(plan), sections, [hunkSection(app, '')], annotationsOf(app))
}

/** While the plan is being made. */
export function inProgressCheck(): CheckReport {
  return { title: 'Planning', summary: 'The plan of this commit is being made.', annotations: [] }
}

/** When a newer commit makes this plan pointless before it is done. */
export function supersededCheck(newHead: string): CheckReport {
  return {
    title: oneLine(`Superseded by ${short(newHead)}`, TITLE_LIMIT),
    summary: `The pull request has a newer head, ${code(newHead, 100)}. Its plan is on that commit; this one was not finished.`,
    annotations: [],
  }
}

/** When the pull request touches no app. */
export function noAffectedAppsCheck(): CheckReport {
  return {
    title: 'No app is affected',
    summary: 'Nothing that an app is rendered from differs: merging changes no cluster.',
    annotations: [],
  }
}

function titleOf(plan: Plan): string {
  return oneLine(capital(headline(plan).words), TITLE_LIMIT)
}

function report(
  title: string,
  summary: readonly Section[],
  body: readonly Section[],
  found: readonly Annotation[],
): CheckReport {
  const all = [...summary, ...annotationNote(found.length)]
  const written = compose(body, CHECK_BUDGET)
  return {
    title,
    summary: compose(all, CHECK_BUDGET) || title,
    ...(written === '' ? {} : { text: written }),
    annotations: found.slice(0, MAX_ANNOTATIONS),
  }
}

function annotationNote(found: number): readonly Section[] {
  if (found <= MAX_ANNOTATIONS) return []
  const rest = found - MAX_ANNOTATIONS
  return [
    paragraph(
      `${count(found, 'finding')} have a line; ${MAX_ANNOTATIONS} are annotated, ${rest} more are listed here only.`,
    ),
  ]
}

function hunkSection(app: AppPlan, open: string): Section {
  const hunks = changeHunks(app, { all: true })
  return {
    open,
    name: `the hunks of ${code(app.name, 100)}`,
    pieces: hunks.map(spaced),
    more: (left) =>
      `\n\n${count(left, "more object doesn't", "more objects don't")} fit here: run \`drydock plan --app ${app.name.replace(/[^\w.-]/g, '')}\`.`,
  }
}

/** A hunk begins with an empty line; the first of a section needs none. */
function spaced(piece: Piece, index: number): Piece {
  if (index > 0) return piece
  const { text: least, fuller } = piece
  return {
    ...piece,
    text: least.trimStart(),
    ...(fuller ? { fuller: { ...fuller, text: fuller.text.trimStart() } } : {}),
  }
}
