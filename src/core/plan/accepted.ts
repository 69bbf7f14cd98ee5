import type { Change } from '../model/change.ts'
import type { AppPlan, Plan } from '../model/plan.ts'
import { riskKey } from '../policy/authorise.ts'
import { concludePlan } from './plan.ts'

/** Somebody accepted the risk of this key. */
type Acceptance = { readonly key: string; readonly by: string }

/** The plan with the risks marked that were accepted, judged by those that are left. What was accepted twice is the first one's. */
export function withAccepted(plan: Plan, approvals: readonly Acceptance[]): Plan {
  const by = new Map<string, string>()
  for (const each of approvals) if (!by.has(each.key)) by.set(each.key, each.by)
  if (by.size === 0) return plan
  const apps = plan.apps.map(
    (app): AppPlan => ({ ...app, changes: app.changes.map((change) => mark(app, change, by)) }),
  )
  const marked = { ...plan, apps }
  return { ...marked, conclusion: concludePlan(marked) }
}

function mark(app: AppPlan, change: Change, by: ReadonlyMap<string, string>): Change {
  const accepted = change.risks.flatMap((risk) => {
    const who = by.get(riskKey(app, change, risk))
    return who === undefined ? [] : [{ risk, by: who }]
  })
  return accepted.length > 0 ? { ...change, accepted } : change
}
