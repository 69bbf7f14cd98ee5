import { DrydockErrors, type Problem } from '../../../src/core/model/errors.ts'

/** The problems that a call throws; fails when it throws nothing, or something else. */
export function problemsIn(call: () => unknown): readonly Problem[] {
  try {
    call()
  } catch (thrown) {
    if (thrown instanceof DrydockErrors) return thrown.problems
    throw thrown
  }
  throw new Error('nothing was thrown')
}

/** `line: message` of each problem. */
export function linesIn(call: () => unknown): readonly string[] {
  return problemsIn(call).map((each) => `${each.source?.line}: ${each.message}`)
}
