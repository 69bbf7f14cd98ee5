import type { Plan } from '../model/plan.ts'
import { code, text } from './escape.ts'
import { headline } from './headline.ts'
import { isIdle } from './plan-body.ts'
import { capital, short } from './words.ts'

/** The final answer to `/plan`: what the plan comes to, which the comment of the pull request shows in full. */
export function plannedAnswer(plan: Plan): string {
  const { sign, words } = headline(plan)
  const where = plan.apps.length > 0 && !isIdle(plan) ? ' The comment of this pull request shows it.' : ''
  return `${sign} Planned ${code(short(plan.head))}: ${text(capital(words))}.${where}`
}
