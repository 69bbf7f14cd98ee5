import type { SourcePosition } from './manifest.ts'

/** What went wrong, as a stable word that programs may match. */
export type ErrorCode =
  | 'config-invalid'
  | 'config-missing'
  | 'yaml-invalid'
  | 'manifest-invalid'
  | 'duplicate-object'
  | 'unknown-kind'
  | 'path-missing'
  | 'path-refused'
  | 'render-failed'
  | 'render-timeout'
  | 'render-too-large'
  | 'render-empty'
  | 'render-unstable'
  | 'renderer-missing'
  | 'git-failed'
  | 'merge-conflict'
  | 'cluster-unreachable'
  | 'cluster-unknown'
  | 'cluster-refused'
  | 'forbidden-target'
  | 'already-owned'
  | 'held'
  | 'health-timeout'
  | 'unhealthy'
  | 'superseded'
  | 'github-failed'
  | 'store-failed'
  | 'busy'
  | 'usage'
  | 'internal'

/** The part of an error that is safe to show to people: no stack, no secret. */
export type Problem = {
  readonly code: ErrorCode
  /** What was wrong, in one or two sentences. */
  readonly message: string
  /** Where, when there is a file to point at. */
  readonly source?: SourcePosition
  /** What to do next. */
  readonly hint?: string
}

/** The one error type of Drydock: everything thrown across a module boundary is one of these or a bug. */
export class DrydockError extends Error {
  override readonly name = 'DrydockError'
  readonly code: ErrorCode
  readonly source: SourcePosition | undefined
  readonly hint: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    more: {
      readonly source?: SourcePosition | undefined
      readonly hint?: string | undefined
      readonly cause?: unknown
    } = {},
  ) {
    super(message, { cause: more.cause })
    this.code = code
    this.source = more.source
    this.hint = more.hint
  }

  /** The error as data for a plan, a comment or a check run. */
  toProblem(): Problem {
    return problem(this.code, this.message, { source: this.source, hint: this.hint })
  }
}

/** Several problems of one cause (a file with five mistakes): each is reported, not just the first. */
export class DrydockErrors extends Error {
  override readonly name = 'DrydockErrors'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map((each) => each.message).join('\n'))
    this.problems = problems
  }
}

/** Makes a problem, leaving out what is not known. */
export function problem(
  code: ErrorCode,
  message: string,
  more: { readonly source?: SourcePosition | undefined; readonly hint?: string | undefined } = {},
): Problem {
  return {
    code,
    message,
    ...(more.source ? { source: more.source } : {}),
    ...(more.hint ? { hint: more.hint } : {}),
  }
}

/** The problems behind anything that was thrown; what is not ours is `internal` and shows no detail. */
export function problemsOf(thrown: unknown): readonly Problem[] {
  if (thrown instanceof DrydockError) return [thrown.toProblem()]
  if (thrown instanceof DrydockErrors) return thrown.problems
  return [
    problem('internal', 'Drydock failed unexpectedly; nothing was changed by this step.', {
      hint: "Look for this time in Drydock's log, and try again with /plan.",
    }),
  ]
}
