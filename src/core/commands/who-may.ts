import type { App, CommandRules, Who } from '../model/app.ts'
import type { CommandName, Permission } from './command.ts'
import { commands } from './table.ts'

export type { CommandRules, Who } from '../model/app.ts'

const ranks: readonly Permission[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin']

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

/**
 * Who may use a command: what the configuration says, an app's own rules first, else the default. `/unlock` goes by the
 * rule of `/lock`.
 */
export function whoMay(name: CommandName, rules: CommandRules | undefined, app?: RuledApp): Who {
  const said = saidBy(app?.commands, name) ?? saidBy(rules, name)
  return said ?? commands.find((each) => each.name === name)?.permission ?? 'admin'
}

/** An app, as far as it says who may do what. */
export type RuledApp = Pick<App, 'name' | 'commands'>

/** Does an app say itself who may use a command? */
export function hasOwnRule(name: CommandName, app: RuledApp | undefined): boolean {
  return saidBy(app?.commands, name) !== undefined
}

function saidBy(rules: CommandRules | undefined, name: CommandName): Who | undefined {
  const key = name === 'unlock' ? 'lock' : name
  return key === 'status' || key === 'help' ? undefined : rules?.[key]
}

/** The teams that have to be asked about before it is known who may, as `@organization/team`. */
export function teamsOf(who: Who): readonly { readonly name: string; readonly team: Team }[] {
  if (typeof who === 'string') return []
  return who.flatMap((name) => {
    const [, org, slug] = /^@([^/]+)\/(.+)$/.exec(name) ?? []
    return org && slug ? [{ name, team: { org, slug } }] : []
  })
}

/** What a command is about: an app by the name that was said, and whether the rule is the app's own. */
export type Target = { readonly app: string; readonly own: boolean }

/** Judges whether somebody is one of those who may. `target`: for one app. */
export function judge(name: CommandName, who: Who, person: Person, target?: Target): Verdict {
  const command = `\`/${name}${target ? ` ${target.app}` : ''}\``
  if (typeof who === 'string') {
    if (isAtLeast(person.permission, who)) return { allowedBy: `permission ${person.permission}` }
    return {
      refused: `${command} is not for you here: it needs more than \`${person.permission}\` permission on this repository, at least \`${who}\`.`,
    }
  }
  const named = isNamed(who, person.login) ? `@${person.login}` : who.find((each) => person.teams.has(each))
  if (named) return { allowedBy: `commands${target?.own ? ` of ${target.app}` : ''} names ${named}` }
  const list = who.map((each) => `\`${each}\``).join(', ')
  return { refused: `${command} is not for you here: the configuration of this repository gives it to ${list}.` }
}

/** Is a person in a list by his own name, not by a team's? */
export function isNamed(who: Who, login: string): boolean {
  return typeof who !== 'string' && who.some((each) => each.toLowerCase() === `@${login.toLowerCase()}`)
}

/**
 * Judges who may accept risks: whoever wrote the pull request does not, unless the configuration lists that very person.
 * A team that the author is in doesn't count for the author.
 */
export function judgeApproval(who: Who, person: Person, author: string, target?: Target): Verdict {
  const verdict = judge('approve', who, person, target)
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
