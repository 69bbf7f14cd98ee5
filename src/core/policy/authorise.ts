import { riskWords } from '../model/change.ts'
import { type Problem, problem } from '../model/errors.ts'
import type { AppPlan } from '../model/plan.ts'
import { describeReference, identityOf } from '../model/reference.ts'

declare const authorised: unique symbol

/**
 * A plan of one app that may be carried out. Only {@link authorise} makes one, and the only code that writes to a
 * cluster takes nothing else.
 */
export type AuthorisedPlan = {
  readonly [authorised]: true
  readonly plan: AppPlan
  readonly clusterUID: string
  /** Why it was allowed, for the audit. */
  readonly allowedBy: string
}

/** What a person has seen and accepted of a plan. */
export type Reviewed = {
  /** The plan shown before the merge, if there was one. */
  readonly plan?: AppPlan
  /** `true`: somebody with the right to do so accepted the risks of exactly this plan. */
  readonly risksAccepted: boolean
  readonly by: string
}

/** The risks of a plan, one for each object; the key is the same in two plans that risk the same. */
function risksOf(plan: AppPlan) {
  return plan.changes.flatMap((change) =>
    change.risks.map((risk) => ({ key: `${risk} ${identityOf(change)}`, risk, change })),
  )
}

/**
 * Judges a plan right before it is carried out. An error or a denial refuses; so does a risk that was not accepted:
 * showing a risk is not accepting it, and one that was not even shown is named as new.
 */
export function authorise(
  plan: AppPlan,
  reviewed: Reviewed,
): { readonly authorised: AuthorisedPlan } | { readonly refused: readonly Problem[] } {
  if (plan.errors.length > 0) return { refused: plan.errors }
  const denials = plan.policies.filter((verdict) => verdict.severity === 'deny')
  if (denials.length > 0) {
    return {
      refused: denials.map((verdict) =>
        problem('held', `${verdict.policy}: ${verdict.message}`, { source: verdict.source }),
      ),
    }
  }
  if (plan.clusterUID === undefined)
    return { refused: [problem('cluster-unreachable', 'The cluster did not say who it is.')] }
  const meant = reviewed.plan?.clusterUID
  if (meant !== undefined && meant !== plan.clusterUID) {
    const hint = 'If this is meant, run `npx drydock sync` from a checkout of this commit.'
    const message = `${plan.name} was reviewed for another cluster than the one that "${plan.cluster}" is now.`
    return { refused: [problem('held', message, { hint })] }
  }
  const risks = risksOf(plan)
  if (risks.length > 0 && !reviewed.risksAccepted) {
    const shown = new Set((reviewed.plan ? risksOf(reviewed.plan) : []).map((each) => each.key))
    const hint = 'Run `npx drydock sync --accept-risks` from a checkout of this commit, or change the manifest.'
    return {
      refused: risks.map(({ key, risk, change }) => {
        const seen = shown.has(key) ? 'a person has to accept it' : 'nobody reviewed it'
        return problem('held', `${describeReference(change)}: ${riskWords[risk]}; ${seen}.`, {
          source: change.source,
          hint,
        })
      }),
    }
  }
  const allowed = { plan, clusterUID: plan.clusterUID, allowedBy: reviewed.by }
  return { authorised: allowed as unknown as AuthorisedPlan }
}
