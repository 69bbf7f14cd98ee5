import { DrydockError, DrydockErrors } from '../../core/model/errors.ts'

/** Wraps what a database threw. The text has the driver's code, never a statement's parameters. */
export function storeFailed(what: string, thrown: unknown): Error {
  if (thrown instanceof DrydockError || thrown instanceof DrydockErrors) return thrown
  return new DrydockError('store-failed', `The database could not ${what}: ${describeFailure(thrown)}.`, {
    hint: 'Look at the health of the database; Drydock connects again by itself.',
    cause: thrown,
  })
}

/**
 * A database error as text for a log. PostgreSQL quotes values in the messages of the classes 22 (data) and
 * 23 (constraint), so that only their code is shown.
 */
export function describeFailure(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return describeFailure(thrown.errors[0])
  if (typeof thrown !== 'object' || thrown === null) return 'unknown error'
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
  const message = 'message' in thrown && typeof thrown.message === 'string' ? thrown.message : 'no message'
  if (code !== undefined && /^2[23]/.test(code)) return `SQLSTATE ${code}`
  return code === undefined ? message : `${message} (${code})`
}
