import type { CommandName } from '../../core/commands/command.ts'
import { hasOwnRule, judge, judgeApproval, type RuledApp, type Target, whoMay } from '../../core/commands/who-may.ts'
import { problemsOf } from '../../core/model/errors.ts'
import { problemText } from '../../core/report/answers.ts'
import { renamesBetween } from '../../core/sync/renames.ts'
import { readConfig } from '../render/read-config.ts'
import { knowPerson, type Order, type Right, unknownTeam } from './order.ts'

/**
 * Whether the author of a command may give it for each of these apps (by name; none: for the repository), as the target
 * branch says: all or none. Else one refusal, as Markdown. The order that comes back goes on in the given one's stead: it
 * knows for each app by which rule, for the audit.
 */
export async function mayFor(
  order: Order,
  name: CommandName,
  apps: readonly string[],
): Promise<{ readonly order: Order } | { readonly refused: string }> {
  const { forge, trusted, pull } = order
  const found = await ruledApps(order, apps)
  if ('refused' in found) return found
  const targets: readonly (Target | undefined)[] =
    apps.length > 0 ? apps.map((app) => ({ app, own: hasOwnRule(name, found.apps.get(app)) })) : [undefined]
  const rules = targets.map((target) => ({
    target,
    who: whoMay(name, trusted.commands, target && found.apps.get(target.app)),
  }))
  const { person, problems } = await knowPerson(
    forge,
    order.person,
    rules.map(({ who }) => who),
  )
  const rights = new Map<string, Right>()
  for (const { who, target } of rules) {
    const verdict =
      name === 'approve' ? judgeApproval(who, person, pull.author, target) : judge(name, who, person, target)
    if ('refused' in verdict) return unknownTeam(verdict, problems)
    if (target) rights.set(target.app, { who, allowedBy: verdict.allowedBy })
  }
  return { order: { ...order, person, rights } }
}

/**
 * The apps of the target branch that these names mean. One that an open pull request renames goes by the rules of the name
 * that it has there: nobody gets rid of them by a new name.
 */
export async function ruledApps(
  { world, job, pull, trusted }: Order,
  names: readonly string[],
): Promise<{ readonly apps: ReadonlyMap<string, RuledApp> } | { readonly refused: string }> {
  const apps = new Map<string, RuledApp>(trusted.apps.map((app) => [app.name, app]))
  const isSure = names.every((each) => apps.has(each)) || trusted.apps.every((app) => app.commands === undefined)
  if (isSure || pull.state !== 'open') return { apps }
  try {
    const repository = await world.git.open(job.repository, job.repository.installationId)
    await repository.fetch([pull.head])
    const wanted = await readConfig(repository, pull.head)
    for (const { from, to } of renamesBetween(trusted.apps, wanted.apps)) {
      const old = apps.get(from)
      if (old) apps.set(to, old)
    }
    return { apps }
  } catch (thrown) {
    const [problem] = problemsOf(thrown)
    const why = problem ? ` ${problemText(problem)}` : ''
    return { refused: `Which apps this pull request renames could not be read, so nobody may do this now.${why}` }
  }
}
