import { randomBytes, verify } from 'node:crypto'
import { GitHubError } from './github-error.ts'
import type { Installation, Repository, Token } from './model.ts'
import type { Auth } from './router.ts'
import type { World } from './world.ts'

/** Clocks may differ by this much, seconds. */
const SKEW = 60

function decode(part: string | undefined): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))
  } catch {
    throw new GitHubError(401, 'A JSON web token could not be decoded')
  }
}

/** Checks an App's JWT as GitHub does: RS256, issuer, `exp` at most ten minutes ahead, `iat` not in the future. */
function checkJwt(world: World, jwt: string): Auth {
  const [head, claims, signature = ''] = jwt.split('.')
  const { alg } = decode(head)
  const { iss, exp, iat } = decode(claims)
  const signed = Buffer.from(`${head}.${claims}`)
  const genuine = verify('sha256', signed, world.app.key, Buffer.from(signature, 'base64url'))
  if (alg !== 'RS256' || !genuine) throw new GitHubError(401, 'A JSON web token could not be decoded')
  if (String(iss) !== String(world.app.id)) throw new GitHubError(401, "'Issuer' claim ('iss') must be the App's id")
  const now = Date.now() / 1000
  if (typeof exp !== 'number' || exp < now) {
    throw new GitHubError(401, "'Expiration time' claim ('exp') must be a numeric value in the future")
  }
  if (exp > now + 600 + SKEW) {
    throw new GitHubError(401, "'Expiration time' claim ('exp') is too far in the future")
  }
  if (typeof iat !== 'number' || iat > now + SKEW) {
    throw new GitHubError(401, "'Issued at' claim ('iat') must be an Integer representing the time that it was issued")
  }
  return { kind: 'app' }
}

function checkToken(world: World, text: string): Auth {
  const token = world.tokens.get(text)
  if (!token || token.expiresAt <= Date.now()) throw new GitHubError(401, 'Bad credentials')
  return { kind: 'installation', installation: token.installation, token }
}

/** Who sends a request with this `Authorization` header: Bearer or token, or Basic with the token as password. */
export function authenticate(world: World, header: string | undefined): Auth {
  if (!header) return { kind: 'anonymous' }
  const [scheme = '', value = ''] = header.split(' ')
  if (scheme.toLowerCase() === 'basic') {
    const [, password = ''] = Buffer.from(value, 'base64').toString('utf8').split(':')
    return checkToken(world, password)
  }
  return value.split('.').length === 3 ? checkJwt(world, value) : checkToken(world, value)
}

/** Gives out an installation token that ends in an hour. Throws 422 on what the installation doesn't have. */
export function issueToken(
  world: World,
  installation: Installation,
  narrow: {
    readonly repositories?: readonly string[] | undefined
    readonly repositoryIds?: readonly number[] | undefined
    readonly permissions?: Readonly<Record<string, string>> | undefined
  },
): { readonly text: string; readonly token: Token } {
  const wanted = [
    ...(narrow.repositories ?? []).map((name) =>
      installation.repositories.find((each) => each.name.toLowerCase() === name.toLowerCase()),
    ),
    ...(narrow.repositoryIds ?? []).map((id) => installation.repositories.find((each) => each.id === id)),
  ]
  const repositories = wanted.filter((each) => each !== undefined)
  if (repositories.length < wanted.length) {
    throw new GitHubError(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    )
  }
  const granted = world.app.permissions
  for (const [name, level] of Object.entries(narrow.permissions ?? {})) {
    if (granted[name] === undefined || (level === 'write' && granted[name] === 'read')) {
      throw new GitHubError(422, 'The permissions requested are not granted to this installation.')
    }
  }
  const text = `ghs_${randomBytes(27).toString('base64url').replaceAll(/[-_]/g, '0')}`
  const token: Token = {
    installation,
    repositories: wanted.length > 0 ? repositories : undefined,
    permissions: narrow.permissions ? { metadata: 'read', ...narrow.permissions } : granted,
    expiresAt: Date.now() + 3_600_000,
  }
  world.tokens.set(text, token)
  return { text, token }
}

/** May this caller see the repository at all? */
export function sees(auth: Auth, repository: Repository): boolean {
  if (auth.kind !== 'installation') return !repository.private
  const covered = auth.token.repositories ?? auth.installation.repositories
  return covered.includes(repository) || !repository.private
}

/** Does the caller's token cover the repository with this permission? */
export function may(auth: Auth, repository: Repository, name: string, level: 'read' | 'write'): boolean {
  if (auth.kind !== 'installation') return false
  const covered = auth.token.repositories ?? auth.installation.repositories
  if (!covered.includes(repository)) return level === 'read' && !repository.private
  const granted = auth.token.permissions[name]
  return granted === 'write' || granted === 'admin' || (level === 'read' && granted === 'read')
}
