import { createHash } from 'node:crypto'
import type { Problem } from '../model/errors.ts'
import type { AppPlan, Conclusion, Plan } from '../model/plan.ts'
import { openRisks } from './open-risks.ts'

/** What a plan comes to: an error or a denial fails it, a risk that nobody accepted asks for a person. */
export function concludeApp(app: AppPlan): Conclusion {
  if (app.errors.length > 0 || app.policies.some((verdict) => verdict.severity === 'deny')) return 'failure'
  const asks = [...app.changes, ...(app.undone ?? [])].some((change) => openRisks(change).length > 0)
  return asks ? 'action_required' : 'success'
}

/** The worst of several conclusions; of none: success. */
export function worst(conclusions: readonly Conclusion[]): Conclusion {
  if (conclusions.includes('failure')) return 'failure'
  return conclusions.includes('action_required') ? 'action_required' : 'success'
}

/** What the plan of all apps comes to: an error that concerns no single app fails it too. */
export function concludePlan(plan: Pick<Plan, 'apps' | 'errors'>): Conclusion {
  return (plan.errors ?? []).length > 0 ? 'failure' : worst(plan.apps.map(concludeApp))
}

/** Puts the plans of apps together into the plan document. */
export function assemblePlan(parts: {
  readonly head: string
  readonly base?: string | undefined
  readonly apps: readonly AppPlan[]
  readonly errors?: readonly Problem[]
  readonly notes?: readonly string[]
}): Plan {
  const apps = [...parts.apps].sort((one, other) => (one.name < other.name ? -1 : 1))
  const errors = parts.errors ?? []
  const hash = createHash('sha256')
  for (const app of apps)
    hash.update(`${app.cluster}\n${app.clusterUID ?? ''}\n${app.name}\n${app.digest ?? 'unknown'}\n`)
  return {
    apiVersion: 'drydock.dev/v1',
    kind: 'Plan',
    head: parts.head,
    ...(parts.base ? { base: parts.base } : {}),
    digest: `sha256:${hash.digest('hex')}`,
    conclusion: concludePlan({ apps, errors }),
    apps,
    ...(errors.length > 0 ? { errors } : {}),
    ...(parts.notes && parts.notes.length > 0 ? { notes: parts.notes } : {}),
  }
}

/** Does anything remain to be done: a change, or drift that a sync restores? */
export function hasWork(plan: Plan): boolean {
  return plan.apps.some((app) => app.changes.length > 0 || app.drift.some((drift) => drift.onSync === 'restored'))
}
