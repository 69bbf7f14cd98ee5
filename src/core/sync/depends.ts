import type { App } from '../model/app.ts'
import type { SyncOutcome } from '../model/outcome.ts'

type Node = Pick<App, 'name' | 'dependsOn'>

/** What is wrong with one entry of an app's `dependsOn`. */
export type DependencyFault = {
  /** Index of the app. */
  readonly app: number
  /** Index of the entry. */
  readonly entry: number
  readonly message: string
}

/** Names that are no app, and circles. Each circle is one fault, at the entry that closes it. */
export function dependencyFaults(apps: readonly Node[]): readonly DependencyFault[] {
  const byName = new Map(apps.map((app, index) => [app.name, { app, index }]))
  const faults: DependencyFault[] = []
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    const found = byName.get(name)
    if (!found || done.has(name)) return
    const way = [...path, name]
    for (const [entry, next] of found.app.dependsOn.entries()) {
      const at = { app: found.index, entry }
      if (next === name) faults.push({ ...at, message: `\`${name}\` depends on itself` })
      else if (!byName.has(next)) {
        faults.push({ ...at, message: `\`${name}\` depends on \`${next}\`, which is no app of this file` })
      } else if (way.includes(next)) {
        const circle = [...way.slice(way.indexOf(next)), next].map((each) => `\`${each}\``).join(' → ')
        faults.push({ ...at, message: `These apps wait for each other: ${circle}` })
      } else visit(next, way)
    }
    done.add(name)
  }
  for (const app of apps) visit(app.name, [])
  return faults
}

/** The apps with each one after those that it depends on; else in the order that they have. */
export function inDependencyOrder<T extends Node>(apps: readonly T[]): readonly T[] {
  const byName = new Map(apps.map((app) => [app.name, app]))
  const ordered = new Set<T>()
  const entered = new Set<string>()
  const visit = (app: T): void => {
    if (entered.has(app.name)) return
    entered.add(app.name)
    for (const name of app.dependsOn) {
      const next = byName.get(name)
      if (next) visit(next)
    }
    ordered.add(app)
  }
  for (const app of apps) visit(app)
  return [...ordered]
}

/** What a dependency means for a sync: `wait` ends by itself, `hold` when somebody sees to the dependency. */
export type DependencyState =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait' | 'hold'; readonly app: string; readonly why: string }

/**
 * What an app's last sync means for those that depend on it.
 *
 * @param last outcome of its newest sync.
 * @param synced whether it is known, from store or parent object, that it was synced at all; asked for where no sync is
 *   known, or the newest one was given up.
 */
export function dependencyState(app: string, last: SyncOutcome | undefined, synced: boolean): DependencyState {
  if (!last) return synced ? { kind: 'go' } : { kind: 'hold', app, why: `${app} was never synced` }
  const at = last.revision.slice(0, 7)
  switch (last.state) {
    case 'succeeded':
      return { kind: 'go' }
    case 'queued':
    case 'running':
      return { kind: 'wait', app, why: `${app} is being synced to ${at}` }
    case 'superseded':
      // Nothing came after it, so that it was given up: what was synced before it counts.
      return synced ? { kind: 'go' } : { kind: 'hold', app, why: `${app} was never synced` }
    case 'held':
      return { kind: 'hold', app, why: `${app} is itself held at ${at}` }
    case 'failed':
      return { kind: 'hold', app, why: `the sync of ${app} to ${at} failed` }
  }
}
