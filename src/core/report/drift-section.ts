import type { Drift } from '../model/change.ts'
import type { AppPlan } from '../model/plan.ts'
import { identityOf } from '../model/reference.ts'
import { objectText } from './change-lines.ts'
import { type Piece, PRIORITY, type Section } from './compose.ts'
import { driftCounts, driftWords } from './drift.ts'
import { code, text } from './escape.ts'
import { ELSEWHERE } from './findings.ts'
import { count } from './words.ts'

/** What the cluster differs from Git in, whatever the pull request says. Seen from `now`, ISO 8601. */
export function driftSection(apps: readonly AppPlan[], now?: string, elsewhere = ELSEWHERE): Section {
  const drift = apps.flatMap((app) => app.drift)
  const { objects, restored, partly } = driftCounts(drift)
  const kept = objects - restored - partly
  const fates = [
    ...(restored > 0 ? [`${restored} restored by a sync`] : []),
    ...(partly > 0 ? [`${partly} partly restored`] : []),
    ...(kept > 0 ? [`${kept} kept`] : []),
  ]
  const intro = "Differences between the cluster and Git that this pull request didn't ask for."
  return {
    open: `<details><summary>Already drifted: ${count(objects, 'object')} · ${fates.join(', ')}</summary>\n\n${intro}\n\n`,
    pieces: apps.flatMap((app) => {
      const options = { now, text, code: short, changed: new Set(app.changes.map(identityOf)) }
      return app.drift.map((each) => driftPiece(each, apps.length > 1 ? app.name : undefined, options))
    }),
    more: (left) => `\n- ${count(left, 'more object')}: see ${elsewhere}`,
    close: '\n\n</details>',
    name: 'drift',
  }
}

function short(raw: string): string {
  return code(raw, 200)
}

function driftPiece(drift: Drift, name: string | undefined, options: Parameters<typeof driftWords>[1]): Piece {
  const { verb, missing, fate, fields, rest } = driftWords(drift, options)
  const managers = drift.managers.map((manager) => code(manager, 128)).join(', ')
  const who = managers === '' ? '' : `, ${verb} ${managers}`
  const whose = name === undefined ? '' : ` (app ${code(name)})`
  const line = `- ${objectText(drift)}${whose}${missing ? ': gone from the cluster' : ''}${who} · **${fate}**`
  const piece = { priority: PRIORITY.finding, about: [identityOf(drift)] }
  if (drift.fields.length === 0) return { ...piece, text: line }
  const below = [...fields.map((field) => `  - ${field}`), ...(rest > 0 ? [`  - ${count(rest, 'more field')}`] : [])]
  return {
    ...piece,
    text: `${line} · ${count(drift.fields.length, 'field')}`,
    fuller: { text: [line, ...below].join('\n'), priority: PRIORITY.remark },
  }
}
