/** The audit log as it is kept: types only. */

/** Who did what to which app. */
export type AuditFields = {
  /** ISO 8601 with ms. */
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly repository: string
  readonly app: string
  readonly cluster: string
  readonly revision: string
  /** `sha256:…` over the rendered objects. */
  readonly digest?: string
  /** Of the pull request. */
  readonly number?: number
  readonly result: string
  /** Why it was allowed. */
  readonly allowedBy: string
}

/** One event of the log. Those from before the log was chained have neither hash. */
export type AuditRow = AuditFields & {
  /** From 1 without a gap, since the log is chained. */
  readonly seq: number
  /** Hash of the event before. */
  readonly previous?: string
  readonly hash?: string
}

/** The newest event, as it is kept beside the log: without it nobody would miss events at the end. */
export type AuditHead = { readonly seq: number; readonly hash: string }
