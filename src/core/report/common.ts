import { eachField } from '../diff/field-words.ts'
import { summarise } from '../diff/summary.ts'
import type { Change, FieldChange } from '../model/change.ts'
import { isRemarkable } from './groups.ts'

/** Changes of labels and annotations that many objects have in common. */
export type Common = {
  readonly words: readonly string[]
  readonly changes: readonly Change[]
  /** How many of these objects change in other ways too. */
  readonly others: number
}

/** From how many objects on a common change is said once. */
const COMMON_FROM = 5

const meta = /\/metadata\/(labels|annotations)\/[^/]+$/

/**
 * Takes from the updates of one app what many of them have in common (a chart's version in each label), so that a line of
 * an object says what is its own. An object without anything of its own is in `common` only. Order is that of the plan.
 */
export function splitCommon(changes: readonly Change[]): {
  readonly common: readonly Common[]
  readonly own: readonly Change[]
} {
  const updates = changes.filter(({ action }) => action === 'update')
  const members = new Map<string, { readonly field: FieldChange; readonly changes: Change[] }>()
  for (const change of updates) {
    for (const field of change.fields.flatMap(eachField)) {
      if (!isCommonSort(field)) continue
      const found = members.get(keyOf(field))
      if (found) found.changes.push(change)
      else members.set(keyOf(field), { field, changes: [change] })
    }
  }
  const shared = new Map([...members].filter(([, { changes: all }]) => all.length >= COMMON_FROM))
  if (shared.size === 0) return { common: [], own: changes }
  const own = changes.flatMap((change) => withoutShared(change, shared))
  const left = new Set(own.map(({ original }) => original))
  const numbers = new Map(updates.map((change, index) => [change, index]))
  const groups = Map.groupBy(shared.values(), ({ changes: all }) => all.map((each) => numbers.get(each)).join())
  const common = [...groups.values()].flatMap((group): readonly Common[] => {
    const all = group[0]?.changes ?? []
    return [
      {
        words: summarise(group.map(({ field }) => field)),
        changes: all,
        others: all.filter((change) => left.has(change)).length,
      },
    ]
  })
  return { common, own: own.map(({ change }) => change) }
}

function withoutShared(change: Change, shared: ReadonlyMap<string, unknown>) {
  if (change.action !== 'update') return [{ original: change, change }]
  const fields = change.fields.flatMap(eachField)
  const rest = fields.filter((field) => !isCommonSort(field) || !shared.has(keyOf(field)))
  if (rest.length === fields.length) return [{ original: change, change }]
  if (rest.length === 0 && !isRemarkable(change)) return []
  return [{ original: change, change: { ...change, fields: rest, summary: summarise(rest) } }]
}

function isCommonSort({ path, before, after, takenFrom }: FieldChange): boolean {
  return takenFrom === undefined && meta.test(path) && isTextOrAbsent(before) && isTextOrAbsent(after)
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function keyOf({ path, before, after }: FieldChange): string {
  return JSON.stringify([path, before ?? null, after ?? null])
}
