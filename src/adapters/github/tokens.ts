import { DrydockError } from '../../core/model/errors.ts'
import { fullName } from '../../core/model/repository.ts'
import type { RepositoryName } from '../../flows/ports.ts'
import { ask, statusOf } from './refusal.ts'

/** Permissions of an installation token, by their names in GitHub's API. */
export type Permissions = Readonly<Record<string, 'read' | 'write'>>

/** What a token is for: one repository, or all of the installation where `repository` is absent. */
export type TokenScope = {
  readonly installationId: number
  readonly repository?: RepositoryName
  readonly permissions: Permissions
}

/** GitHub's answer to a request for a token. */
type TokenAnswer = { readonly token?: unknown; readonly expires_at?: unknown }

/** Asks GitHub as the App: for a token, and for what an installation was granted. */
export type AppRequests = {
  readonly createToken: (scope: TokenScope) => Promise<TokenAnswer>
  readonly granted: (installationId: number) => Promise<Permissions>
}

/** A cached token is used until five minutes before GitHub lets it expire. */
const spareMs = 5 * 60_000

/** Installation tokens, asked for once and kept until five minutes before they expire. */
export type Tokens = {
  /** Throws `github-failed`, naming the permissions that the installation was not granted. */
  readonly get: (scope: TokenScope) => Promise<string>
  /** Forgets a token that GitHub refused. */
  readonly forget: (scope: TokenScope) => void
}

/** Makes the cache. `now` is in ms. */
export function createTokens(requests: AppRequests, now: () => number = Date.now): Tokens {
  const cache = new Map<string, { readonly token: Promise<string>; expires: number }>()

  async function create(scope: TokenScope, entry: { expires: number }): Promise<string> {
    const answer = await ask('give Drydock a token', 'metadata: read', async () => {
      try {
        return await requests.createToken(scope)
      } catch (error) {
        throw statusOf(error) === 422 ? await ungranted(requests, scope, error) : error
      }
    })
    if (typeof answer.token !== 'string' || typeof answer.expires_at !== 'string')
      throw new DrydockError('github-failed', 'GitHub gave no installation token.', {
        hint: 'Drydock tries again by itself; see https://www.githubstatus.com.',
      })
    const expires = Date.parse(answer.expires_at) - spareMs
    entry.expires = Number.isNaN(expires) ? now() : expires
    return answer.token
  }

  return {
    get: (scope) => {
      const key = keyOf(scope)
      const cached = cache.get(key)
      if (cached && cached.expires > now()) return cached.token
      for (const [each, { expires }] of cache) if (expires <= now()) cache.delete(each)
      const times = { expires: Number.POSITIVE_INFINITY }
      const token = create(scope, times)
      const entry = Object.assign(times, { token })
      cache.set(key, entry)
      token.catch(() => {
        if (cache.get(key) === entry) cache.delete(key)
      })
      return token
    },
    forget: (scope) => {
      cache.delete(keyOf(scope))
    },
  }
}

function keyOf({ installationId, repository, permissions }: TokenScope): string {
  const name = repository ? fullName(repository).toLowerCase() : ''
  return JSON.stringify([installationId, name, Object.entries(permissions).sort()])
}

/** GitHub answers 422 both for a permission that was not granted and for a repository outside the installation. */
async function ungranted(requests: AppRequests, scope: TokenScope, error: unknown): Promise<unknown> {
  const granted = await requests.granted(scope.installationId).catch(() => undefined)
  if (!granted) return error
  const missing = Object.entries(scope.permissions)
    .filter(([name, level]) => granted[name] !== level && granted[name] !== 'write')
    .map(([name, level]) => `${name}: ${level}`)
  const where = scope.repository ? fullName(scope.repository) : 'its account'
  return missing.length > 0
    ? new DrydockError('github-failed', `The App's installation lacks permissions: ${missing.join(', ')}.`, {
        hint: "Grant them in the App's settings, then accept them in the settings of the installation.",
      })
    : new DrydockError('github-failed', `The App's installation ${scope.installationId} does not reach ${where}.`, {
        hint: 'Add the repository to the installation; after a rename or a transfer the next webhook names it anew.',
      })
}
