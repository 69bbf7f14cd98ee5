import type { RepositorySettings } from '../config/settings.ts'
import type { CommandName, Permission } from './command.ts'
import { commands } from './table.ts'

const ranks: readonly Permission[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin']

/** Who may use a command: a permission on the repository, or a list of `@person` and `@organization/team`. */
export type Who = Permission | readonly string[]

/** Who may use which command, as `.github/drydock.yaml` of the target branch says. */
export type CommandRules = RepositorySettings['commands']

/** A team of an organization. */
export type Team = { readonly org: string; readonly slug: string }

/** What is known of somebody who gave a command. */
export type Person = {
  readonly login: string
  readonly permission: Permission
  /** The teams of {@link teamsOf} that he is in, as they are written there. */
  readonly teams: ReadonlySet<string>
}

/** Whether somebody may do something: by which rule, or what is missing, as Markdown. */
export type Verdict = { readonly allowedBy: string } | { readonly refused: string }

/** Whether a permission is at least another. */
export function isAtLeast(permission: Permission, least: Permission): boolean {
  return ranks.indexOf(permission) >= ranks.indexOf(least)
}

/** Who may use a command: what the configuration says, else the default. `/unlock` goes by the rule of `/lock`. */
export function whoMay(name: CommandName, rules: CommandRules | undefined): Who {
  const key = name === 'unlock' ? 'lock' : name
  const said = key === 'status' || key === 'help' ? undefined : rules?.[key]
  return said ?? commands.find((each) => each.name === name)?.permission ?? 'admin'
}

/** The teams that have to be asked about before it is known who may, as `@organization/team`. */
export function teamsOf(who: Who): readonly { readonly name: string; readonly team: Team }[] {
  if (typeof who === 'string') return []
  return who.flatMap((name) => {
    const [, org, slug] = /^@([^/]+)\/(.+)$/.exec(name) ?? []
    return org && slug ? [{ name, team: { org, slug } }] : []
  })
}

/** Judges whether somebody is one of those who may. */
export function judge(name: CommandName, who: Who, person: Person): Verdict {
  if (typeof who === 'string') {
    if (isAtLeast(person.permission, who)) return { allowedBy: `permission ${person.permission}` }
    return {
      refused: `\`/${name}\` is not for you here: it needs more than \`${person.permission}\` permission on this repository, at least \`${who}\`.`,
    }
  }
  const named = isNamed(who, person.login) ? `@${person.login}` : who.find((each) => person.teams.has(each))
  if (named) return { allowedBy: `commands names ${named}` }
  const list = who.map((each) => `\`${each}\``).join(', ')
  return { refused: `\`/${name}\` is not for you here: the configuration of this repository gives it to ${list}.` }
}

/** Is a person in a list by his own name, not by a team's? */
export function isNamed(who: Who, login: string): boolean {
  return typeof who !== 'string' && who.some((each) => each.toLowerCase() === `@${login.toLowerCase()}`)
}

/**
 * Judges who may accept risks: whoever wrote the pull request does not, unless the configuration lists that very person.
 * A team that the author is in doesn't count for the author.
 */
export function judgeApproval(who: Who, person: Person, author: string): Verdict {
  const verdict = judge('approve', who, person)
  if ('refused' in verdict || person.login.toLowerCase() !== author.toLowerCase() || isNamed(who, author))
    return verdict
  return {
    refused:
      'You opened this pull request: somebody else has to accept its risks. (`commands.approve` of the target branch may list you by name.)',
  }
}

/**
 * Judges who may let go of a lock or pin: the one who holds it, and whoever has `maintain`; where the configuration lists
 * people, each of those.
 */
export function judgeUnlock(who: Who, person: Person, held: { readonly app: string; readonly by: string }): Verdict {
  if (held.by.toLowerCase() === person.login.toLowerCase()) return { allowedBy: 'holds it' }
  const verdict = judge('unlock', who, person)
  if ('refused' in verdict || typeof who !== 'string' || isAtLeast(person.permission, 'maintain')) return verdict
  return {
    refused: `\`${held.app}\` is held by \`${held.by.replaceAll('`', '')}\`: they may let go of it, or somebody with the \`maintain\` permission.`,
  }
}
