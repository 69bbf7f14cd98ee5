import { scrub } from '../diff/scrub.ts'
import type { FieldRule } from '../model/app.ts'
import type { Problem } from '../model/errors.ts'
import type { KubeObject } from '../model/object.ts'
import type { Answer, ObjectFacts } from './facts.ts'

/**
 * What the API server said of an object, without sensitive values: those of the configuration's rules, and those that a
 * Secret holds now, which a webhook may quote although nobody sent them.
 */
export function scrubbed(facts: ObjectFacts, rules: readonly FieldRule[]): ObjectFacts {
  const { answer, live, unknown, warnings } = facts
  const objects: readonly KubeObject[] = live ? [facts.desired, live] : [facts.desired]
  const clean = (text: string) => scrub(text, objects, rules)
  return {
    ...facts,
    answer: cleaned(answer, clean),
    ...(unknown === undefined ? {} : { unknown: clean(unknown) }),
    ...(warnings ? { warnings: warnings.map(clean) } : {}),
  }
}

/** The same for a problem with one object; `objects`: its forms whose values may be quoted. */
export function scrubProblem(problem: Problem, objects: readonly KubeObject[], rules: readonly FieldRule[]): Problem {
  return { ...problem, message: scrub(problem.message, objects, rules) }
}

function cleaned(answer: Answer, clean: (text: string) => string): Answer {
  if (answer.by === 'server') return { ...answer, warnings: answer.warnings.map(clean) }
  if (answer.by === 'client') return { ...answer, reason: clean(answer.reason) }
  return { ...answer, problems: answer.problems.map((each) => ({ ...each, message: clean(each.message) })) }
}
