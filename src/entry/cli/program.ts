import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { DrydockErrors, type Problem, problemsOf } from '../../core/model/errors.ts'
import { problemsText } from '../../core/report/problems-text.ts'
import type { Terminal } from './terminal.ts'

/** Exit codes (the same as `kubectl diff`, with 3 for a refusal, and a shell's own for a Ctrl-C). */
export const exit = { ok: 0, changes: 1, error: 2, refused: 3, stopped: 130 } as const

/** Options of the commands that read a checkout. */
export type DirectoryOptions = {
  readonly app?: string
  readonly base?: string
  readonly head?: string
  readonly context?: string
}

/** How a plan is printed. */
export type OutputFormat = 'text' | 'json' | 'markdown'

/** Options of the commands that show what was synced. */
export type HistoryOptions = { readonly repository?: string; readonly output: 'text' | 'json' }

/** Options of the commands that stop and go on with syncs. */
export type FreezeOptions = { readonly repository?: string; readonly output: 'text' | 'json' }

/** Which events of the audit log are exported. */
export type AuditExportOptions = { readonly since?: string; readonly app?: string; readonly repository?: string }

/** What each command does; returns the exit code. */
export type Actions = {
  readonly plan: (folder: string, options: DirectoryOptions & { readonly output: OutputFormat }) => Promise<number>
  readonly sync: (
    folder: string,
    options: DirectoryOptions & { readonly acceptRisks?: boolean; readonly output: 'text' | 'json' },
  ) => Promise<number>
  readonly validate: (folder: string, options: DirectoryOptions) => Promise<number>
  readonly render: (folder: string, options: DirectoryOptions) => Promise<number>
  readonly history: (
    app: string,
    sync: string | undefined,
    options: HistoryOptions & { readonly number: number },
  ) => Promise<number>
  readonly historyDiff: (app: string, from: string, to: string, options: HistoryOptions) => Promise<number>
  readonly freeze: (options: FreezeOptions & { readonly reason?: string; readonly list?: boolean }) => Promise<number>
  readonly unfreeze: (options: FreezeOptions) => Promise<number>
  readonly auditVerify: (options: { readonly contains?: string; readonly output: 'text' | 'json' }) => Promise<number>
  readonly auditExport: (options: AuditExportOptions) => Promise<number>
  readonly schema: () => Promise<number>
  readonly serve: () => Promise<number>
  readonly demo: (options: {
    readonly context?: string
    readonly exit?: boolean
    readonly port?: number
  }) => Promise<number>
}

const examples = `
Examples:
  drydock plan                     what a sync of this checkout would change
  drydock plan apps/shop           the same for the apps of one folder
  drydock sync --app 'shop-*'      make the cluster equal to the commit
  drydock validate                 no cluster needed
`
const exitCodes = `
Exit codes:
  0  nothing to do, or done
  1  there are changes (plan), or differences (history diff)
  2  error
  3  refused by policy, or held until a person decides
`

/**
 * Runs one command line and returns its exit code; what went wrong is printed on standard error, without a stack.
 * `argv` is without the program's own name.
 */
export async function runCommandLine(
  argv: readonly string[],
  actions: Actions,
  terminal: Terminal,
  version: string,
): Promise<number> {
  let code: number = exit.ok
  const program = new Command('drydock')
    .description('Plans, gates and applies Kubernetes changes from pull requests')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showSuggestionAfterError()
    .addHelpText('after', examples + exitCodes)
  const onFolder = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument('[dir]', 'a folder of a checkout, or any folder with manifests', '.')
      .addHelpText('after', exitCodes)
      .option('--app <name>', 'only this app (a name or glob)')
      .option('--head <ref>', 'the commit to look at', 'HEAD')
  onFolder('plan', 'show what syncing HEAD would do to the cluster')
    .option('--base <ref>', 'compare with this commit (default: the revision that was synced last)')
    .option('--context <name>', 'kubeconfig context')
    .addOption(
      new Option('-o, --output <format>', 'how to print it').choices(['text', 'json', 'markdown']).default('text'),
    )
    .action(async (folder: string, options: DirectoryOptions & { output: OutputFormat }) => {
      code = await actions.plan(folder, options)
    })
  onFolder('sync', 'make the cluster equal to HEAD')
    .option('--context <name>', 'kubeconfig context')
    .option('--accept-risks', 'go ahead although the plan shows risks')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .action(async (folder: string, options: DirectoryOptions & { acceptRisks?: boolean; output: 'text' | 'json' }) => {
      code = await actions.sync(folder, options)
    })
  onFolder('validate', 'check configuration and manifests, without a cluster').action(
    async (folder: string, options: DirectoryOptions) => {
      code = await actions.validate(folder, options)
    },
  )
  onFolder('render', 'print the objects of an app, without a cluster').action(
    async (folder: string, options: DirectoryOptions) => {
      code = await actions.render(folder, options)
    },
  )
  const history = withHistoryOptions(
    program
      .command('history')
      .description('show what was synced of an app, and how it went')
      .argument('<app>', 'name of the app')
      .argument('[sync]', 'show this one in full (the beginning of a sync or commit)'),
  )
    .option('-n, --number <number>', 'so many syncs', listedOf, 20)
    .action(async (app: string, sync: string | undefined, options: HistoryOptions & { number: number }) => {
      code = await actions.history(app, sync, options)
    })
  withHistoryOptions(history.command('diff').description('show what differs between the objects of two syncs'))
    .argument('<app>', 'name of the app')
    .argument('<from>', 'the beginning of a sync or commit')
    .argument('<to>', 'another one')
    // The options of `history` are taken by it, wherever they stand.
    .action(async (app: string, from: string, to: string, _options: HistoryOptions, command: Command) => {
      code = await actions.historyDiff(app, from, to, command.optsWithGlobals())
    })
  withOutput(program.command('freeze').description('on the server: let no new sync begin until `unfreeze`'))
    .option('--repository <owner/name>', 'only syncs of this repository')
    .option('--reason <text>', 'why; those whose merges wait are shown it')
    .option('--list', 'show what is frozen')
    .action(async (options: FreezeOptions & { reason?: string; list?: boolean }) => {
      code = await actions.freeze(options)
    })
  withOutput(program.command('unfreeze').description('on the server: end a freeze; what waited is synced'))
    .option('--repository <owner/name>', 'the freeze of this repository')
    .action(async (options: FreezeOptions) => {
      code = await actions.unfreeze(options)
    })
  const audit = program.command('audit').description('on the server: check and print the audit log')
  withOutput(audit.command('verify').description('look for events that were changed, removed or reordered'))
    .option('--contains <hash>', 'also for the event with this hash, noted before')
    .action(async (options: { contains?: string; output: 'text' | 'json' }) => {
      code = await actions.auditVerify(options)
    })
  audit
    .command('export')
    .description('print the events, one JSON object a line')
    .option('--since <time>', 'only those since then (2026-05-04, or 2026-05-04T10:00:00Z)')
    .option('--app <name>', 'only those of this app')
    .option('--repository <owner/name>', 'only those of this repository')
    .action(async (options: AuditExportOptions) => {
      code = await actions.auditExport(options)
    })
  program
    .command('schema')
    .description('print the JSON Schema of .github/drydock.yaml')
    .action(async () => {
      code = await actions.schema()
    })
  program
    .command('serve')
    .description('run the GitHub App (settings: docs/guide.md)')
    .action(async () => {
      code = await actions.serve()
    })
  program
    .command('demo')
    .description('play the whole story on this machine, with an emulated GitHub')
    .option('--context <name>', 'use this kubeconfig context as the cluster')
    .option('--exit', 'end after the story')
    .option('--port <number>', 'port of the page', portOf)
    .action(async (options: { context?: string; exit?: boolean; port?: number }) => {
      code = await actions.demo(options)
    })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exit.ok : exit.error
    terminal.err(`${problemsText(problemsOf(thrown).map(forTerminal))}\n`)
    if (!(thrown instanceof DrydockErrors)) terminal.debug(thrown)
    return exit.error
  }
}

/** Also where only one repository has an app of that name, one may say which. */
function withHistoryOptions(command: Command): Command {
  return withOutput(command.option('--repository <owner/name>', 'where several repositories have an app of that name'))
}

function withOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'),
  )
}

function listedOf(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= 100) return number
  throw new InvalidArgumentError('It is a number from 1 to 100.')
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('A port is a number from 0 to 65535.')
}

/** A command has no log and no comment to answer: what helps here is the stack. */
function forTerminal(each: Problem): Problem {
  if (each.code !== 'internal') return each
  return {
    code: each.code,
    message: 'Drydock failed unexpectedly.',
    hint: 'Run the same command with DEBUG=1 and report what it prints.',
  }
}
