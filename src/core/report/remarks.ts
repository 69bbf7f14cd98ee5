import { nameOfField } from '../diff/field-path.ts'
import type { Change, FieldChange } from '../model/change.ts'
import { openRisks } from '../plan/open-risks.ts'
import { ago } from './time.ts'
import { count, ownRisks, riskSentence } from './words.ts'

/** How remarks are said. */
export type RemarkOptions = {
  /** The time that "2 days ago" is seen from, ISO 8601. */
  readonly now?: string | undefined
  /** Reasons without a preview that are said once for all objects. */
  readonly saidOnce?: ReadonlySet<string>
}

/** A sentence about a change, without markup. */
export type Remark = { readonly words: string; readonly risk?: boolean }

/** From how many objects on one reason without a preview is said once. */
const ONCE_FROM = 3

/** So many things that go with a change are listed; more are counted. */
const LISTED = 20

/** What a reviewer has to know of a change beside its meaning: risks and what goes with it first. */
export function remarksOf(change: Change, { now, saidOnce }: RemarkOptions = {}): readonly Remark[] {
  const reason = change.previewReason ?? ''
  return [
    ...ownRisks(change).map((risk) => ({ words: riskSentence(change, risk), risk: openRisks(change).includes(risk) })),
    ...consequencesOf(change, LISTED).map((words) => ({ words })),
    ...takeOvers(change.fields, now).map((words) => ({ words })),
    ...(change.preview === 'client' && !saidOnce?.has(reason) ? [{ words: notPreviewed(reason) }] : []),
    ...(change.warnings ?? []).map((warning) => ({ words: `the API server warns: ${warning}` })),
  ]
}

/** What goes with a change, at most `limit` of it; the rest as a number. */
export function consequencesOf(change: Change, limit: number): readonly string[] {
  const all = change.consequences ?? []
  const rest = all.length - limit
  return rest > 0 ? [...all.slice(0, limit), `and ${rest} more`] : all
}

/** `could not be previewed, because this commit creates its namespace`. */
export function notPreviewed(reason: string): string {
  return `could not be previewed${reason === '' ? '' : `, because ${reason}`}`
}

/** Reasons without a preview that many new objects share, with the number of these objects. */
export function sharedReasons(changes: readonly Change[]): ReadonlyMap<string, number> {
  const reasons = changes.flatMap(({ preview, action, previewReason }) =>
    preview === 'client' && action === 'create' && previewReason ? [previewReason] : [],
  )
  const groups = [...Map.groupBy(reasons, (reason) => reason)]
  return new Map(groups.flatMap(([reason, all]) => (all.length >= ONCE_FROM ? [[reason, all.length] as const] : [])))
}

/** The words for many objects that could not be previewed for one reason. */
export function sharedReasonWords(reason: string, number: number): string {
  return `${number} new objects are shown as their manifests say: each ${notPreviewed(reason)}`
}

/** `replicas: was set by kubectl-edit, 2 days ago`: fields that somebody else holds until now, by owner and time. */
export function takeOvers(fields: readonly FieldChange[], now: string | undefined): readonly string[] {
  const taken = fields.flatMap((field) => {
    const owner = field.takenFrom
    return owner === undefined ? [] : [{ name: nameOfField(field.path), by: ownerWords(owner, field.takenAt, now) }]
  })
  return [...Map.groupBy(taken, ({ by }) => by)].map(([by, group]) => {
    const names = [...new Set(group.map(({ name }) => name))]
    const rest = names.length > 3 ? ` and ${count(names.length - 3, 'more field')}` : ''
    return `${names.slice(0, 3).join(', ')}${rest}: ${names.length > 1 ? 'were' : 'was'} set by ${by}`
  })
}

/** `kubectl-edit, 2 days ago`. */
export function ownerWords(owner: string, time: string | undefined, now: string | undefined): string {
  const when = ago(time, now)
  return `${owner}${when === '' ? '' : `, ${when}`}`
}
