/** An answer of GitHub that is an error: its status, and the message of its body. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError'
  readonly status: number
  readonly errors: readonly unknown[] | undefined

  constructor(status: number, message: string, errors?: readonly unknown[]) {
    super(message)
    this.status = status
    this.errors = errors
  }
}

/** 404, which GitHub also says about what the caller may not see. */
export function notFound(): GitHubError {
  return new GitHubError(404, 'Not Found')
}

/** 422 about one field. */
export function invalid(resource: string, field: string, message: string): GitHubError {
  return new GitHubError(422, `Validation Failed: ${message}`, [{ resource, field, code: 'custom', message }])
}
