import { type Change, riskWords } from '../model/change.ts'
import type { AppPlan } from '../model/plan.ts'
import type { ObjectReference } from '../model/reference.ts'
import { identityOf } from '../model/reference.ts'
import { type Piece, PRIORITY } from './compose.ts'
import { code, fenced, text } from './escape.ts'
import { type ChangeGroup, groupChanges } from './groups.ts'
import { count, meaningOf, ownRisks, place } from './words.ts'

/** How many names a group shows in its line. */
const NAMES_SHOWN = 200

/** `Deployment` and its name as code. */
export function objectText(reference: ObjectReference): string {
  const { kind, namespace, name } = reference
  return `${text(kind, 100)} ${code(namespace ? `${namespace}/${name}` : name, 320)}`
}

/** One line of meaning for each change of an app, equal ones in one line. */
export function changeLines(app: AppPlan): readonly Piece[] {
  return groupChanges(app.changes).map((group) => ({
    text: lineOf(group),
    priority: PRIORITY.line,
    about: group.changes.map(identityOf),
  }))
}

/** The hunks of an app's changes, equal ones once; new objects only while they are few, unless `all`. */
export function changeHunks(app: AppPlan, options: { readonly all: boolean }): readonly Piece[] {
  return groupChanges(app.changes).flatMap((group) => {
    if (group.by === 'kind') return options.all ? group.changes.flatMap((change) => hunkOf(change, [change])) : []
    return hunkOf(group.changes[0], group.changes)
  })
}

function lineOf(group: ChangeGroup): string {
  const [first] = group.changes
  if (group.by === 'object') return objectLine(first)
  const number = group.changes.length
  if (group.by === 'kind') {
    const lines = kindLines(group.changes).map((line) => `- **${group.action}** ${line}`)
    return [...lines, ...(first.preview === 'client' ? [`  - ${notPreviewed(first)}`] : [])].join('\n')
  }
  const heading = `- **${group.action}** ${number} objects: ${meaning(first) || 'the same fields'}`
  return [heading, ...kindLines(group.changes).map((line) => `  - ${line}`)].join('\n')
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

function meaning(change: Change): string {
  return meaningOf(change)
    .map((part) => text(part, 300))
    .join(', ')
}

function objectLine(change: Change): string {
  const said = meaning(change)
  const where = change.source ? ` · ${code(place(change.source))}` : ''
  const line = `- **${change.action}** ${objectText(change)}${said ? `: ${said}` : ''}${where}`
  return [line, ...remarks(change).map((remark) => `  - ${remark}`)].join('\n')
}

/** What a reviewer has to know of a change beside its meaning. */
function remarks(change: Change): readonly string[] {
  const taken = change.fields.flatMap(({ path, takenFrom }) => (takenFrom === undefined ? [] : [{ path, takenFrom }]))
  const takeOvers = [...Map.groupBy(taken, (field) => field.takenFrom)].map(([owner, fields]) => {
    const listed = fields.slice(0, 3).map((field) => code(field.path))
    const rest = fields.length > 3 ? ` and ${count(fields.length - 3, 'more field')}` : ''
    return `takes ${listed.join(', ')}${rest} over from ${code(owner)}`
  })
  return [
    ...ownRisks(change).map((risk) => `⚠️ ${text(riskWords[risk])}`),
    ...takeOvers,
    ...(change.preview === 'client' ? [notPreviewed(change)] : []),
    ...(change.warnings ?? []).map((warning) => `the API server warns: ${text(warning)}`),
  ]
}

function notPreviewed(change: Change): string {
  const reason = change.previewReason ? `: ${text(change.previewReason)}` : ''
  return `shown as the manifest says it, not as the API server would store it${reason}`
}

function hunkOf(change: Change, group: readonly Change[]): readonly Piece[] {
  if (!change.hunks) return []
  const others = group.length > 1 ? ` and the same on ${count(group.length - 1, 'other object')}` : ''
  const block = `\n**${change.action}** ${objectText(change)}${others}\n\n${fenced(change.hunks, 'diff')}`
  return [{ text: block, priority: hunkPriority(change), about: group.map(identityOf) }]
}

function hunkPriority(change: Change): number {
  if (change.risks.length > 0) return PRIORITY.riskyHunk
  if (change.action === 'create') return PRIORITY.createdHunk
  return change.action === 'delete' ? PRIORITY.deletedHunk : PRIORITY.hunk
}
