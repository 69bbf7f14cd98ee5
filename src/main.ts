/**
 * Composition root: reads the environment once, wires adapters into flows, starts entries. What a command doesn't need
 * is not loaded.
 */
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { scratchIn } from './adapters/render/scratch.ts'
import { jsonSchema } from './core/config/json-schema.ts'
import { defaultServerConfig, parseServerConfig } from './core/config/server.ts'
import { DrydockError } from './core/model/errors.ts'
import { auditCommands } from './entry/cli/audit-commands.ts'
import { directoryCommands, type OpenDirectory } from './entry/cli/directory-commands.ts'
import { freezeCommands } from './entry/cli/freeze-commands.ts'
import { historyCommands } from './entry/cli/history-commands.ts'
import { type Actions, exit, runCommandLine } from './entry/cli/program.ts'
import { processTerminal } from './entry/cli/terminal.ts'
import type { AskAdmin } from './flows/operate/admin.ts'
import type { Clusters, Log } from './flows/ports.ts'
import { createRenderCache } from './flows/render/render-cache.ts'
import type { Workshop } from './flows/world.ts'

const env: Readonly<Record<string, string | undefined>> = process.env
const terminal = processTerminal(process.stdout, process.stderr, env)
const stopping = new AbortController()
// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const clock = { now: () => new Date() }
const quiet = () => undefined
const silentLog: Log = {
  debug: quiet,
  info: quiet,
  warn: (_message, fields) => terminal.debug(fields?.err),
  error: (_message, fields) => terminal.debug(fields?.err),
}

const readServerConfig = async () =>
  env.DRYDOCK_CONFIG ? parseServerConfig(await readFile(env.DRYDOCK_CONFIG, 'utf8'), env.DRYDOCK_CONFIG) : undefined

/** Clusters for a command: one context for all, else the server's configuration, else contexts of the cluster's name. */
async function clustersForCommand(
  context: string | undefined,
): Promise<Clusters & { readonly close: () => Promise<void> }> {
  const { clustersOf } = await import('./adapters/kubernetes/clusters.ts')
  const config = await readServerConfig()
  const opened = new Map<string, ReturnType<typeof clustersOf>>()
  return {
    open: (name, repository) => {
      const settings = context ? { context } : (config?.clusters[name] ?? (name === 'default' ? {} : { context: name }))
      const clusters = opened.get(name) ?? clustersOf({ [name]: settings })
      opened.set(name, clusters)
      return clusters.open(name, repository)
    },
    close: async () => void (await Promise.all([...opened.values()].map((each) => each.close()))),
  }
}

const openDirectory: OpenDirectory = async (folder, options) => {
  const [{ openLocal }, { repositoryNameOf }, { createRenderer }, { snapshot }] = await Promise.all([
    import('./adapters/git/local.ts'),
    import('./adapters/git/origin.ts'),
    import('./adapters/render/renderer.ts'),
    import('./adapters/git/snapshot.ts'),
  ])
  const clusters = await clustersForCommand(options.context)
  const workshop: Workshop = {
    clusters,
    clock,
    log: silentLog,
    scratch: scratchIn(undefined),
    renders: createRenderCache(),
    renderer: createRenderer({ path: env.PATH ?? '' }),
  }
  const local = await openLocal(folder)
  if (!local) {
    const taken = await snapshot(folder)
    const folderName = basename(resolve(folder))
    const directory = { ...taken, repositoryName: await repositoryNameOf(resolve(folder), false), folderName }
    return {
      directory,
      workshop,
      uncommitted: [],
      dispose: async () => void (await Promise.all([clusters.close(), taken.dispose()])),
    }
  }
  const { repository, root, pathInside } = local
  const resolveOrThrow = async (ref: string) => {
    const commit = await repository.resolve(ref)
    if (commit) return commit
    throw new DrydockError('git-failed', `There is no commit "${ref}" in this repository.`, {
      hint: 'Commit something first, or fetch it.',
    })
  }
  const directory = {
    repository,
    repositoryName: await repositoryNameOf(root, true),
    head: await resolveOrThrow(options.head ?? 'HEAD'),
    pathInside,
    folderName: basename(resolve(folder)),
  }
  return {
    directory,
    workshop,
    uncommitted: (options.head ?? 'HEAD') === 'HEAD' ? await local.uncommitted() : [],
    ...(options.base ? { base: await resolveOrThrow(options.base) } : {}),
    dispose: () => clusters.close(),
  }
}

/** Asks the running server, or the database where none runs. */
const ask: AskAdmin = async (operation, input) => {
  const { administer } = await import('./administer.ts')
  return administer(env, (await readServerConfig()) ?? defaultServerConfig, silentLog, operation, input)
}

const actions: Actions = {
  ...auditCommands(ask, terminal),
  ...freezeCommands(ask, terminal),
  ...historyCommands(ask, terminal),
  ...directoryCommands(openDirectory, terminal, env.USER ?? 'somebody', stopping.signal),
  schema: async () => {
    terminal.out(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
    return exit.ok
  },
  serve: async () => {
    const { serve } = await import('./serve.ts')
    return serve(env, (await readServerConfig()) ?? defaultServerConfig, stopping.signal)
  },
  demo: async (options) => {
    const { playDemo } = await import('./play-demo.ts')
    return playDemo(env, options, terminal, stopping.signal)
  },
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    stopping.abort(new DrydockError('usage', `Stopped by ${signal}.`))
  })
}
const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}
process.exitCode = await runCommandLine(process.argv.slice(2), actions, terminal, version)
// What was printed is written out first; a connection attempt that nobody waits for must not keep the process.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
