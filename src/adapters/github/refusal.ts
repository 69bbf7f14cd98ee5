import { DrydockError } from '../../core/model/errors.ts'
import { cut } from './limits.ts'
import { redact } from './redact.ts'

/** What is read of an error of Octokit. Its request holds headers, so the error itself is never passed on. */
type Refusal = {
  readonly status?: unknown
  readonly message?: unknown
  readonly response?: { readonly headers?: Record<string, unknown>; readonly data?: unknown }
}

/** HTTP status of an error of Octokit; 500 where no answer came. `undefined` for any other error. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as Refusal | undefined)?.status
  return typeof status === 'number' ? status : undefined
}

/** `true` when GitHub may have done what was asked although no good answer arrived. */
export function isUncertain(error: unknown): boolean {
  return (statusOf(error) ?? 0) >= 500
}

function header(error: unknown, name: string): string | undefined {
  const value = (error as Refusal).response?.headers?.[name]
  return value === undefined ? undefined : String(value)
}

/**
 * Seconds to wait that GitHub asks for, when it refused for its rate limits; `undefined` for any other error.
 * `retry-after`, else `x-ratelimit-reset`, else one minute (GitHub: "Rate limits for the REST API").
 */
export function askedWait(error: unknown, now: number): number | undefined {
  const status = statusOf(error)
  if (status !== 403 && status !== 429) return undefined
  const after = Number(header(error, 'retry-after'))
  if (Number.isFinite(after)) return Math.max(1, Math.ceil(after))
  if (header(error, 'x-ratelimit-remaining') === '0') {
    const reset = Number(header(error, 'x-ratelimit-reset'))
    return Number.isFinite(reset) ? Math.max(1, Math.ceil(reset - now / 1000) + 1) : 60
  }
  const limited = status === 429 || /secondary rate limit|abuse detection/i.test(String((error as Refusal).message))
  return limited ? 60 : undefined
}

/** GitHub's own words, without its page layout, link and credentials. */
function words(error: unknown): string {
  const message = String((error as Refusal).message ?? '').replace(/ - https:\/\/docs\.github\.com\S*$/, '')
  return cut(redact(message.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')).trim(), 300).replace(/\.$/, '')
}

/** `checks=write` of GitHub's header as people see it in the settings: `checks: write`. */
function permissionOf(error: unknown, needs: string): string {
  const accepted = header(error, 'x-accepted-github-permissions')
  return accepted ? accepted.replaceAll('=', ': ').replaceAll(';', ' or ').replaceAll(',', ' and ') : needs
}

/**
 * What GitHub's refusal means for a person. `doing` completes "GitHub refused to …"; `needs` is the permission of the
 * App that this takes, used where GitHub doesn't name it. The error of Octokit is not kept as a cause: it holds headers.
 */
export function refusalOf(error: unknown, doing: string, needs: string): DrydockError {
  if (error instanceof DrydockError) return error
  const status = statusOf(error)
  const failed = (message: string, hint: string) => new DrydockError('github-failed', message, { hint })
  if (status === undefined)
    return failed(`Drydock could not ask GitHub to ${doing}: ${words(error)}.`, 'Check APP_ID and PRIVATE_KEY.')
  const wait = askedWait(error, Date.now())
  if (wait !== undefined) {
    const at = new Date(Date.now() + wait * 1000).toISOString().slice(11, 19)
    return failed(
      `GitHub's rate limit is used up; it refused to ${doing}.`,
      `GitHub takes requests again at ${at} UTC; Drydock tries again by itself.`,
    )
  }
  if (status >= 500) {
    const answered = (error as Refusal).response
      ? `GitHub answered ${status}`
      : `GitHub did not answer (${words(error)})`
    return failed(
      `${answered} when asked to ${doing}.`,
      'Drydock tries again by itself; see https://www.githubstatus.com.',
    )
  }
  const message = `GitHub refused to ${doing}: ${words(error)} (${status}).`
  if (status === 401)
    return failed(message, 'Check APP_ID and PRIVATE_KEY, and that the clock of this machine is right.')
  if (status === 403 && /not accessible by integration/i.test(words(error)))
    return failed(
      message,
      `The App lacks the permission ${permissionOf(error, needs)}. Grant it in the App's settings, then accept it in the settings of the installation.`,
    )
  if (status === 403 && /suspended/i.test(words(error)))
    return failed(message, 'The installation is suspended; an owner can unsuspend it in its settings.')
  if (status === 404) return failed(message, 'It is gone, was renamed, or the App is not installed there (any more).')
  return failed(message, `It takes the permission ${permissionOf(error, needs)}.`)
}

/** Asks GitHub for something; throws `github-failed` with what to do next. */
export async function ask<T>(doing: string, needs: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    throw refusalOf(error, doing, needs)
  }
}

/** Like {@link ask}, but `undefined` where GitHub says that there is no such thing (404, 410). */
export async function askFor<T>(doing: string, needs: string, send: () => Promise<T>): Promise<T | undefined> {
  try {
    return await send()
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 410) return undefined
    throw refusalOf(error, doing, needs)
  }
}
