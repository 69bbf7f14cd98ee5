import { createHash } from 'node:crypto'
import type { CommandName } from '../../core/commands/command.ts'
import { selectApps } from '../../core/commands/select-apps.ts'
import {
  type CommandRules,
  hasOwnRule,
  judge,
  type Person,
  teamsOf,
  type Verdict,
  type Who,
  whoMay,
} from '../../core/commands/who-may.ts'
import type { App } from '../../core/model/app.ts'
import { DrydockError, type Problem, problemsOf } from '../../core/model/errors.ts'
import { fullName } from '../../core/model/repository.ts'
import type { Forge, IssueComment, PullRequest, RepositoryName } from '../ports.ts'
import type { AuditEvent, Job, PlanRecord } from '../records.ts'
import { readConfig } from '../render/read-config.ts'
import type { ServerWorld } from '../server-world.ts'
import { mergedSyncs } from '../sync/syncs-of.ts'
import { inTime } from './in-time.ts'

/** The job of one comment. */
export type CommandJob = Extract<Job, { kind: 'command' }>

/** A command that its author may give, with what is known of the place where it was given. */
export type Order = {
  readonly world: ServerWorld
  readonly forge: Forge
  readonly job: CommandJob
  readonly comment: IssueComment
  readonly pull: PullRequest
  /** The plan that was shown when the command was read; only what its author can have seen is obeyed. */
  readonly shown: PlanRecord | undefined
  readonly person: Person
  /** The rule by which it is allowed somewhere, for the audit. */
  readonly allowedBy: string
  /** The same for each app that it was judged for: see `mayFor`. */
  readonly rights: ReadonlyMap<string, Right>
  readonly trusted: TrustedRules
  /** Says something in the one reply of this command; what it said before is replaced. */
  readonly say: (text: string) => Promise<void>
}

/** Who may do what an order says with an app, and the rule by which its author may. */
export type Right = { readonly who: Who; readonly allowedBy: string }

/** What the target branch says now; `problem`: why it could not be read. */
export type TrustedRules = {
  readonly commands?: CommandRules | undefined
  readonly apps: readonly App[]
  readonly problem?: Problem | undefined
}

/** An app and the name of its cluster. */
export type AppPlace = { readonly app: string; readonly cluster: string }

/**
 * Reads who may do what, and which apps there are, from the branch that is synced as it is now: never from the pull
 * request, nor from another branch that somebody made its target.
 *
 * @param branch the branch that is synced
 * @param urgent `true`: where the branch can't be read at once, as the last push that was looked at left it
 */
export async function readRules(
  world: ServerWorld,
  forge: Forge,
  job: CommandJob,
  branch: string,
  urgent = false,
): Promise<TrustedRules> {
  const repository = await world.git.open(job.repository, job.repository.installationId)
  const readAt = async (commit: string): Promise<TrustedRules> => {
    await repository.fetch([commit])
    const { commands, apps } = await readConfig(repository, commit)
    return { commands, apps }
  }
  const newest = async () => {
    const head = await forge.branchHead(branch)
    if (head === undefined) throw new DrydockError('git-failed', `The branch ${branch} has no commit.`)
    return readAt(head)
  }
  try {
    return await (urgent ? inTime(newest()) : newest())
  } catch (thrown) {
    const known = urgent ? await world.store.cursor(job.repository, branch) : undefined
    if (known !== undefined) {
      world.log.warn('the rules of the last push count', { branch, commit: known, err: thrown })
      const rules = await readAt(known).catch(() => undefined)
      if (rules) return rules
    }
    return { apps: [], problem: problemsOf(thrown)[0] }
  }
}

/** What is known of somebody: permission, and of the teams that these rules name, those that he is in. */
export async function knowPerson(
  forge: Forge,
  person: Pick<Person, 'login' | 'permission'> & Partial<Pick<Person, 'teams'>>,
  rules: readonly Who[],
): Promise<{ readonly person: Person; readonly problems: readonly Problem[] }> {
  const asked = new Map(rules.flatMap(teamsOf).map(({ name, team }) => [name, team]))
  const teams = new Set(person.teams)
  const problems: Problem[] = []
  for (const [name, team] of asked) {
    if (teams.has(name)) continue
    try {
      if (await forge.isMember(team, person.login)) teams.add(name)
    } catch (thrown) {
      // Whoever can't be shown to be a member is none; why it is unknown is said.
      problems.push(...problemsOf(thrown))
    }
  }
  return { person: { ...person, teams }, problems }
}

/**
 * Judges a command by the rules of the target branch, before it is known which apps it is for: whoever may give it for the
 * repository, or for any app that says so itself. See `mayFor` for the apps.
 */
export async function judgeCommand(
  forge: Forge,
  name: CommandName,
  { commands, apps }: TrustedRules,
  somebody: Pick<Person, 'login' | 'permission'>,
): Promise<{ readonly person: Person; readonly verdict: Verdict }> {
  const who = whoMay(name, commands)
  const { person, problems } = await knowPerson(forge, somebody, [who])
  const verdict = judge(name, who, person)
  const own = apps.filter((app) => hasOwnRule(name, app)).map((app) => ({ app, who: whoMay(name, commands, app) }))
  if ('allowedBy' in verdict || own.length === 0) return { person, verdict: unknownTeam(verdict, problems) }
  const known = await knowPerson(
    forge,
    person,
    own.map((rule) => rule.who),
  )
  for (const rule of own) {
    const special = judge(name, rule.who, known.person, { app: rule.app.name, own: true })
    if ('allowedBy' in special) return { person: known.person, verdict: special }
  }
  return { person, verdict: unknownTeam(verdict, [...problems, ...known.problems]) }
}

/** A refusal, with what GitHub would not say of a team. */
export function unknownTeam<T extends Verdict>(
  verdict: T,
  problems: readonly Problem[],
): T | { readonly refused: string } {
  const [unknown] = problems
  if ('allowedBy' in verdict || !unknown) return verdict
  const why = [unknown.message, unknown.hint].filter(Boolean).join(' ')
  return { refused: `${verdict.refused} Drydock could not ask who is in the team: ${why}` }
}

/** `owner/name`, without what else a job knows of its repository. */
export function bareName({ owner, name }: RepositoryName): RepositoryName {
  return { owner, name }
}

/** Every app that may be named here: those of the target branch, and those that the pull request planned or synced. */
export async function knownApps({ world, job, trusted }: Order): Promise<readonly AppPlace[]> {
  const planned = (await world.store.latestPlan(job.repository, job.number))?.plan?.apps ?? []
  const synced = await mergedSyncs(world, job.repository, job.number)
  const all = new Map(synced.map(({ app, cluster }) => [app, { app, cluster }]))
  for (const { name, cluster } of planned) all.set(name, { app: name, cluster })
  for (const { name, cluster } of trusted.apps) all.set(name, { app: name, cluster })
  return [...all.values()].sort((one, other) => (one.app < other.app ? -1 : 1))
}

/** Names of the pull request's own apps: those that are synced, else those that were planned, else all that there are. */
export async function ownApps({ world, job, trusted }: Order): Promise<readonly string[]> {
  const synced = new Set((await mergedSyncs(world, job.repository, job.number)).map((each) => each.app))
  if (synced.size > 0) return [...synced].sort()
  const planned = (await world.store.latestPlan(job.repository, job.number))?.plan?.apps.map((app) => app.name) ?? []
  return planned.length > 0 ? planned : trusted.apps.map((app) => app.name)
}

/** The apps that a command about apps of the repository means: the named ones, else the pull request's own. */
export async function meantApps(order: Order, words: readonly string[]): Promise<readonly AppPlace[] | string> {
  const known = await knownApps(order)
  const names = words.length > 0 ? known.map(({ app }) => app) : await ownApps(order)
  const selected = selectApps(words, names, 'repository')
  return 'kind' in selected ? selected.text : known.filter(({ app }) => selected.includes(app))
}

/**
 * Was what is shown of this pull request written before the command was? Both times are GitHub's own, in whole seconds.
 * What somebody hasn't seen yet they don't ask for.
 */
export async function sawShown({ world, forge, job, comment }: Order): Promise<boolean> {
  const { commentId } = (await world.store.pullRequest(job.repository, job.number)) ?? {}
  const sticky = commentId === undefined ? undefined : await forge.comment(commentId)
  return !sticky || Date.parse(sticky.updatedAt) <= Date.parse(comment.createdAt)
}

/** The rule by which the author of an order may do it to an app. */
export function ruleFor({ rights, allowedBy }: Order, app: string): string {
  return rights.get(app)?.allowedBy ?? allowedBy
}

/** Writes down that somebody did something to an app. */
export async function auditOrder(
  order: Order,
  event: Pick<AuditEvent, 'action' | 'app' | 'cluster' | 'revision' | 'result'> &
    Partial<Pick<AuditEvent, 'digest' | 'allowedBy'>>,
): Promise<void> {
  const { world, job, person } = order
  await world.store.audit({
    at: world.clock.now().toISOString(),
    actor: person.login,
    repository: fullName(job.repository),
    number: job.number,
    allowedBy: ruleFor(order, event.app),
    ...event,
  })
}

/** An id that a job which is done again makes again: what it names is there already then. */
export function orderedId(job: CommandJob, app: string): string {
  return derivedId(fullName(job.repository), String(job.commentId), app)
}

/** The same id for the same words, in the form of a UUID. */
export function derivedId(...words: readonly string[]): string {
  const hash = createHash('sha256').update(words.join('\n')).digest('hex')
  const parts = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `a${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ]
  return parts.join('-')
}
