import type { ObjectOutcome, SyncOutcome } from '../model/outcome.ts'
import type { Plan } from '../model/plan.ts'
import { identityOf } from '../model/reference.ts'
import { row } from './app-table.ts'
import { objectText } from './change-lines.ts'
import { compose, type Piece, PRIORITY, paragraph, type Section, sizeOf } from './compose.ts'
import { cellCode, cellText, code, html, markerLine, text } from './escape.ts'
import { problemLines } from './findings.ts'
import { hookWords } from './marks.ts'
import { isQuiet, planBody } from './plan-body.ts'
import { COMMENT_BUDGET } from './plan-comment.ts'
import { heldWords, mentionOf, nextSteps, rollbackLines, takenBackLines } from './sync-next.ts'
import { byUrgency, countResults, doingWords, PHASE_WORDS, RESULTS, syncHeadline } from './sync-words.ts'
import { duration, moment } from './time.ts'
import { count, short } from './words.ts'

/** What the comment of a sync is made from. */
export type SyncView = {
  readonly outcomes: readonly SyncOutcome[]
  readonly number: number
  /** The commit that is synced. */
  readonly revision: string
  readonly branch: string
  /** Who merged. */
  readonly actor: string
  /** The plan that was merged; shown folded. */
  readonly plan?: Plan
  /** When that plan was made, ISO 8601. */
  readonly plannedAt?: string
  readonly marker: string
  /** In bytes; default 60,000. */
  readonly budget?: number
}

/** How many objects with one result are listed one by one; more are listed by kind. */
const MANY = 12

/** The pull request's comment after the merge: the log of the sync, failures first, the plan folded at its end. */
export function syncComment(view: SyncView): string {
  const { sign, words } = syncHeadline(view.outcomes)
  const outcomes = byUrgency(view.outcomes)
  const marker = `${markerLine(view.marker)}\n`
  const sections = [
    paragraph(`### ${sign} ${words}`),
    paragraph(`${code(short(view.revision))} of ${code(view.branch, 255)} · merged by ${merger(view)}`),
    ...(outcomes.length > 0 ? [table(outcomes)] : []),
    ...outcomes.map(appSection),
    ...nextSteps(outcomes),
  ]
  const budget = (view.budget ?? COMMENT_BUDGET) - sizeOf(marker)
  const log = compose(sections, budget)
  return marker + log + foldedPlan(view, budget - sizeOf(log))
}

/** Who merged is called when a sync failed, and only then; nobody else ever is. */
function merger({ outcomes, actor }: SyncView): string {
  const called = outcomes.some(({ state }) => state === 'failed') ? mentionOf(actor) : undefined
  return called ?? code(actor, 100)
}

function table(outcomes: readonly SyncOutcome[]): Section {
  return {
    open: `${row(['App → cluster', 'State', 'Objects', 'Time'])}\n${row(['---', '---', '---', '--:'])}\n`,
    pieces: outcomes.map((outcome) => ({
      text: row([
        `${cellCode(outcome.app)} → ${cellCode(outcome.cluster)}`,
        stateCell(outcome),
        countResults(outcome.objects) || '–',
        outcome.durationMs === undefined ? '–' : duration(outcome.durationMs),
      ]),
      priority: PRIORITY.table,
      about: [outcome.app],
    })),
    more: (left) => `\n\n${count(left, 'more app')} are in the deployments of this commit.`,
  }
}

function stateCell(outcome: SyncOutcome): string {
  const { state, phase, waiting = [], problems } = outcome
  if (state === 'succeeded') return doneCell(outcome)
  if (state === 'superseded') return '⏩ superseded'
  if (state === 'queued') return '⏳ queued'
  if (state === 'failed' || state === 'held') {
    const why = problems[0] ? `: ${cellText(problems[0].message, 160)}` : ''
    const until = outcome.heldBy?.until === undefined ? '' : ` until ${cellText(moment(outcome.heldBy.until), 40)}`
    return `${state === 'failed' ? `❌ failed${backCell(outcome)}` : `⏸ held${until}`}${why}`
  }
  const rest = waiting.length > 1 ? ` and ${waiting.length - 1} more` : ''
  const why = waiting[0] === undefined ? '' : `: ${cellText(waiting[0], 160)}${rest}`
  return `⏳ ${phase === undefined ? 'running' : PHASE_WORDS[phase]}${why}`
}

/** How the row of a sync that ended well says so. */
export function doneCell({ takenBack, revision }: SyncOutcome): string {
  return takenBack ? `⏪ back at ${cellCode(short(revision), 100)}` : '✅ synced'
}

function backCell({ rolledBack }: SyncOutcome): string {
  if (!rolledBack) return ''
  const to = cellCode(short(rolledBack.to), 100)
  return rolledBack.state === 'succeeded' ? `, back at ${to}` : `, not back at ${to}`
}

/** Everything about one app's sync: problems first, then each object's result. */
export function appSection(outcome: SyncOutcome): Section {
  const { app, cluster, state, problems, waiting = [], objects } = outcome
  const held = heldWords(outcome)
  const pieces = [
    ...takenBackLines(outcome).map((line) => piece(`- ⏪ ${line}`, PRIORITY.error, ['taken back'])),
    ...(held === '' ? [] : [piece(`- ⏸ ${text(held)}`, PRIORITY.error, ['hold'])]),
    ...rollbackLines(outcome).map((line, index) => piece(`- ⏪ ${text(line)}`, PRIORITY.error, [`rollback ${index}`])),
    ...problems.map((problem, index) => piece(problemLines(problem), PRIORITY.error, [`problem ${index}`])),
    ...waiting.map((each) => piece(`- ${doingWords(outcome)} ${text(each)}`, PRIORITY.line, [each])),
    ...RESULTS.flatMap((result) => resultPieces(inOrder(objects.filter((object) => object.result === result)))),
  ]
  const unfolded = state === 'failed' || state === 'held' ? ' open' : ''
  return {
    name: `app ${code(app, 100)}`,
    open: `<details${unfolded}><summary><b>${html(app, 100)}</b> → ${html(cluster, 100)} · ${countResults(objects) || state}</summary>\n\n`,
    pieces,
    more: (left) => `\n\n${count(left, 'more object')} can't be shown here.`,
    close: '\n\n</details>',
  }
}

/** Requests end in any order; two logs of one thing should read the same. */
function inOrder(objects: readonly ObjectOutcome[]): readonly ObjectOutcome[] {
  return [...objects].sort((one, other) => (identityOf(one) < identityOf(other) ? -1 : 1))
}

function resultPieces(objects: readonly ObjectOutcome[]): readonly Piece[] {
  const [first] = objects
  if (!first) return []
  const priority = first.result === 'failed' || first.result === 'kept' ? PRIORITY.error : PRIORITY.line
  const few = objects.length <= MANY && first.result !== 'unchanged'
  const { alone = [], together = [] } = Object.groupBy(objects, ({ message, hook }) =>
    few || hook !== undefined || message !== undefined ? 'alone' : 'together',
  )
  const byKind = Map.groupBy(together, (object) => object.kind)
  return [
    ...alone.map((object) => piece(objectLine(object), priority, [identityOf(object)])),
    ...[...byKind].map(([kind, members]) =>
      piece(
        `- **${first.result}** ${members.length} × ${text(kind, 100)}: ${members.map((object) => code(nameOf(object))).join(', ')}`,
        PRIORITY.finding,
        members.map(identityOf),
      ),
    ),
  ]
}

function objectLine(object: ObjectOutcome): string {
  const took = object.durationMs === undefined || object.durationMs < 1000 ? '' : ` (${duration(object.durationMs)})`
  const why = object.message === undefined ? '' : `: ${text(object.message, 1000)}`
  const hook = object.hook === undefined ? '' : ` · ${hookWords([object.hook])}`
  return `- **${object.result}** ${objectText(object)}${hook}${took}${why}`
}

function nameOf({ namespace, name }: ObjectOutcome): string {
  return namespace ? `${namespace}/${name}` : name
}

function piece(line: string, priority: number, about: readonly string[]): Piece {
  return { text: line, priority, about }
}

function foldedPlan({ plan, plannedAt }: SyncView, room: number): string {
  if (!plan || isQuiet(plan)) return ''
  const open = `\n\n<details><summary>The plan of ${html(short(plan.head))}, as it was before the merge</summary>\n\n`
  const close = '\n\n</details>'
  const body = compose(planBody(plan, { now: plannedAt }), room - sizeOf(open) - sizeOf(close))
  return body === '' ? '' : `${open}${body}${close}`
}
