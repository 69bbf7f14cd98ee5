import type { Action, Change } from '../model/change.ts'
import { stringifyJson } from '../model/json.ts'
import { identityOf } from '../model/reference.ts'
import { marksOf } from './marks.ts'
import { ownRisks } from './words.ts'

/** Changes that read as one: the same meaning on many objects, or many new objects of one kind. */
export type ChangeGroup = {
  readonly action: Action
  readonly changes: readonly [Change, ...Change[]]
  /** `same`: equal in every word and field; `kind`: only action and kind are equal. */
  readonly by: 'object' | 'same' | 'kind'
}

const SAME_FROM = 3

/** From how many new (or deleted, or adopted) objects of one app on they are listed by kind, without hunks. */
const MANY = 13

/** Groups the changes of one app; what is risky or remarkable always stands alone. Order is that of the plan. */
export function groupChanges(changes: readonly Change[]): readonly ChangeGroup[] {
  const crowded = new Set(
    (['create', 'delete', 'adopt'] as const).filter(
      (action) => changes.filter((change) => change.action === action && !change.hook).length >= MANY,
    ),
  )
  const groups = new Map<string, { by: ChangeGroup['by']; changes: [Change, ...Change[]] }>()
  for (const change of changes) {
    const { by, key } = keyOf(change, crowded)
    const group = groups.get(key)
    if (group) group.changes.push(change)
    else groups.set(key, { by, changes: [change] })
  }
  return [...groups.values()].flatMap(({ by, changes: members }): readonly ChangeGroup[] => {
    if (by === 'kind' || (by === 'same' && members.length >= SAME_FROM)) {
      return [{ action: members[0].action, by, changes: members }]
    }
    return members.map((change) => ({ action: change.action, by: 'object', changes: [change] }))
  })
}

function keyOf(change: Change, crowded: ReadonlySet<Action>): { by: ChangeGroup['by']; key: string } {
  if (isRemarkable(change)) return { by: 'object', key: `object ${identityOf(change)}` }
  if (crowded.has(change.action)) {
    return {
      by: 'kind',
      key: `kind ${stringifyJson([change.action, change.kind, change.apiVersion, change.previewReason, marksOf(change)])}`,
    }
  }
  if (change.action !== 'update' || change.fields.length === 0) {
    return { by: 'object', key: `object ${identityOf(change)}` }
  }
  const fields = change.fields.map(({ path, before, after }) => ({ path, before, after }))
  return { by: 'same', key: `same ${stringifyJson([change.action, change.summary, fields, marksOf(change)])}` }
}

/** Is there more to say of this change than its meaning, so that it stands alone? */
export function isRemarkable(change: Change): boolean {
  return (
    change.hook !== undefined ||
    ownRisks(change).length > 0 ||
    // New objects in a new namespace are the rule in a first plan: the group says it once.
    (change.preview === 'client' && change.action !== 'create') ||
    (change.warnings ?? []).length > 0 ||
    (change.consequences ?? []).length > 0 ||
    change.fields.some((field) => field.takenFrom !== undefined)
  )
}
