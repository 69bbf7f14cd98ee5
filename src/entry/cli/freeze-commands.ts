import type { Freeze } from '../../core/model/inventory.ts'
import { stringifyJson } from '../../core/model/json.ts'
import type { JsonObject } from '../../core/model/object.ts'
import { oneLine } from '../../core/report/escape.ts'
import { moment } from '../../core/report/time.ts'
import type { AskAdmin } from '../../flows/operate/admin.ts'
import type { FreezeResult } from '../../flows/operate/freeze.ts'
import { type Actions, exit, type FreezeOptions } from './program.ts'
import type { Terminal } from './terminal.ts'

/** The commands by which those who run the server stop syncs, and let them go on. */
export function freezeCommands(ask: AskAdmin, terminal: Terminal): Pick<Actions, 'freeze' | 'unfreeze'> {
  const print = (answer: unknown, { output }: FreezeOptions, text: string) =>
    terminal.out(output === 'json' ? `${stringifyJson(answer, 2)}\n` : text)
  const list = async (options: FreezeOptions) => {
    const freezes = (await ask('freezes', {})) as unknown as readonly Freeze[]
    print(freezes, options, freezes.length > 0 ? freezes.map(line).join('') : 'Nothing is frozen.\n')
    return exit.ok
  }
  return {
    freeze: async ({ list: listed, ...options }) => {
      if (listed) return list(options)
      const result = await change(ask, 'freeze', options)
      print(result, options, `Frozen: ${result.freeze ? line(result.freeze) : '\n'}`)
      for (const each of result.missed) terminal.err(`note: not marked on the cluster: ${each}\n`)
      return exit.ok
    },
    unfreeze: async (options) => {
      const result = await change(ask, 'unfreeze', options)
      const what = options.repository ?? 'every repository'
      print(result, options, `The freeze of ${what} is over. Syncs that go on now: ${result.released}.\n`)
      for (const each of result.missed) terminal.err(`still marked as frozen on the cluster: ${each}\n`)
      if (result.missed.length === 0) return exit.ok
      terminal.err('Run the same command again when the cluster answers: until then these apps stay frozen.\n')
      return exit.error
    },
  }
}

async function change(
  ask: AskAdmin,
  operation: string,
  { repository, reason }: FreezeOptions & { readonly reason?: string },
): Promise<FreezeResult> {
  const input: JsonObject = {
    ...(repository === undefined ? {} : { repository }),
    ...(reason === undefined ? {} : { reason }),
  }
  return (await ask(operation, input)) as unknown as FreezeResult
}

/** A reason is any text: nothing in it may steer the terminal. */
function line({ scope, by, at, reason }: Freeze): string {
  const what = scope === '*' ? 'every repository' : scope
  return `${what}, by ${oneLine(by)} since ${moment(at)}: ${oneLine(reason)}\n`
}
