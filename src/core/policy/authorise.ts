import { createHash } from 'node:crypto'
import { type Change, type Risk, riskWords } from '../model/change.ts'
import { type Problem, problem } from '../model/errors.ts'
import type { AppPlan } from '../model/plan.ts'
import { describeReference, identityOf } from '../model/reference.ts'
import { lasting } from '../plan/consequences.ts'

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
  /** Deletions that nobody confirmed yet: not in the plan any more, so that they can't be carried out. */
  readonly unconfirmed: readonly Change[]
}

/** What a person has seen and accepted of a plan. */
export type Reviewed = {
  /** The plan shown before the merge, if there was one. */
  readonly plan?: AppPlan
  /** The risks that somebody with the right to do so accepted, by {@link riskKey}; `all`: those of exactly this plan. */
  readonly accepted: 'all' | ReadonlySet<string>
  readonly by: string
  /** `true`: a deletion that loses something and that nobody accepted is left out, and the rest goes ahead. */
  readonly keepsRisky?: boolean
}

/**
 * Digest of one finding, by which it is accepted: the same in two plans that risk the same thing on the same cluster. What
 * goes with a deletion belongs to it, so that a volume that nobody saw is a new finding; so do the fields for which an
 * object is replaced.
 */
export function riskKey(
  plan: Pick<AppPlan, 'name' | 'cluster' | 'clusterUID' | 'backTo'>,
  change: Change,
  risk: Risk,
): string {
  const lost = [...lasting(change.consequences ?? [])].sort()
  const fields = risk === 'immutable' ? change.fields.map((field) => field.path).sort() : []
  const back = plan.backTo === undefined ? [] : [{ backTo: plan.backTo }]
  const about = [...back, plan.name, plan.cluster, plan.clusterUID ?? '', risk, change.action, identityOf(change)]
  const parts = fields.length > 0 ? [...about, lost, fields] : [...about, ...lost]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** The risks of an app's plan by {@link riskKey}, accepted or not. */
export function riskKeys(
  plan: AppPlan,
): readonly { readonly key: string; readonly risk: Risk; readonly change: Change }[] {
  return [...plan.changes, ...(plan.undone ?? [])].flatMap((change) =>
    change.risks.map((risk) => ({ key: riskKey(plan, change, risk), risk, change })),
  )
}

/** Is this a deletion that loses something? That there are many of them is no loss of one. */
export function losesData({ action }: Pick<Change, 'action'>, risk: Risk): boolean {
  return action === 'delete' && risk !== 'mass-prune'
}

/** Why a plan may not be carried out; `by`: what the sync is held by, where a person can end that. */
type Refused = { readonly refused: readonly Problem[]; readonly by: 'risk' | 'disagreement' }

/**
 * Judges a plan right before it is carried out. An error or a denial refuses; so does a risk that was not accepted:
 * showing a risk is not accepting it, and one that was not even shown is named as new.
 */
export function authorise(plan: AppPlan, reviewed: Reviewed): { readonly authorised: AuthorisedPlan } | Refused {
  if (plan.errors.length > 0) return { refused: plan.errors, by: 'risk' }
  const denials = plan.policies.filter((verdict) => verdict.severity === 'deny')
  if (denials.length > 0) {
    return {
      refused: denials.map((verdict) =>
        problem('held', `${verdict.policy}: ${verdict.message}`, { source: verdict.source }),
      ),
      by: 'risk',
    }
  }
  if (plan.clusterUID === undefined)
    return { refused: [problem('cluster-unreachable', 'The cluster did not say who it is.')], by: 'disagreement' }
  const meant = reviewed.plan?.clusterUID
  if (meant !== undefined && meant !== plan.clusterUID) {
    const hint = 'If this is meant, run `npx drydock sync` from a checkout of this commit.'
    const message = `${plan.name} was reviewed for another cluster than the one that "${plan.cluster}" is now.`
    return { refused: [problem('held', message, { hint })], by: 'disagreement' }
  }
  const { accepted } = reviewed
  const risks = riskKeys(plan).filter(({ key }) => accepted !== 'all' && !accepted.has(key))
  const unconfirmed = risks.flatMap(({ risk, change }) =>
    risk === 'unconfirmed' || (reviewed.keepsRisky && losesData(change, risk)) ? [change] : [],
  )
  // What waits for its confirmation is not carried out: no other risk of it is run.
  const open = risks.filter(({ change }) => !unconfirmed.includes(change))
  if (open.length > 0) {
    const shown = new Set((reviewed.plan ? riskKeys(reviewed.plan) : []).map((each) => each.key))
    const hint =
      'Comment `/approve` on the pull request, or run `npx drydock sync --accept-risks` from a checkout of this commit.'
    return {
      refused: open.map(({ key, risk, change }) => {
        const seen = shown.has(key) ? 'a person has to accept it' : 'nobody reviewed it'
        return problem('held', `${describeReference(change)}: ${riskWords[risk]}; ${seen}.`, {
          source: change.source,
          hint,
        })
      }),
      by: 'risk',
    }
  }
  const allowed = {
    plan: { ...plan, changes: plan.changes.filter((change) => !unconfirmed.includes(change)) },
    clusterUID: plan.clusterUID,
    allowedBy: reviewed.by,
    unconfirmed,
  }
  return { authorised: allowed as unknown as AuthorisedPlan }
}
