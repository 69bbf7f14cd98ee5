import { fromAnnotations } from '../../../src/adapters/kubernetes/marks.ts'
import { homeNamespace, type Pin, parentName } from '../../../src/core/model/inventory.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import type { Carried } from './api-server.ts'
import type { MemoryGit } from './git.ts'
import type { Errand } from './judge-request.ts'
import { appIn, filesOfApp } from './tree.ts'

/** Where a pin is kept: on the parent object, and in the store. */
type Side = 'parent' | 'store'

type SeenPin = {
  readonly pin: Pin
  /** Id of the errand on which it was set. */
  readonly by?: string | undefined
  /** Where the branch was then. */
  readonly head: string
}

/** What pins apps, as both sides were seen to be written. */
export type Pins = {
  readonly of: (side: Side, app: string) => Pin | undefined
  /** A side says this of an app now; returns what is wrong with that. */
  readonly said: (side: Side, app: string, pin: Pin | undefined, errand: Errand | undefined) => string | undefined
  /** The same of a parent object that was written. */
  readonly wrote: (request: Carried, errand: Errand | undefined) => string | undefined
  /** What is wrong with a write to an object of the errand's app. */
  readonly forbid: (errand: Errand) => string | undefined
  /** A side lost what it knew, of an app or of all. */
  readonly lost: (side: Side, app?: string) => void
  /** Nobody knows what the two sides say of this app. */
  readonly doubt: (app: string) => void
  /** Apps of which one side was lost, so that the two need not agree. */
  readonly unsure: ReadonlySet<string>
}

export function watchPins(git: MemoryGit, repository: string, names: ReadonlySet<string>): Pins {
  const sides = { parent: new Map<string, SeenPin>(), store: new Map<string, SeenPin>() }
  const unsure = new Set<string>()
  const treeOf = (revision: string) => git.find(revision).tree
  const isKnown = (pin: Pin) =>
    Object.values(sides).some((side) => [...side.values()].some((each) => isOne(each.pin, pin)))

  const wrongPin = (app: string, pin: Pin, errand: Errand | undefined): string | undefined => {
    // The other side has it, or the name that the app had.
    if (!errand || isKnown(pin)) return undefined
    if (errand.kind === 'rollback' && errand.app === app && errand.revision === pin.revision) return undefined
    if (pin.by === 'onFailure: rollback' && errand.app === app && errand.good.includes(pin.revision)) return undefined
    return `${app} was pinned to ${pin.revision.slice(0, 7)} on behalf of ${errand.app} (${errand.kind})`
  }
  const says = (revision: string, app: string): string | undefined => {
    const found = appIn(treeOf(revision), app)
    return found && JSON.stringify([found.path, [...filesOfApp(found)].sort()])
  }
  const wrongEnd = (app: string, { pin, head }: SeenPin, errand: Errand | undefined): string | undefined => {
    if (!errand || errand.unpins?.(app)) return undefined
    // A renamed app takes it along.
    if (errand.app !== app && [...sides.parent].some(([name, each]) => name !== app && isOne(each.pin, pin)))
      return undefined
    const now = says(errand.revision, errand.app)
    if (errand.kind === 'sync' && now !== undefined) {
      if ([app, errand.app].some((name) => says(pin.revision, name) === now)) return undefined
      const revert = pin.revert === undefined ? undefined : git.merges().get(pin.revert)
      const isIn = (from: string) => git.line(from).some((each) => each.id === revert)
      // One that was in the branch before says nothing of what came after it.
      if (revert !== undefined && isIn(errand.revision) && !isIn(head)) return undefined
    }
    return `${app} at ${pin.revision.slice(0, 7)} was let go of by a ${errand.kind} of ${errand.app} at ${errand.revision.slice(0, 7)}`
  }
  const said: Pins['said'] = (side, app, pin, errand) => {
    const before = sides[side].get(app)
    if (!pin) {
      sides[side].delete(app)
      return before && wrongEnd(app, before, errand)
    }
    const wrong = before && isOne(before.pin, pin) ? undefined : wrongPin(app, pin, errand)
    const isSame = before && isOne(before.pin, pin)
    sides[side].set(app, isSame ? { ...before, pin } : { pin, by: errand?.id, head: git.head().id })
    if (side === 'store' && !isSame && errand?.kind === 'rollback') unsure.delete(app)
    return wrong
  }
  return {
    of: (side, app) => sides[side].get(app)?.pin,
    said,
    wrote: ({ identity, after }, errand) => {
      const app = [...names].find((name) => identity === `/ConfigMap/${homeNamespace}/${parentName(repository, name)}`)
      return app === undefined ? undefined : said('parent', app, after && pinOf(after), errand)
    },
    forbid: ({ kind, app, id, revision }) => {
      const seen = [sides.parent.get(app), sides.store.get(app)]
      if (kind === 'rollback')
        return seen[0]?.pin.revision === revision ? undefined : 'it goes back and is not pinned to where it goes'
      if (kind !== 'sync') return undefined
      const holds = seen.find((each) => each && each.pin.revision !== revision && each.by !== id)
      return holds && `it is pinned to ${holds.pin.revision.slice(0, 7)}`
    },
    lost: (side, app) => {
      for (const name of app === undefined ? [...names] : [app]) {
        sides[side].delete(name)
        unsure.add(name)
      }
    },
    doubt: (app) => void unsure.add(app),
    unsure,
  }
}

function isOne(one: Pin, other: Pin): boolean {
  return one.revision === other.revision && one.by === other.by && one.at === other.at
}

function pinOf(parent: LiveObject): Pin | undefined {
  return fromAnnotations(parent.metadata.annotations ?? {})?.pin
}
