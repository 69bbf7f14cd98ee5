import type { Case } from '../case.ts'
import type { Member } from '../members.ts'

import type { Body } from '../template.ts'
import { drawn } from './fields.ts'
import type { Snapshot } from './judge.ts'
import { equal, leaves, stripped } from './raw.ts'

/**
 * Objects that the commit leaves alone, and that only kubectl and its like changed, are after a sync with selfHeal what
 * they were after the first sync: neither plan nor ownership is asked about it.
 */
export function judgeHealed(
  members: readonly Member[],
  { mutations, managers }: Case,
  start: Snapshot,
  after: Snapshot,
  /** An object of which the plan says that it does not know what others added is not healed. */
  notes: readonly string[],
): readonly string[] {
  // Managers whose additions are drift.
  const taken = managers ? /./ : /^kubectl|^before-first-apply$/
  const spoilt = new Set(
    mutations
      .filter(({ how, manager }) => how === 'strip' || how === 'unlabel' || !taken.test(manager))
      .map(({ target }) => members[target % members.length]?.key),
  )
  return members
    .filter(({ subject }) => subject.presence === 'both' && !subject.adopted)
    .filter(
      ({ key, base, head }) =>
        !spoilt.has(key) && equal(base, head) && !notes.some((note) => note.includes(key.split(' ').at(-1) ?? key)),
    )
    .flatMap(({ key }) => {
      const [was, is] = [start.get(key), after.get(key)]
      if (!was || !is) return is ? [] : [`${key}: is gone after healing`]
      return leaves(spec(was), spec(is)).map((each) => `${key}: not healed: ${each}`)
    })
}

/** Labels and annotations that others add are no drift. */
function spec(live: Body): unknown {
  const { metadata: _, ...rest } = stripped(live)
  return drawn(rest)
}
