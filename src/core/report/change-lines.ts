import type { Change } from '../model/change.ts'
import type { AppPlan } from '../model/plan.ts'
import type { ObjectReference } from '../model/reference.ts'
import { identityOf } from '../model/reference.ts'
import { type Common, splitCommon } from './common.ts'
import { type Piece, PRIORITY } from './compose.ts'
import { code, text } from './escape.ts'
import { type ChangeGroup, groupChanges } from './groups.ts'
import { marksOf, splitHooks, verbOf, waveWords } from './marks.ts'
import { notPreviewed, type RemarkOptions, remarksOf, sharedReasons, sharedReasonWords } from './remarks.ts'
import { count, meaningOf, place } from './words.ts'

/** How many names a group shows in its line. */
const NAMES_SHOWN = 200

/** `Deployment` and its name as code. */
export function objectText(reference: ObjectReference): string {
  const { kind, namespace, name } = reference
  return `${text(kind, 100)} ${code(namespace ? `${namespace}/${name}` : name, 320)}`
}

/**
 * One line of meaning for each change of an app. Equal ones are one line, and so is what many have in common; hooks come
 * last, in the order in which they run. Seen from the time `now`, ISO 8601.
 */
export function changeLines(app: AppPlan, now?: string): readonly Piece[] {
  const { objects, hooks } = splitHooks(app.changes)
  const waves = waveWords(objects)
  const { common, own } = splitCommon(objects)
  const groups = groupChanges(own)
  const reasons = sharedReasons(groups.flatMap((group) => (group.by === 'object' ? group.changes : [])))
  const options = { now, saidOnce: new Set(reasons.keys()) }
  return [
    ...(waves === '' ? [] : [{ text: `- ${waves}`, priority: PRIORITY.line, about: [] }]),
    ...common.map(commonLine),
    ...groups.map((group) => ({
      ...lineOf(group, options),
      priority: PRIORITY.line,
      about: group.changes.map(identityOf),
    })),
    ...[...reasons].map(([reason, number]) => ({
      text: `- ${text(sharedReasonWords(reason, number))}`,
      priority: PRIORITY.line,
      about: [],
    })),
    ...hookLines(hooks, { now }),
  ]
}

function hookLines(hooks: readonly Change[], options: RemarkOptions): readonly Piece[] {
  if (hooks.length === 0) return []
  const heading = '\nHooks, made anew by each sync that has something to do, in the order in which they run:\n'
  return [
    { text: heading, priority: PRIORITY.line, about: [] },
    ...hooks.map((hook) => ({ ...objectLine(hook, options), priority: PRIORITY.line, about: [identityOf(hook)] })),
  ]
}

function commonLine({ words, changes, others }: Common): Piece {
  const also = others > 0 ? ` (${others} of them ${others === 1 ? 'changes' : 'change'} otherwise too)` : ''
  const heading = `- **update** ${changes.length} objects: ${words.map((part) => text(part, 300)).join(', ')}${also}`
  return {
    text: [heading, ...kindLines(changes).map((line) => `  - ${line}`)].join('\n'),
    priority: PRIORITY.line,
    about: changes.map(identityOf),
  }
}

type Line = Pick<Piece, 'text' | 'fuller'>

function lineOf(group: ChangeGroup, options: RemarkOptions): Line {
  const [first] = group.changes
  if (group.by === 'object') return objectLine(first, options)
  const marks = markText(first)
  if (group.by === 'kind') {
    const lines = kindLines(group.changes).map((line) => `- **${group.action}** ${line}${marks}`)
    const unseen = first.preview === 'client' ? [`  - ${text(notPreviewed(first.previewReason ?? ''))}`] : []
    return { text: [...lines, ...unseen].join('\n') }
  }
  const heading = `- **${group.action}** ${group.changes.length} objects: ${meaning(first) || 'the same fields'}${marks}`
  return { text: [heading, ...kindLines(group.changes).map((line) => `  - ${line}`)].join('\n') }
}

/** `14 × ConfigMap in shop: a, b` for each kind and namespace. */
function kindLines(changes: readonly Change[]): readonly string[] {
  const groups = Map.groupBy(changes, ({ kind, namespace = '' }) => JSON.stringify([kind, namespace]))
  return [...groups.values()].flatMap((members) => {
    const [first] = members
    if (!first) return []
    const where = first.namespace ? ` in ${code(first.namespace, 100)}` : ''
    const shown = members.slice(0, NAMES_SHOWN).map((change) => code(change.name, 253))
    const rest = members.length - shown.length
    return [
      `${members.length} × ${text(first.kind, 100)}${where}: ${[...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ')}`,
    ]
  })
}

function meaning(change: Change, limit = 300): string {
  return meaningOf(change)
    .map((part) => text(part, limit))
    .join(', ')
}

/** ` · wave 2 · taken over from app blog`. */
function markText(change: Change): string {
  return marksOf(change)
    .map((mark) => ` · ${text(mark, 300)}`)
    .join('')
}

/** The line of one object; its remarks stand below it while there is room. */
function objectLine(change: Change, options: RemarkOptions): Line {
  const said = meaning(change)
  const head = `- **${verbOf(change)}** ${objectText(change)}`
  const line = `${head}${said ? `: ${said}` : ''}${markText(change)}${change.source ? ` · ${code(place(change.source))}` : ''}`
  const remarks = remarksOf(change, options)
  if (remarks.length === 0) return { text: line }
  const below = remarks.map(({ words, risk }) => `  - ${risk ? '⚠️ ' : ''}${text(words)}`)
  return {
    text: `${line} · ${count(remarks.length, 'remark')} left out`,
    fuller: { text: [line, ...below].join('\n'), priority: PRIORITY.remark },
  }
}
