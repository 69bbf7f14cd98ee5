import { type Action, type Change, type Drift, riskWords } from '../model/change.ts'
import type { AppPlan, Plan } from '../model/plan.ts'
import { describeReference, identityOf } from '../model/reference.ts'
import { splitCommon } from './common.ts'
import { driftWords } from './drift.ts'
import { oneLine } from './escape.ts'
import { type ChangeGroup, groupChanges } from './groups.ts'
import { headline } from './headline.ts'
import { marksOf, splitHooks, verbOf, waveWords } from './marks.ts'
import { appCounts } from './plan-body.ts'
import { problemsText } from './problems-text.ts'
import { notPreviewed, type RemarkOptions, remarksOf, sharedReasons, sharedReasonWords } from './remarks.ts'
import { type Paint, painter, paintHunks, type Style, type TerminalOptions, wrap } from './terminal.ts'
import { capital, count, countUnconfirmed, massPruned, meaningOf, place, short } from './words.ts'

const SIGNS: Readonly<Record<Action, { readonly sign: string; readonly style: Style }>> = {
  create: { sign: '+', style: 'green' },
  update: { sign: '~', style: 'yellow' },
  replace: { sign: '±', style: 'red' },
  delete: { sign: '-', style: 'red' },
  adopt: { sign: '=', style: 'cyan' },
}

const HOOK = { sign: '»', style: 'cyan' } as const

/** How a plan is shown on a terminal. */
export type PlanTextOptions = TerminalOptions & {
  /** The time that "2 days ago" is seen from, ISO 8601; without it times are absolute. */
  readonly now?: string
}

type Look = { readonly width: number; readonly paint: Paint; readonly now: string | undefined }

/** The plan for a terminal: each app with its changes, what was found, and the verdict as the last line. */
export function planText(plan: Plan, options: PlanTextOptions): string {
  const look: Look = { width: options.width ?? 80, paint: painter(options), now: options.now }
  const base = plan.base ? `, compared with ${oneLine(short(plan.base))}` : ''
  const { sign, words } = headline(plan)
  const style = sign === '❌' ? 'red' : sign === '✅' ? 'green' : 'yellow'
  const blocks = [
    `Plan of ${oneLine(short(plan.head))}${base}`,
    ...plan.apps.map((app) => appText(app, look)),
    ...((plan.errors ?? []).length > 0 ? [problemsText(plan.errors ?? [])] : []),
    ...(plan.notes ?? []).map((note) => wrap(note, look.width, 'note: ', '  ')),
    look.paint(style, wrap(`${capital(words)}.`, look.width, '')),
  ]
  return `${blocks.join('\n\n')}\n`
}

function appText(app: AppPlan, look: Look): string {
  const { width, paint } = look
  const title = `${paint('bold', oneLine(app.name))} → ${oneLine(app.cluster)}: ${appCounts(app)}`
  const changed = new Set(app.changes.map(identityOf))
  const lines = [
    ...changesText(app.changes, look),
    ...(massPruned(app) > 0
      ? [paint('red', wrap(`${count(massPruned(app), 'deletion')}: ${riskWords['mass-prune']}`, width, '  ! ', '    '))]
      : []),
    ...(countUnconfirmed(app) > 0
      ? [
          wrap(
            `${count(countUnconfirmed(app), 'deletion waits', 'deletions wait')} for /approve; the rest is synced`,
            width,
            '  ! ',
            '    ',
          ),
        ]
      : []),
    ...(app.drift.length > 0 ? ['  Already drifted, not by this change:'] : []),
    ...app.drift.map((drift) => driftText(drift, changed, look)),
    ...app.policies.map((verdict) => {
      const style = verdict.severity === 'deny' ? 'red' : 'yellow'
      const object = verdict.object ? `${describeReference(verdict.object)}: ` : ''
      const where = verdict.source ? ` (${place(verdict.source)})` : ''
      const what = verdict.severity === 'deny' ? 'denied by' : 'warning of'
      return paint(style, wrap(`${what} ${verdict.policy}: ${object}${verdict.message}${where}`, width, '  ! ', '    '))
    }),
    ...(app.notes ?? []).map((note) => wrap(note, width, '  note: ', '    ')),
    ...(app.errors.length > 0 ? [paint('red', problemsText(app.errors).replace(/^/gm, '  '))] : []),
  ]
  return [title, ...lines].join('\n')
}

/** Lines of all changes, what many have in common first; the hunks are those of the whole change. */
function changesText(changes: readonly Change[], look: Look): readonly string[] {
  const { width, paint } = look
  const { objects, hooks } = splitHooks(changes)
  const waves = waveWords(objects)
  const { common, own } = splitCommon(objects)
  const groups = groupChanges(own)
  const reasons = sharedReasons(groups.flatMap((group) => (group.by === 'object' ? group.changes : [])))
  const options = { now: look.now, saidOnce: new Set(reasons.keys()) }
  return [
    ...(waves === '' ? [] : [wrap(waves, width, '  ', '    ')]),
    ...common.flatMap(({ words, changes: all, others }) => [
      `  ${paint('yellow', '~')} ${all.length} objects`,
      wrap(words.map((part) => oneLine(part, 300)).join(', '), width, '      '),
      wrap(`on ${all.map(describeReference).join(', ')}`, width, '      '),
      ...(others > 0
        ? [wrap(`${others} of them ${others === 1 ? 'changes' : 'change'} otherwise too`, width, '      ')]
        : []),
      ...(all[0]?.hunks && others < all.length ? [commonHunks(all, own, paint)] : []),
    ]),
    ...groups.map((group) => groupText(group, options, look)),
    ...[...reasons].map(([reason, number]) => wrap(`${sharedReasonWords(reason, number)}.`, width, '  ', '    ')),
    ...(hooks.length > 0 ? ['  Hooks, in the order in which they run:'] : []),
    ...hooks.map((hook) => groupText({ action: hook.action, changes: [hook], by: 'object' }, { now: look.now }, look)),
  ]
}

/** The hunks of the first object that has nothing of its own. */
function commonHunks(all: readonly Change[], own: readonly Change[], paint: Paint): string {
  const separate = new Set(own.map(identityOf))
  const first = all.find((change) => !separate.has(identityOf(change)))
  return first?.hunks ? paintHunks(first.hunks, '      ', paint) : ''
}

function groupText(group: ChangeGroup, options: RemarkOptions, { width, paint }: Look): string {
  const [first] = group.changes
  const { sign, style } = first.hook ? HOOK : SIGNS[group.action]
  const marks = marksOf(first)
    .map((mark) => ` · ${oneLine(mark, 300)}`)
    .join('')
  const head = (words: string) => `  ${paint(style, sign)} ${words}`
  if (group.by === 'kind') {
    const namespaces = Map.groupBy(group.changes, (change) => change.namespace ?? '')
    const lines = [...namespaces].flatMap(([namespace, members]) => [
      head(`${members.length} × ${oneLine(first.kind)}${namespace === '' ? '' : ` in ${oneLine(namespace)}`}${marks}`),
      wrap(members.map((change) => change.name).join(', '), width, '      '),
    ])
    const unseen = first.preview === 'client' ? [wrap(notPreviewed(first.previewReason ?? ''), width, '      ')] : []
    return [...lines, ...unseen].join('\n')
  }
  const others = group.changes.slice(1)
  const also = others.length > 0 ? ` and ${count(others.length, 'other object')}` : ''
  const hook = first.hook ? ` (${verbOf(first)})` : ''
  return [
    head(oneLine(describeReference(first)) + also + hook + marks),
    ...detailsText(first, options, width, paint),
    ...(others.length > 0 ? [wrap(`the same on ${others.map(describeReference).join(', ')}`, width, '      ')] : []),
    ...(first.hunks ? [paintHunks(first.hunks, '      ', paint)] : []),
  ].join('\n')
}

function detailsText(change: Change, options: RemarkOptions, width: number, paint: Paint): readonly string[] {
  const said = meaningOf(change).map((part) => oneLine(part, 300))
  return [
    ...(said.length > 0 ? [wrap(said.join(', '), width, '      ')] : []),
    ...(change.source ? [paint('dim', `      ${oneLine(place(change.source))}`)] : []),
    ...remarksOf(change, options).map(({ words, risk }) =>
      risk ? paint('red', wrap(words, width, '    ! ', '      ')) : wrap(words, width, '      - '),
    ),
  ]
}

function driftText(drift: Drift, changed: ReadonlySet<string>, { width, now }: Look): string {
  const { verb, missing, fate, fields, rest } = driftWords(drift, {
    changed,
    now,
    text: (raw) => raw,
    code: (raw) => oneLine(raw, 200),
  })
  const who = drift.managers.length > 0 ? `, ${verb} ${drift.managers.join(', ')}` : ''
  const head = `drift: ${describeReference(drift)}${missing ? ', gone from the cluster' : ''}${who}; ${fate}`
  return [
    wrap(head, width, '  ? ', '    '),
    ...fields.map((field) => wrap(field, width, '      ')),
    ...(rest > 0 ? [`      ${count(rest, 'more field')}`] : []),
  ].join('\n')
}
