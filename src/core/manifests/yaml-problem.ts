import { type Problem, problem } from '../model/errors.ts'
import type { YamlFailure } from './documents.ts'

/** What is wrong with a text that can't be read; `exact`: its lines are lines of the file at `path`. */
export function yamlProblem(path: string, failure: YamlFailure, exact = true): Problem {
  const where = exact ? '' : ` (line ${failure.line} of what was rendered from it)`
  const source = { path, line: exact ? failure.line : 1 }
  if (!failure.tooLarge) {
    const hint = 'Correct the YAML in this file.'
    return problem('yaml-invalid', `${path} is not valid YAML: ${failure.message}${where}.`, { source, hint })
  }
  return problem('render-too-large', `${path} is more than Drydock reads: ${failure.message}${where}.`, {
    source,
    hint: 'Write out what aliases stand for, nest less deeply, or split the app into smaller ones.',
  })
}
