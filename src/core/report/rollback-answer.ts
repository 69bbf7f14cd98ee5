import type { SyncOutcome } from '../model/outcome.ts'
import type { AppPlan, Plan } from '../model/plan.ts'
import { describeReference } from '../model/reference.ts'
import { assemblePlan } from '../plan/plan.ts'
import { losesData } from '../policy/authorise.ts'
import type { TakenAlong } from '../sync/going-back.ts'
import { problemText } from './answers.ts'
import { compose, paragraph } from './compose.ts'
import { code, fenced, text } from './escape.ts'
import { planBody } from './plan-body.ts'
import { duration } from './time.ts'
import { count, short, toCopy } from './words.ts'

/** An app that goes back. */
export type GoingBack = {
  readonly app: string
  /** The revision that it goes back to. */
  readonly to: string
  /** Whose changes of the app go back as well. */
  readonly also: TakenAlong
}

/** An app that went back, or did not. */
export type WentBack = GoingBack & {
  readonly outcome: SyncOutcome
  /** What it would have done, where it waits for somebody to accept its risks. */
  readonly plan?: AppPlan | undefined
}

/** The pull request that makes Git say the same, or why there is none. */
export type RevertNews = { readonly number?: number; readonly notes: readonly string[] }

/** An answer is a comment of its own, in bytes. */
const BUDGET = 50_000

/** What is said before anything is done. */
export function goingBackAnswer(apps: readonly GoingBack[]): string {
  const lines = apps.map((each) => `⏳ ${code(each.app, 100)} goes back to ${code(short(each.to))}.${alsoWords(each)}`)
  return [...lines, '', 'How far it is stands in the comment of this pull request.'].join('\n')
}

/** What `--dry-run` shows. */
export function wouldGoBackAnswer(plan: Plan, apps: readonly GoingBack[]): string {
  const lines = apps.map((each) => `${code(each.app, 100)} would go back to ${code(short(each.to))}.${alsoWords(each)}`)
  const names = apps.map(({ app }) => app)
  return compose(
    [
      paragraph(lines.join('\n')),
      ...planBody({ ...plan, apps: plan.apps.map(asCarriedOut) }),
      paragraph(`Nothing was changed. To do it, comment:\n\n${fenced(toCopy('rollback', names), '')}`),
    ],
    BUDGET,
  )
}

/** The final answer, once every app of the command is done or waits. */
export function wentBackAnswer(apps: readonly WentBack[], revert: RevertNews): string {
  const lines = apps.flatMap((each) => [resultLine(each), ...leftLines(each)])
  const news = [
    ...(revert.number === undefined
      ? []
      : [`The revert is #${revert.number}: merging it makes Git say the same, and ends the hold.`]),
    ...revert.notes.map((note) => text(note, 2_000)),
  ]
  const plans = apps.flatMap(({ plan }) => plan ?? [])
  const waiting = apps.filter(({ outcome }) => outcome.state === 'held' && outcome.heldBy?.kind === 'risk')
  return compose(
    [
      paragraph(lines.join('\n')),
      ...(news.length > 0 ? [paragraph(news.join('\n\n'))] : []),
      ...(plans.length > 0 ? planBody(assemblePlan({ head: apps[0]?.to ?? '', apps: plans.map(asCarriedOut) })) : []),
      ...(waiting.length > 0
        ? [
            paragraph(
              `To go back all the same, comment:\n\n${fenced(
                toCopy(
                  'approve',
                  waiting.map(({ app }) => app),
                ),
                '',
              )}`,
            ),
          ]
        : []),
    ],
    BUDGET,
  )
}

function resultLine(each: WentBack): string {
  const { outcome } = each
  const [name, to] = [code(each.app, 100), code(short(each.to))]
  const [why] = outcome.problems
  const because = why ? ` ${problemText(why)}` : ''
  const took = outcome.durationMs === undefined ? '' : ` after ${duration(outcome.durationMs)}`
  switch (outcome.state) {
    case 'succeeded':
      return `- ✅ ${name} is back at ${to}, healthy${took}, and held there: later merges of it wait.${alsoWords(each)}`
    case 'held':
      return outcome.heldBy?.kind === 'risk'
        ? `- ⏸ ${name} did not go back to ${to} yet: something can't be taken back, or would be lost. Nothing was changed.${alsoWords(each)}`
        : `- ⏸ ${name} did not go back to ${to} yet.${because}`
    case 'superseded':
      return `- ⏩ ${name} did not go back to ${to}.${because}`
    default: {
      const started = outcome.objects.length > 0
      const state = started
        ? ' What is live now may be a mixture of both revisions, and is held.'
        : ' Nothing was changed.'
      return `- ❌ ${name} could not go back to ${to}.${because}${state}`
    }
  }
}

function leftLines({ outcome }: WentBack): readonly string[] {
  const kept = outcome.objects.filter(({ result }) => result === 'kept')
  if (kept.length === 0 || outcome.state !== 'succeeded') return []
  const names = kept.slice(0, 10).map((object) => text(describeReference(object), 300))
  const rest = kept.length > names.length ? ` and ${count(kept.length - names.length, 'more object')}` : ''
  return [`  - Left there, because something would be lost with it: ${names.join(', ')}${rest}.`]
}

function alsoWords({ also: { numbers, pushes } }: GoingBack): string {
  const names = numbers.slice(0, 20).map((number) => `#${number}`)
  const all = [
    ...names,
    ...(numbers.length > names.length ? [`${numbers.length - names.length} more`] : []),
    ...(pushes > 0 ? [count(pushes, 'direct push', 'direct pushes')] : []),
  ]
  if (all.length === 0) return ''
  return ` This takes back what ${all.join(', ')} changed in it, too.`
}

/** The plan as it is carried out: what would be lost with its data is left where it is. */
function asCarriedOut(plan: AppPlan): AppPlan {
  const stays = plan.changes.filter((change) => change.risks.some((risk) => losesData(change, risk)))
  if (stays.length === 0) return plan
  const notes = stays.map(
    (change) => `${describeReference(change)} is left there, because something would be lost with it.`,
  )
  return {
    ...plan,
    changes: plan.changes.filter((change) => !stays.includes(change)),
    notes: [...(plan.notes ?? []), ...notes],
  }
}
