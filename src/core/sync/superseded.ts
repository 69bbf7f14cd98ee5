import { problem } from '../model/errors.ts'
import type { SyncOutcome } from '../model/outcome.ts'

/** The sync that came instead. */
type Newer = { readonly number?: number; readonly revision: string; readonly outcome: SyncOutcome }

/** The end of a sync that a newer one of its app took the place of. */
export function superseded(outcome: SyncOutcome, newer: Newer): SyncOutcome {
  const by = newer.number === undefined ? newer.revision.slice(0, 7) : `#${newer.number}`
  const then = newer.outcome.state === 'held' ? 'holds the app' : 'is synced instead'
  const { heldBy: _heldBy, phase: _phase, waiting: _waiting, ...rest } = outcome
  return { ...rest, state: 'superseded', problems: [problem('superseded', `${by} came after it and ${then}.`)] }
}
