import { withoutContext } from '../diff/hunks.ts'
import type { Change } from '../model/change.ts'
import type { AppPlan } from '../model/plan.ts'
import { identityOf } from '../model/reference.ts'
import { objectText } from './change-lines.ts'
import { type Piece, PRIORITY } from './compose.ts'
import { fenced } from './escape.ts'
import { groupChanges } from './groups.ts'
import { verbOf } from './marks.ts'
import { count } from './words.ts'

/** The hunks of an app's changes, equal ones once; new objects only while they are few, unless `all`. */
export function changeHunks(app: AppPlan, options: { readonly all: boolean }): readonly Piece[] {
  return groupChanges(app.changes).flatMap((group) => {
    if (group.by === 'kind') return options.all ? group.changes.flatMap((change) => hunkOf(change, [change])) : []
    return hunkOf(group.changes[0], group.changes)
  })
}

function hunkOf(change: Change, group: readonly Change[]): readonly Piece[] {
  if (!change.hunks) return []
  const others = group.length > 1 ? ` and the same on ${count(group.length - 1, 'other object')}` : ''
  const title = `\n**${verbOf(change)}** ${objectText(change)}${others}`
  const whole = `${title}\n\n${fenced(change.hunks, 'diff')}`
  const bare = withoutContext(change.hunks)
  const piece = { priority: hunkPriority(change), about: group.map(identityOf) }
  if (bare === change.hunks) return [{ ...piece, text: whole }]
  const text = `${title}, without the lines around it\n\n${fenced(bare, 'diff')}`
  return [{ ...piece, text, fuller: { text: whole, priority: PRIORITY.context } }]
}

function hunkPriority(change: Change): number {
  if (change.risks.length > 0) return PRIORITY.riskyHunk
  if (change.action === 'create') return PRIORITY.createdHunk
  return change.action === 'delete' ? PRIORITY.deletedHunk : PRIORITY.hunk
}
