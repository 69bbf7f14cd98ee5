import type { Change, Risk } from '../model/change.ts'

/** The risks of a change that nobody accepted yet. */
export function openRisks(change: Change): readonly Risk[] {
  return change.risks.filter((risk) => !change.accepted?.some((each) => each.risk === risk))
}

/** Is this a deletion that is left out of the sync until somebody confirmed it? Its other risks hold nothing meanwhile. */
export function isUnconfirmed(change: Change): boolean {
  return openRisks(change).includes('unconfirmed')
}

/** Does this change hold the sync of its app? */
export function holdsSync(change: Change): boolean {
  return openRisks(change).length > 0 && !isUnconfirmed(change)
}
