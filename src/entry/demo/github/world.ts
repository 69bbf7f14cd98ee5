import type { KeyObject } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import type { Faults } from './faults.ts'
import type {
  Account,
  HookDelivery,
  Installation,
  RecordedRequest,
  Repository,
  Role,
  Token,
  Violation,
} from './model.ts'
import type { Validator } from './validation.ts'

/** Everything that the emulator knows. */
export type World = {
  /** Where it listens, without a slash at the end; set before the first request. */
  url: string
  readonly folder: string
  readonly app: {
    readonly id: number
    readonly slug: string
    readonly owner: Account
    readonly bot: Account
    readonly key: KeyObject
    readonly permissions: Readonly<Record<string, string>>
    readonly events: readonly string[]
    readonly createdAt: string
  }
  webhookUrl: string | undefined
  readonly webhookSecret: string
  readonly accounts: Map<string, Account>
  /** By `owner/name` in lower case. */
  readonly repositories: Map<string, Repository>
  readonly installations: Installation[]
  /** Members of teams, in lower case, by `organization/slug` in lower case. */
  readonly teams: Map<string, Set<string>>
  readonly tokens: Map<string, Token>
  readonly deliveries: HookDelivery[]
  readonly requests: RecordedRequest[]
  readonly violations: Violation[]
  readonly faults: Faults
  readonly validator: Validator | undefined
  readonly emitter: EventEmitter
  /** Webhooks not answered yet. */
  outbox: Promise<unknown>
  nextId: number
}

/** An id that nothing else has. */
export function newId(world: World): number {
  world.nextId += 1
  return world.nextId
}

/** Now, as GitHub writes it: ISO 8601 in UTC, to the second. */
export function timestamp(ms = Date.now()): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Tells those who wait that something is different. */
export function changed(world: World): void {
  world.emitter.emit('change')
}

/** Runs `work` after every earlier writer of this repository. Not re-entrant: only the outermost step takes it. */
export function exclusively<T>(repository: Repository, work: () => Promise<T>): Promise<T> {
  const result = repository.lock.then(work)
  repository.lock = result.catch(() => undefined)
  return result
}

/** The account of this name, made when nobody has it. */
export function account(world: World, login: string, type: Account['type'] = 'User'): Account {
  const known = world.accounts.get(login.toLowerCase())
  if (known) return known
  const id = newId(world)
  const email = `${id}+${login}@users.noreply.github.com`
  const made: Account = { id, login, type, name: login, email }
  world.accounts.set(login.toLowerCase(), made)
  return made
}

/** `owner/name`. */
export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`
}

/** The repository of this name, if there is one. */
export function findRepository(world: World, owner: string, name: string): Repository | undefined {
  return world.repositories.get(`${owner}/${name}`.toLowerCase())
}

/** The installation that covers a repository: a fork has none of its own unless it was made with one. */
export function installationOf(world: World, repository: Repository): Installation | undefined {
  return world.installations.find((each) => each.repositories.includes(repository))
}

/** A user's role: the owner is an admin, everybody else has what was set, or `read` on a public repository. */
export function roleOf(repository: Repository, user: Account): Role {
  if (user === repository.owner) return 'admin'
  return repository.roles.get(user.login.toLowerCase()) ?? (repository.private ? 'none' : 'read')
}
