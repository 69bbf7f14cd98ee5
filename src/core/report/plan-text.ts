import { type Action, type Change, type Drift, riskWords } from '../model/change.ts'
import type { AppPlan, Plan } from '../model/plan.ts'
import { describeReference } from '../model/reference.ts'
import { oneLine } from './escape.ts'
import { type ChangeGroup, groupChanges } from './groups.ts'
import { headline } from './headline.ts'
import { appCounts } from './plan-body.ts'
import { problemsText } from './problems-text.ts'
import { type Paint, painter, paintHunks, type Style, type TerminalOptions, wrap } from './terminal.ts'
import { capital, count, massPruned, meaningOf, ownRisks, place, short, value } from './words.ts'

const SIGNS: Readonly<Record<Action, { readonly sign: string; readonly style: Style }>> = {
  create: { sign: '+', style: 'green' },
  update: { sign: '~', style: 'yellow' },
  replace: { sign: '±', style: 'red' },
  delete: { sign: '-', style: 'red' },
  adopt: { sign: '=', style: 'cyan' },
}

/** The plan for a terminal: each app with its changes, what was found, and the verdict as the last line. */
export function planText(plan: Plan, options: TerminalOptions): string {
  const paint = painter(options)
  const width = options.width ?? 80
  const base = plan.base ? `, compared with ${oneLine(short(plan.base))}` : ''
  const { sign, words } = headline(plan)
  const style = sign === '❌' ? 'red' : sign === '✅' ? 'green' : 'yellow'
  const blocks = [
    `Plan of ${oneLine(short(plan.head))}${base}`,
    ...plan.apps.map((app) => appText(app, width, paint)),
    ...((plan.errors ?? []).length > 0 ? [problemsText(plan.errors ?? [])] : []),
    paint(style, wrap(`${capital(words)}.`, width, '')),
  ]
  return `${blocks.join('\n\n')}\n`
}

function appText(app: AppPlan, width: number, paint: Paint): string {
  const title = `${paint('bold', oneLine(app.name))} → ${oneLine(app.cluster)}: ${appCounts(app)}`
  const lines = [
    ...groupChanges(app.changes).map((group) => groupText(group, width, paint)),
    ...(massPruned(app) > 0
      ? [paint('red', wrap(`${count(massPruned(app), 'deletion')}: ${riskWords['mass-prune']}`, width, '  ! ', '    '))]
      : []),
    ...app.drift.map((drift) => driftText(drift, width)),
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

function groupText(group: ChangeGroup, width: number, paint: Paint): string {
  const [first] = group.changes
  const { sign, style } = SIGNS[group.action]
  const head = (words: string) => `  ${paint(style, sign)} ${words}`
  if (group.by === 'kind') {
    const namespaces = Map.groupBy(group.changes, (change) => change.namespace ?? '')
    const lines = [...namespaces].flatMap(([namespace, members]) => [
      head(`${members.length} × ${oneLine(first.kind)}${namespace === '' ? '' : ` in ${oneLine(namespace)}`}`),
      wrap(members.map((change) => change.name).join(', '), width, '      '),
    ])
    return [...lines, ...notPreviewed(first, width)].join('\n')
  }
  const others = group.changes.slice(1)
  return [
    head(oneLine(describeReference(first)) + (others.length > 0 ? ` and ${count(others.length, 'other object')}` : '')),
    ...detailsText(first, width, paint),
    ...(others.length > 0 ? [wrap(`the same on ${others.map(describeReference).join(', ')}`, width, '      ')] : []),
    ...(first.hunks ? [paintHunks(first.hunks, '      ', paint)] : []),
  ].join('\n')
}

function detailsText(change: Change, width: number, paint: Paint): readonly string[] {
  const line = (words: string) => wrap(words, width, '      ')
  const said = meaningOf(change).map((part) => oneLine(part, 300))
  return [
    ...(said.length > 0 ? [line(said.join(', '))] : []),
    ...(change.source ? [paint('dim', `      ${oneLine(place(change.source))}`)] : []),
    ...ownRisks(change).map((risk) => paint('red', wrap(riskWords[risk], width, '    ! ', '      '))),
    ...change.fields.flatMap(({ path, takenFrom }) =>
      takenFrom === undefined ? [] : [line(`takes ${path} over from ${takenFrom}`)],
    ),
    ...notPreviewed(change, width),
    ...(change.warnings ?? []).map((warning) => line(`the API server warns: ${warning}`)),
  ]
}

function notPreviewed(change: Change, width: number): readonly string[] {
  if (change.preview === 'server') return []
  const reason = change.previewReason ? `: ${change.previewReason}` : ''
  return [wrap(`not previewed by the API server${reason}`, width, '      ')]
}

function driftText(drift: Drift, width: number): string {
  const who = drift.managers.length > 0 ? `, changed by ${drift.managers.join(', ')}` : ''
  const gone = drift.missing ? ', gone from the cluster' : ''
  const fate = drift.onSync === 'restored' ? 'restores it' : drift.missing ? 'leaves it so' : 'keeps it'
  const head = `drift: ${describeReference(drift)}${gone}${who}; a sync ${fate}`
  const fields = drift.fields.map(({ path, before, after }) => {
    const live = before === undefined ? 'is absent' : `is ${oneLine(value(before), 200)}`
    const wanted = after === undefined ? "isn't in Git" : `Git says ${oneLine(value(after), 200)}`
    return wrap(`${path} ${live}, ${wanted}`, width, '      ')
  })
  return [wrap(head, width, '  ? ', '    '), ...fields].join('\n')
}
