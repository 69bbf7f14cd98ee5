import { isMasked } from '../diff/field-words.ts'
import type { Drift, FieldChange } from '../model/change.ts'
import { identityOf } from '../model/reference.ts'
import { ownerWords } from './remarks.ts'
import { count, value } from './words.ts'

/** So many fields of an entry are said; more are counted. */
const SAID = 10

/** Marks up a piece of foreign text. */
export type Mark = (raw: string) => string

/** An entry of drift in words. */
export type DriftWords = {
  /** What happened, before the managers: `changed by`, `added by`. */
  readonly verb: string
  readonly missing: boolean
  /** What becomes of it: `a sync restores it`. */
  readonly fate: string
  /** A line for each field, marked up. */
  readonly fields: readonly string[]
  /** How many fields are not said. */
  readonly rest: number
}

/** Says what drifted, who holds it, and what a sync of this plan does with it. Seen from `now`, ISO 8601. */
export function driftWords(
  drift: Drift,
  options: {
    /** Identities of the objects that the plan changes. */
    readonly changed: ReadonlySet<string>
    readonly now: string | undefined
    readonly code: Mark
    readonly text: Mark
  },
): DriftWords {
  const touched = options.changed.has(identityOf(drift))
  const restores = drift.onSync === 'restored'
  const does = restores ? 'restores it' : drift.missing ? 'leaves it so' : 'keeps it'
  return {
    verb: drift.fields.length > 0 && drift.fields.every(isAdded) ? 'added by' : 'changed by',
    missing: drift.missing === true,
    fate: touched ? `this pull request changes the object too; its sync ${does}` : `a sync ${does}`,
    fields: drift.fields.slice(0, SAID).map((field) => fieldWords(field, options)),
    rest: Math.max(0, drift.fields.length - SAID),
  }
}

/** Something that is there live, and that Git doesn't know. */
function isAdded(field: FieldChange): boolean {
  return field.after === undefined && field.before !== undefined
}

function fieldWords(
  field: FieldChange,
  { now, code, text }: { readonly now: string | undefined; readonly code: Mark; readonly text: Mark },
): string {
  const { path, before, after, takenFrom, takenAt } = field
  const whose = takenFrom === undefined ? '' : ownerWords(takenFrom, takenAt, now)
  const who = whose === '' ? '' : `, ${isAdded(field) ? 'added' : 'set'} by ${text(whose)}`
  if (isMasked(before) && isMasked(after)) return `${code(path)} differs from Git${who}`
  const live = before === undefined ? 'is absent' : isMasked(before) ? 'is there' : `is ${code(value(before))}`
  const wanted =
    after === undefined ? "isn't in Git" : isMasked(after) ? 'Git has it' : `Git says ${code(value(after))}`
  return `${code(path)} ${live}${who === '' ? ',' : `${who};`} ${wanted}`
}

/** How many objects drifted, and what becomes of them; an object may have a part that is restored and one that is kept. */
export function driftCounts(drift: readonly Drift[]): {
  readonly objects: number
  readonly restored: number
  readonly partly: number
} {
  const entries = [...Map.groupBy(drift, identityOf).values()]
  const restored = entries.filter((all) => all.every(({ onSync }) => onSync === 'restored')).length
  const touched = entries.filter((all) => all.some(({ onSync }) => onSync === 'restored')).length
  return { objects: entries.length, restored, partly: touched - restored }
}

/** `2 objects drifted, 1 of them restored by a sync`; empty without drift. */
export function driftHeadline(drift: readonly Drift[]): string {
  const { objects, restored, partly } = driftCounts(drift)
  if (objects === 0) return ''
  const said = `${count(objects, 'object')} drifted`
  if (restored === objects) return `${said}, restored by a sync`
  const parts = [
    ...(restored > 0 ? [`${restored} of them restored by a sync`] : []),
    ...(partly > 0 ? [`${objects === 1 ? '' : `${partly} of them `}partly restored by a sync`] : []),
  ]
  return [said, ...parts].join(', ')
}
