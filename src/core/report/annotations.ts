import type { Change } from '../model/change.ts'
import type { Problem } from '../model/errors.ts'
import type { SourcePosition } from '../model/manifest.ts'
import type { AppPlan, Verdict } from '../model/plan.ts'
import { describeReference } from '../model/reference.ts'
import { openRisks } from '../plan/open-risks.ts'
import { oneLine, visible } from './escape.ts'
import { consequencesOf } from './remarks.ts'
import { ownRisks, riskSentence } from './words.ts'

/** A line of a file that a finding points at; the shape that the checks of GitHub take. */
export type Annotation = {
  readonly path: string
  readonly line: number
  readonly level: 'failure' | 'warning' | 'notice'
  readonly title: string
  readonly message: string
}

/** GitHub takes this many annotations in one request. */
export const MAX_ANNOTATIONS = 50

const MESSAGE_LIMIT = 8_000

/** Findings of an app that have a place: failures first. Without a limit; the check cuts. */
export function annotationsOf(app: AppPlan): readonly Annotation[] {
  const all = [...app.errors.flatMap(ofProblem), ...app.policies.flatMap(ofVerdict), ...app.changes.flatMap(ofChange)]
  return [...all.filter(({ level }) => level === 'failure'), ...all.filter(({ level }) => level !== 'failure')]
}

/** The annotation of an error, when it has a place. */
export function ofProblem(problem: Problem): readonly Annotation[] {
  const message = problem.hint ? `${problem.message}\n→ ${problem.hint}` : problem.message
  return annotate(problem.source, 'failure', problem.code, message)
}

function ofVerdict(verdict: Verdict): readonly Annotation[] {
  const object = verdict.object ? `${describeReference(verdict.object)}: ` : ''
  const level = verdict.severity === 'deny' ? 'failure' : 'warning'
  return annotate(verdict.source, level, `policy ${verdict.policy}`, `${object}${verdict.message}`)
}

function ofChange(change: Change): readonly Annotation[] {
  const object = describeReference(change)
  const risks = ownRisks(change).map((risk) => riskSentence(change, risk))
  const level = openRisks(change).length > 0 ? 'warning' : 'notice'
  const why = [risks.join('; '), ...consequencesOf(change, 20).map((each) => `- ${each}`)].join('\n')
  return [
    ...(risks.length > 0 ? annotate(change.source, level, `${change.action} ${object}`, why) : []),
    ...(change.warnings ?? []).flatMap((warning, index) =>
      annotate(change.warningSources?.[index] ?? change.source, 'warning', `${object}: the API server warns`, warning),
    ),
  ]
}

function annotate(
  source: SourcePosition | undefined,
  level: Annotation['level'],
  title: string,
  message: string,
): readonly Annotation[] {
  if (!source || source.path === '') return []
  const text = visible(message)
  return [
    {
      path: source.path,
      line: Math.max(1, source.line),
      level,
      title: oneLine(title, 255),
      message: text.length > MESSAGE_LIMIT ? `${text.slice(0, MESSAGE_LIMIT - 1).toWellFormed()}…` : text,
    },
  ]
}
