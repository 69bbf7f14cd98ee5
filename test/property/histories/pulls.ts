import type { Forge } from '../../../src/flows/ports.ts'
import type { MemoryGit } from './git.ts'
import { filesOfApp, type Tree, withFiles } from './tree.ts'

/** A pull request that our App opened. */
export type OpenedPull = {
  readonly number: number
  /** What finds it again. */
  readonly marker: string
  /** What the branch says after its merge; `undefined`: it is in conflict. */
  readonly onto: (tree: Tree) => Tree | undefined
}

/** The pull requests that take others back. Nobody refuses one, so that it is found again, merged or not. */
export function openedPulls(git: MemoryGit, nextNumber: () => number) {
  const opened: OpenedPull[] = []
  const find = (marker: string) => opened.find((each) => each.marker === marker)
  const open = (marker: string, onto: OpenedPull['onto']): OpenedPull => {
    const pull = { number: nextNumber(), marker, onto }
    opened.push(pull)
    return pull
  }
  const methods: Pick<Forge, 'openRevert' | 'openRestore'> = {
    openRevert: async ({ number }) => {
      const merge = git.find(git.merges().get(number) ?? '')
      if (!merge.parent) return undefined
      const { tree: before } = git.find(merge.parent)
      const marker = `revert ${number}`
      const onto = (tree: Tree) => reverted(tree, merge.tree, before)
      return find(marker) ?? (onto(git.head().tree) && open(marker, onto))
    },
    openRestore: async ({ number, key, parent, files }) => {
      const from = git.find(parent).files
      const wanted = new Map(files.map(({ path, id }) => [path, id === undefined ? undefined : git.textOf(id)]))
      const marker = `restore ${number} ${key}`
      return find(marker) ?? open(marker, (tree) => restored(tree, wanted, from))
    },
  }
  return { opened, methods }
}

/** Takes back what a commit changed, where the branch still has it as the commit left it. */
function reverted(now: Tree, after: Tree, before: Tree): Tree | undefined {
  const said = ({ apps }: Tree, name: string) => JSON.stringify(apps.find((each) => each.name === name))
  const names = new Set([...before.apps, ...after.apps].map(({ name }) => name))
  const changed = [...names].filter((name) => said(before, name) !== said(after, name))
  if (changed.some((name) => said(now, name) !== said(after, name))) return undefined
  if (now.brokenConfig !== after.brokenConfig) return undefined
  const untouched = now.apps.filter(({ name }) => !changed.includes(name))
  const back = before.apps.filter(({ name }) => changed.includes(name))
  return sound({ ...now, brokenConfig: before.brokenConfig, apps: [...untouched, ...back] })
}

/** Makes files what they are wanted to be, where the branch still has them as one of its commits had. */
function restored(
  now: Tree,
  wanted: ReadonlyMap<string, string | undefined>,
  from: ReadonlyMap<string, string>,
): Tree | undefined {
  const left = new Set(wanted.keys())
  const apps = now.apps.map((app) => {
    const files = new Map(filesOfApp(app))
    const own = [...wanted].filter(([path]) => path.startsWith(`${app.path}/`))
    if (own.length === 0) return app
    for (const [path, text] of own) {
      if (files.get(path) !== from.get(path)) continue
      left.delete(path)
      if (text === undefined) files.delete(path)
      else files.set(path, text)
    }
    return withFiles(app, files)
  })
  return left.size > 0 ? undefined : sound({ ...now, apps })
}

/** Nobody merges what makes two apps claim one object or one folder: its check says so. */
function sound(tree: Tree): Tree | undefined {
  const paths = tree.apps.map(({ path }) => path)
  const slots = tree.apps.flatMap(({ entries }) => entries.map(({ slot }) => slot))
  const isSound = new Set(paths).size === paths.length && new Set(slots).size === slots.length
  return isSound && tree.apps.length > 0 ? tree : undefined
}
