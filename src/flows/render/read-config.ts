import { discoverApps, proposeConfig } from '../../core/config/discover.ts'
import { foldersOf } from '../../core/config/paths.ts'
import { chooseConfigPath, parseRepositoryConfig } from '../../core/config/repository.ts'
import type { RepositorySettings } from '../../core/config/settings.ts'
import { mergeTrusted, type TrustNote } from '../../core/config/trusted.ts'
import type { App, RepositoryConfig } from '../../core/model/app.ts'
import { type Problem, problemsOf } from '../../core/model/errors.ts'
import { renamesBetween } from '../../core/sync/renames.ts'
import type { GitRepository } from '../ports.ts'

/** A file's settings, or the apps that were discovered. */
type Configuration = RepositoryConfig & Partial<Pick<RepositorySettings, 'notes' | 'windows' | 'commands'>>

/** The configuration at a commit: the file's, or what was discovered where there is none. */
export async function readConfig(repository: GitRepository, treeish: string): Promise<Configuration> {
  const files = (await repository.list(treeish))
    .filter((entry) => entry.type !== 'submodule')
    .map((entry) => entry.path)
  const path = chooseConfigPath(files)
  if (path === undefined) return discoverApps(files)
  const text = (await repository.read(treeish, path)) ?? ''
  return parseRepositoryConfig(text, path, foldersOf(files))
}

/** Who decides about what: settings of the target branch, with path and renderer of the pull request's side. */
export type TrustedApps = {
  readonly apps: readonly App[]
  /** The same apps as the target branch has them. */
  readonly baseApps: ReadonlyMap<string, App>
  readonly notes: readonly TrustNote[]
  readonly problems: readonly Problem[]
  /** The configuration that could be committed, where none was found. */
  readonly proposal?: string
}

/** Reads both sides' configuration. A broken one becomes problems; the apps of the other side are still planned. */
export async function readTrustedApps(repository: GitRepository, base: string, head: string): Promise<TrustedApps> {
  const [trusted, wanted] = await Promise.all([
    attempt(() => readConfig(repository, base)),
    attempt(() => readConfig(repository, head)),
  ])
  // What was discovered was never applied: an app that a new file names begins there, whatever was guessed before.
  const guessed = trusted.value?.discovered === true && wanted.value?.discovered !== true
  const baseApps = new Map((guessed ? [] : (trusted.value?.apps ?? [])).map((app) => [app.name, app]))
  if (!wanted.value) {
    return { apps: trusted.value?.apps ?? [], baseApps, notes: [], problems: wanted.problems }
  }
  const broken = !trusted.value && !wanted.value.discovered
  const merged = mergeTrusted(trusted.value, wanted.value)
  for (const { from, to } of renamesBetween([...baseApps.values()], wanted.value.apps)) {
    const old = baseApps.get(from)
    if (old) baseApps.set(to, old)
  }
  return {
    apps: merged.apps,
    baseApps,
    notes: [
      ...merged.notes,
      ...(wanted.value.notes ?? []).map(({ message }) => ({ message })),
      ...(broken ? [{ message: `The configuration of the target branch is broken; this one mends it.` }] : []),
    ],
    problems: [],
    ...(wanted.value.discovered && merged.apps.length > 0
      ? { proposal: proposeConfig({ ...wanted.value, apps: merged.apps }) }
      : {}),
  }
}

async function attempt<T>(
  read: () => Promise<T>,
): Promise<{ readonly value?: T; readonly problems: readonly Problem[] }> {
  try {
    return { value: await read(), problems: [] }
  } catch (thrown) {
    return { problems: problemsOf(thrown) }
  }
}
