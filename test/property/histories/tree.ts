import type { KubeObject } from '../../../src/core/model/object.ts'
import { anchors, type Entry, entryOf, identityOfSlot, manifestOf, one, slotOf } from './pool.ts'

/** How an app's folder is: as it should be, with a file that is no YAML, without manifests, or not there. */
type Condition = 'good' | 'broken' | 'empty' | 'missing'

/** One app as Git has it. */
export type ModelApp = {
  readonly name: string
  readonly path: string
  readonly prune: boolean | 'confirm'
  readonly maxPrune: number
  readonly selfHeal: boolean
  readonly onFailure: 'hold' | 'rollback'
  readonly condition: Condition
  readonly entries: readonly Entry[]
}

/** Everything that a commit says. The configuration itself may be broken. */
export type Tree = {
  readonly apps: readonly ModelApp[]
  readonly brokenConfig: boolean
  /** How long a sync waits for health. */
  readonly timeout: string
}

/** A repository at its first commit: apps with an object of their own each, and what `start` gives to them by slot: 1 is the first. */
export function firstTree(count: number, start: readonly number[], timeout: string): Tree {
  const apps = Array.from({ length: count }, (_, index) => {
    const app = newApp(index)
    const given = start.flatMap((owner, slot) =>
      owner === index + 1 && slot >= anchors ? [{ slot, value: 0, note: 'none' as const }] : [],
    )
    return { ...app, entries: [...app.entries, ...given] }
  })
  return { apps, brokenConfig: false, timeout }
}

/** The app of a number, as it begins. */
export function newApp(index: number): ModelApp {
  const name = ['alpha', 'beta', 'gamma', 'delta'][index % anchors] ?? 'alpha'
  return {
    name,
    path: `apps/${name}`,
    prune: true,
    maxPrune: index % 2 === 0 ? 10 : 1,
    selfHeal: false,
    onFailure: 'hold',
    condition: 'good',
    entries: [{ slot: index % anchors, value: 0, note: 'none' }],
  }
}

/** JSON, which is YAML, with a line for each field: errors have lines. */
function stringify(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** The file that configures the apps. JSON is YAML. */
export function configurationOf(tree: Tree): readonly (readonly [string, string])[] {
  const path = '.github/drydock.yaml'
  if (tree.brokenConfig) return [[path, 'version: 1\napps: [\n']]
  const apps = tree.apps.map(({ name, path, prune, maxPrune, selfHeal, onFailure }) => ({
    name,
    path,
    namespace: one,
    sync: { prune, maxPrune, selfHeal, onFailure, timeout: tree.timeout, retry: { limit: 1, backoff: '1ms' } },
  }))
  return [[path, stringify({ version: 1, apps })]]
}

/** The files of all apps. */
export function filesOf(tree: Tree): readonly (readonly [string, string])[] {
  return tree.apps.flatMap(filesOfApp)
}

/** The files of one app. */
export function filesOfApp(app: ModelApp): readonly (readonly [string, string])[] {
  if (app.condition === 'missing') return []
  if (app.condition === 'empty') return [[`${app.path}/README.md`, 'nothing here']]
  const files = app.entries.map((entry) => {
    const { kind, namespace, name } = slotOf(entry)
    const file = [kind, namespace, name].filter(Boolean).join('-').toLowerCase()
    return [`${app.path}/${file}.yaml`, stringify(manifestOf(entry))] as const
  })
  return app.condition === 'broken' ? [...files, [`${app.path}/zz.yaml`, 'a: [\n'] as const] : files
}

/** The app with other files than it has: what {@link filesOfApp} says, read back. */
export function withFiles(app: ModelApp, files: ReadonlyMap<string, string>): ModelApp {
  const entries = [...files].flatMap(([path, text]) =>
    path.endsWith('.yaml') && !path.endsWith('/zz.yaml') ? [entryOf(JSON.parse(text) as KubeObject)] : [],
  )
  if (entries.length > 0) return { ...app, entries, condition: files.has(`${app.path}/zz.yaml`) ? 'broken' : 'good' }
  return { ...app, condition: files.size > 0 ? 'empty' : 'missing' }
}

/** The app of a name. */
export function appIn(tree: Tree, name: string): ModelApp | undefined {
  return tree.brokenConfig ? undefined : tree.apps.find((each) => each.name === name)
}

/** Whether the render of an app at a commit is complete. */
export function isComplete(app: ModelApp): boolean {
  return app.condition === 'good' && app.entries.length > 0
}

/** What an app's render holds, by identity; nothing where it can't be rendered. */
export function contentOf(app: ModelApp): ReadonlyMap<string, Entry> {
  if (!isComplete(app)) return new Map()
  return new Map(app.entries.map((entry) => [identityOfSlot(entry.slot), entry]))
}

/**
 * What Git holds of an app, also where its render is broken: a file that is there is meant to be there. An app whose
 * folder is empty or gone means nothing.
 */
export function meantBy(app: ModelApp): ReadonlySet<string> {
  if (app.condition === 'empty' || app.condition === 'missing') return new Set()
  return new Set(app.entries.map((entry) => identityOfSlot(entry.slot)))
}
