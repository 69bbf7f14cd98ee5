import type { CommandName } from '../../core/commands/command.ts'
import { helpText } from '../../core/commands/help-text.ts'
import { commands } from '../../core/commands/table.ts'
import { judge, type RuledApp, type Verdict, whoMay } from '../../core/commands/who-may.ts'
import { ruledApps } from './may-for.ts'
import { knowPerson, type Order, ownApps } from './order.ts'

/** The commands that the author of this one may use for at least one app of the pull request. */
export async function sayHelp(order: Order): Promise<string> {
  const { forge, trusted } = order
  const own = await ownApps(order)
  const found = await ruledApps(order, own)
  const ruled = (app: string) => ('apps' in found ? found.apps.get(app) : undefined)
  // Where no app is known yet, what is said for the whole repository counts.
  const places: readonly { readonly app?: string; readonly ruled?: RuledApp | undefined }[] =
    own.length > 0 ? own.map((app) => ({ app, ruled: ruled(app) })) : [{}]
  const whoOf = (name: CommandName) => places.map((place) => whoMay(name, trusted.commands, place.ruled))
  const { person } = await knowPerson(
    forge,
    order.person,
    commands.flatMap(({ name }) => whoOf(name)),
  )
  const isAllowed = (verdict: Verdict | undefined) => verdict !== undefined && 'allowedBy' in verdict
  const verdicts = (name: CommandName) => whoOf(name).map((who) => judge(name, who, person))
  return helpText({
    apps: (name) => verdicts(name).flatMap((verdict, index) => (isAllowed(verdict) ? (places[index]?.app ?? []) : [])),
    may: (name) => verdicts(name).find(isAllowed) ?? verdicts(name)[0] ?? { refused: '' },
  })
}
