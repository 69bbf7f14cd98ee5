import { applySetId, partOfLabel } from '../../core/model/inventory.ts'
import type { LiveObject } from '../../core/model/object.ts'
import type { ObjectReference } from '../../core/model/reference.ts'
import type { Clusters, Log } from '../ports.ts'

/** Runs work after a time, in ms, unless it is cancelled before; doesn't keep the process alive. */
type Timers = { readonly after: (ms: number, work: () => void) => () => void }

/** What observing needs of the world. */
export type ObserveWorld = { readonly clusters: Clusters; readonly log: Log; readonly timers: Timers }

/** Objects of one app on one cluster. */
type LiveTarget = {
  readonly cluster: string
  /** `owner/name`. */
  readonly repository: string
  readonly app: string
  readonly references: readonly ObjectReference[]
  /** Some don't carry the app's inventory label: all of their kind are listed, not only the app's. */
  readonly foreign: boolean
}

/** In ms: pauses before a cluster that failed is asked again. */
const firstPauseMs = 1_000
const longestPauseMs = 60_000

/**
 * Tells of each state of these objects, starting with the present one, until the signal. A cluster that fails is asked
 * again with doubling pauses: then everything is told once more, so that nothing is missed. Never throws.
 */
export async function observeLive(
  world: ObserveWorld,
  target: LiveTarget,
  seen: (reference: ObjectReference, live: LiveObject | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = firstPauseMs
  let fresh = false
  const tell = (reference: ObjectReference, live: LiveObject | undefined) => {
    pauseMs = firstPauseMs
    seen(reference, live)
  }
  while (!signal.aborted) {
    try {
      const served = await observeServed(world, target, fresh, tell, signal)
      // Objects of kinds that the commit creates: the plan that sees the kinds names them again.
      if (!served) return
    } catch (thrown) {
      if (signal.aborted) return
      const { cluster, app } = target
      world.log.warn('live objects of plans can not be watched; trying again', { cluster, app, pauseMs, err: thrown })
    }
    await pause(world.timers, pauseMs, signal)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    // It may be that a kind is gone.
    fresh = true
  }
}

/** `false`: the cluster serves none of these kinds, so that nothing was watched. */
async function observeServed(
  world: ObserveWorld,
  target: LiveTarget,
  fresh: boolean,
  seen: (reference: ObjectReference, live: LiveObject | undefined) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const cluster = await world.clusters.open(target.cluster, target.repository)
  const kinds = await cluster.kinds({ fresh })
  const served = target.references.filter(({ apiVersion, kind }) =>
    ['list', 'watch'].every((verb) => kinds.find(apiVersion, kind)?.verbs.includes(verb)),
  )
  if (served.length === 0) return false
  const labelSelector = `${partOfLabel}=${applySetId(target.repository, target.app)}`
  await cluster.observe(served, seen, { signal, ...(target.foreign ? {} : { labelSelector }) })
  return true
}

function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done()
    const cancel = timers.after(ms, done)
    signal.addEventListener(
      'abort',
      () => {
        cancel()
        done()
      },
      { once: true },
    )
  })
}
