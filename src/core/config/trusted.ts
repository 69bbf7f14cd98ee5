import type { App, RepositoryConfig } from '../model/app.ts'
import { renamesBetween } from '../sync/renames.ts'
import { defaultApp } from './defaults.ts'
import { formatDuration } from './duration.ts'
import type { RepositorySettings } from './settings.ts'

/** A change of the configuration that takes effect after the merge, or not as somebody may think. */
export type TrustNote = {
  /** Absent: the change is of the whole file. */
  readonly app?: string
  readonly message: string
}

/** A configuration, whole or only its apps. */
type Config = RepositoryConfig & Partial<Omit<RepositorySettings, keyof RepositoryConfig>>

/** The keys of an app that a pull request may change for its own plan, and those that name it. */
const fromHead = new Set(['name', 'path', 'render', 'helm', 'source'])

/** Settings of the whole file. */
const wholeFile = ['policies', 'require', 'commands', 'windows', 'exceptions'] as const

/**
 * The apps that a pull request is planned with. Of an app's settings only `path`, `render` and `helm` come from the
 * pull request; all else is the target branch's, and each difference is a note.
 *
 * A new app has no target side: it is planned under the defaults, with the `cluster` and `namespace` that the pull
 * request names. Whether the repository may use that cluster is decided by the server's configuration, never here.
 * An app that the pull request removes is left out: nothing of it is planned, applied or deleted.
 *
 * @param base the target branch's configuration; `undefined`: it has none. A discovered one counts as none when the
 *   pull request adds a file, because its names were only guesses.
 */
export function mergeTrusted(
  base: Config | undefined,
  head: Config,
): { readonly apps: readonly App[]; readonly notes: readonly TrustNote[] } {
  const known = base && (!base.discovered || head.discovered) ? base.apps : []
  // A deleted file is a removal of its apps, not a reason to go by guesses.
  const wanted = head.discovered && base && !base.discovered ? [] : head.apps
  const renames = new Map(renamesBetween(known, wanted).map(({ from, to }) => [to, from]))
  const apps: App[] = []
  const notes: TrustNote[] = []
  for (const app of wanted) {
    const old = renames.get(app.name)
    const before = known.find((each) => each.name === (old ?? app.name))
    const trusted = before ? { ...joined(before, app), name: app.name } : underDefaults(app)
    if (old !== undefined) notes.push({ app: app.name, message: `renamed from ${old}; it keeps its objects` })
    apps.push(trusted)
    const when = before
      ? 'takes effect after the merge'
      : 'takes effect after the merge; a new app is planned with the default'
    for (const difference of differences(trusted, app)) notes.push({ app: app.name, message: `${difference}; ${when}` })
  }
  const gone = new Set(renames.values())
  const removed = known.filter((each) => !gone.has(each.name) && !wanted.some((app) => app.name === each.name))
  for (const { name } of removed) {
    notes.push({
      app: name,
      message: 'removed from the configuration; its objects stay on the cluster until somebody deletes them there',
    })
  }
  if (base && !base.discovered && !head.discovered) notes.push(...changedWholeFile(base, head))
  return { apps, notes }
}

function joined(base: App, head: App): App {
  const { path: _path, render: _render, helm: _helm, source: _source, ...rest } = base
  const { path, render, helm, source } = head
  return { ...rest, path, render, ...(helm ? { helm } : {}), ...(source ? { source } : {}) }
}

/** A new app: what names and renders it, and the defaults. */
function underDefaults(app: App): App {
  const { name, path, render, helm, cluster, namespace, source } = app
  return {
    ...defaultApp(name, path),
    render,
    cluster,
    ...(helm ? { helm } : {}),
    ...(namespace === undefined ? {} : { namespace }),
    ...(source ? { source } : {}),
  }
}

function changedWholeFile(base: Config, head: Config): readonly TrustNote[] {
  return wholeFile
    .filter((key) => JSON.stringify(base[key]) !== JSON.stringify(head[key]))
    .map((key) => ({ message: `${key} changed; takes effect after the merge` }))
}

/** `sync.prune: true → false` for each setting that differs. */
function differences(before: App, after: App): readonly string[] {
  const [old, now] = [flat(before), flat(after)]
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .filter((key) => old.get(key) !== now.get(key))
    .map((key) => `${key}: ${old.get(key) ?? '(not set)'} → ${now.get(key) ?? '(not set)'}`)
}

function flat(app: App): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(app)) {
    if (fromHead.has(key) || key === 'sync') continue
    if (value !== undefined) found.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  const { timeoutMs, retry, ...plain } = app.sync
  for (const [key, value] of Object.entries(plain)) found.set(`sync.${key}`, String(value))
  found.set('sync.timeout', formatDuration(timeoutMs))
  found.set('sync.retry.limit', String(retry.limit))
  found.set('sync.retry.backoff', formatDuration(retry.backoffMs))
  return found
}
