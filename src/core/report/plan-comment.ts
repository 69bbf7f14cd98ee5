import type { Drift } from '../model/change.ts'
import type { Plan } from '../model/plan.ts'
import type { CheckUrls } from './app-table.ts'
import { compose, PRIORITY, paragraph, type Section, sizeOf } from './compose.ts'
import { code, fenced, markerLine, text } from './escape.ts'
import { headline } from './headline.ts'
import { idleNotes, isIdle, planBody } from './plan-body.ts'
import { duration, moment } from './time.ts'
import { capital, count, countRisks, countUnconfirmed, short, toCopy } from './words.ts'

/** Size of a comment in bytes: below GitHub's 65,536 characters, with room to spare. */
export const COMMENT_BUDGET = 60_000

/** A command that may be proposed to the reader. */
type ProposedCommand = 'plan' | 'approve' | 'sync' | 'rollback'

/** What the comment of a plan is made from. */
export type PlanView = {
  readonly plan: Plan
  readonly number: number
  /** The branch that the pull request is merged into. */
  readonly baseRef: string
  /** The branch whose commits are synced; default: `baseRef`. */
  readonly syncedBranch?: string
  /** ISO 8601, UTC. */
  readonly plannedAt: string
  readonly durationMs?: number
  readonly checkUrls?: CheckUrls
  /** Names of the apps that have a check run of their own. Default: all. */
  readonly appChecks?: readonly string[]
  /** The proposed `.github/drydock.yaml`, when the repository has none and the apps were discovered. */
  readonly discoveredConfig?: string
  /** Who asked for this plan by a command. */
  readonly askedBy?: string
  /** The hidden first line by which the comment is found again: `<!-- drydock:… -->`. */
  readonly marker: string
  /** In bytes; default {@link COMMENT_BUDGET}. */
  readonly budget?: number
  /** The commands that exist for this reader; only these are proposed. Default: `plan` and `approve`. */
  readonly commands?: readonly ProposedCommand[]
}

/** The one comment of a pull request: at most `budget` bytes, spent on risk first, cut only between objects. */
export function planComment(view: PlanView): string {
  const marker = `${markerLine(view.marker)}\n`
  return marker + compose(sectionsOf(view), (view.budget ?? COMMENT_BUDGET) - sizeOf(marker))
}

function sectionsOf(view: PlanView): readonly Section[] {
  const { plan } = view
  const { sign, words } = headline(plan)
  if (isIdle(plan)) {
    const quiet = `${sign} No changes${scope(plan)} · ${compared(view)}`
    return [paragraph(quiet), idleNotes(plan), ...discovered(view)]
  }
  return [
    paragraph(`### ${sign} ${capital(words)}`),
    paragraph(compared(view)),
    ...planBody(plan, { checkUrls: view.checkUrls, appChecks: view.appChecks, now: view.plannedAt }),
    ...discovered(view),
    paragraph(nextStep(view)),
  ]
}

function scope(plan: Plan): string {
  if (plan.apps.length === 0) return ': no app is affected'
  const unchanged = plan.apps.reduce((sum, app) => sum + app.unchanged, 0)
  const objects = unchanged === 1 ? '1 object stays as it is' : `${unchanged} objects stay as they are`
  return ` in ${count(plan.apps.length, 'app')}: ${objects}`
}

function compared({ plan, baseRef, plannedAt, durationMs, askedBy }: PlanView): string {
  const base = plan.base ? ` (${code(short(plan.base))})` : ''
  const clusters = [...new Set(plan.apps.map((app) => app.cluster))]
  const named = clusters.slice(0, 3).map((cluster) => code(cluster, 100))
  const rest = clusters.length > 3 ? [`${clusters.length - 3} more`] : []
  const live = clusters.length > 0 ? [`compared with live ${[...named, ...rest].join(', ')}`] : []
  return [
    [`${code(short(plan.head))} merged into ${code(baseRef, 255)}${base}`, ...live].join(', '),
    text(moment(plannedAt)),
    ...(durationMs === undefined ? [] : [duration(durationMs)]),
    ...(askedBy === undefined ? [] : [`asked by ${code(askedBy, 100)}`]),
  ].join(' · ')
}

function discovered({ discoveredConfig, plan }: PlanView): readonly Section[] {
  if (discoveredConfig === undefined) return []
  const found = plan.apps.length === 1 ? '1 app was' : `${plan.apps.length} apps were`
  const intro = `**No configuration yet.** ${found} found by \`kustomization.yaml\` and \`Chart.yaml\`. They are planned but never applied until a file like this is merged as \`.github/drydock.yaml\`:`
  return [paragraph(`${intro}\n\n${fenced(discoveredConfig, 'yaml')}`, PRIORITY.denial)]
}

function nextStep(view: PlanView): string {
  const { plan, commands = ['plan', 'approve'] } = view
  const approve = toCopy('approve', askedApps(plan))
  const sign = headline(plan).sign
  if (sign === '❌')
    return advise('Push a fix; it is planned at once. To plan the same commit again, comment:', '/plan')
  if (plan.conclusion === 'action_required' && isOnlyUnconfirmed(plan) && commands.includes('approve')) {
    return advise('Merging applies this plan without the deletions that wait. To have them made too, comment:', approve)
  }
  if (plan.conclusion === 'action_required') {
    return commands.includes('approve')
      ? advise('Accept the risks of this plan, or push a commit without them. To accept, comment:', approve)
      : advise('Push a commit without the risks. To plan the same commit again, comment:', '/plan')
  }
  if (view.syncedBranch !== undefined && view.syncedBranch !== view.baseRef) {
    const only = `Merging into ${code(view.baseRef, 255)} changes no cluster: only ${code(view.syncedBranch, 255)} is synced.`
    return advise(`${only} To plan again, comment:`, '/plan')
  }
  if (view.discoveredConfig !== undefined) return advise('Add the file above. To plan again, comment:', '/plan')
  const idle = plan.apps.every(({ changes, drift }) => changes.length === 0 && drift.every(isKept))
  if (idle) return advise('Merging changes nothing on the cluster. To plan again, comment:', '/plan')
  return advise('Merging applies this plan. To plan again, comment:', '/plan')
}

/** The apps whose risks somebody is asked to accept. */
function askedApps(plan: Plan): readonly string[] {
  return plan.apps.filter((app) => countRisks(app) + countUnconfirmed(app) > 0).map((app) => app.name)
}

function isOnlyUnconfirmed(plan: Plan): boolean {
  return plan.apps.every((app) => countRisks(app) === 0) && plan.apps.some((app) => countUnconfirmed(app) > 0)
}

function isKept(drift: Drift): boolean {
  return drift.onSync === 'kept'
}

function advise(words: string, command: string): string {
  return `**Next:** ${words}\n\n${fenced(command, '')}`
}

/** The plan as Markdown without marker and next step, uncut, for `-o markdown`. Seen from `now`, ISO 8601. */
export function planMarkdown(plan: Plan, options: { readonly now?: string } = {}): string {
  const { sign, words } = headline(plan)
  const base = plan.base ? ` compared with ${code(short(plan.base))}` : ''
  const head = [paragraph(`### ${sign} ${capital(words)}`), paragraph(`${code(short(plan.head))}${base}`)]
  const body = isIdle(plan) ? [idleNotes(plan)] : planBody(plan, { all: true, now: options.now })
  return `${compose([...head, ...body], Number.POSITIVE_INFINITY)}\n`
}
