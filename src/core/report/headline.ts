import type { AppPlan, Plan } from '../model/plan.ts'
import { driftHeadline } from './drift.ts'
import { changesOf, count, countAccepted, countActions, countRisks, countUnconfirmed, denialsOf } from './words.ts'

/** The verdict of a plan: the sign that goes with it, and the words without any markup. */
export type Headline = { readonly sign: '✅' | '⚠️' | '❌'; readonly words: string }

/** Says in one line what the plan comes to. An error or a denial is never shown as a success. */
export function headline(plan: Plan): Headline {
  const troubles = [errorWords(plan), denialWords(plan.apps)].filter((part) => part !== '')
  const sum = (of: (app: AppPlan) => number) => plan.apps.reduce((all, app) => all + of(app), 0)
  const [risky, unconfirmed, accepted] = [sum(countRisks), sum(countUnconfirmed), sum(countAccepted)]
  const parts = [
    ...troubles,
    ...(plan.conclusion === 'failure' && troubles.length === 0 ? ['refused'] : []),
    ...changeWords(plan, troubles.length > 0),
    ...(risky > 0 ? [count(risky, 'risk')] : []),
    ...(plan.conclusion === 'action_required' && (risky > 0 || unconfirmed === 0) ? ['needs approval'] : []),
    ...(unconfirmed > 0 ? [`${count(unconfirmed, 'deletion waits', 'deletions wait')} for a confirmation`] : []),
    ...(accepted > 0 ? [`${count(accepted, 'risk')} accepted`] : []),
    ...[driftHeadline(plan.apps.flatMap((app) => app.drift))].filter((words) => words !== ''),
  ]
  return { sign: signOf(plan, troubles.length > 0, risky + unconfirmed > 0), words: parts.join(' · ') }
}

function signOf(plan: Plan, troubled: boolean, risky: boolean): Headline['sign'] {
  if (troubled || plan.conclusion === 'failure') return '❌'
  return plan.conclusion === 'action_required' || risky ? '⚠️' : '✅'
}

function changeWords(plan: Plan, troubled: boolean): readonly string[] {
  const changed = plan.apps.filter((app) => app.changes.length > 0)
  if (changed.length > 0) {
    const where = plan.apps.length > 1 ? ` in ${count(changed.length, 'app')}` : ''
    return [`${countActions(changesOf(plan))}${where}`]
  }
  // With a failure "no changes" would be a guess.
  return troubled || plan.conclusion === 'failure' ? [] : ['no changes']
}

function errorWords(plan: Plan): string {
  const failed = plan.apps.filter((app) => app.errors.length > 0)
  if (plan.errors && plan.errors.length > 0) {
    return count(plan.errors.length + failed.flatMap((app) => app.errors).length, 'error')
  }
  if (failed.length === 0) return ''
  if (plan.apps.length === 1) return count(failed.flatMap((app) => app.errors).length, 'error')
  return `${count(failed.flatMap((app) => app.errors).length, 'error')} in ${failed.length} of ${count(plan.apps.length, 'app')}`
}

function denialWords(apps: readonly AppPlan[]): string {
  const denials = apps.flatMap((app) => denialsOf(app.policies)).length
  return denials === 0 ? '' : `refused by policy (${count(denials, 'denial')})`
}

/** One app as a plan of its own, so that it is judged and shown by the same code. */
export function planOfApp(app: AppPlan): Plan {
  const failed = app.errors.length > 0 || denialsOf(app.policies).length > 0
  return {
    apiVersion: 'drydock.dev/v1',
    kind: 'Plan',
    head: '',
    digest: app.digest ?? '',
    conclusion: failed ? 'failure' : 'success',
    apps: [app],
  }
}
