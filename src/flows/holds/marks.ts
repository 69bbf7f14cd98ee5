import { type Problem, problemsOf } from '../../core/model/errors.ts'
import type { Marks } from '../../core/model/inventory.ts'
import { fullName } from '../../core/model/repository.ts'
import type { AppPlace } from '../commands/order.ts'
import type { Cluster, RepositoryName } from '../ports.ts'
import type { ServerWorld } from '../server-world.ts'
import type { AppState } from '../state-ports.ts'

type World = Pick<ServerWorld, 'store' | 'clusters'>

/** What is marked on an app by people, or by a rollback. */
export type HoldMarks = Pick<Marks, 'lock' | 'pin'>

/** What holds an app, as the store has it and as its parent object on the cluster has it. */
export type MarkedApp = AppPlace & {
  readonly state: AppState | undefined
  /** `problem`: why the cluster could not be asked. */
  readonly live:
    | { readonly cluster: Cluster; readonly uid: string; readonly marks: Marks; readonly revision?: string | undefined }
    | { readonly problem: Problem }
}

/** Reads both sides. A cluster that can't be reached is no error: the store alone holds an app too. */
export async function readMarks(world: World, repository: RepositoryName, place: AppPlace): Promise<MarkedApp> {
  const state = await world.store.appState({ repository, ...place })
  const name = fullName(repository)
  try {
    const cluster = await world.clusters.open(place.cluster, name)
    const [{ uid }, inventory] = await Promise.all([cluster.identify(), cluster.inventory(name, place.app)])
    return { ...place, state, live: { cluster, uid, marks: inventory.marks ?? {}, revision: inventory.revision } }
  } catch (thrown) {
    return { ...place, state, live: { problem: firstProblem(thrown) } }
  }
}

/**
 * Changes lock and pin on both sides as they are by now, the store first: it is what stops the next sync. Returns why the
 * cluster doesn't have them, if it doesn't. Throws where the store can't be written.
 */
export async function writeMarks(
  world: World,
  repository: RepositoryName,
  { app, cluster: name, live }: MarkedApp,
  change: (marks: HoldMarks) => HoldMarks,
): Promise<Problem | undefined> {
  await world.store.changeAppState({ repository, app, cluster: name }, (state) => {
    const { lock, pin, ...known } = state ?? {}
    const marks = change({ ...(lock ? { lock } : {}), ...(pin ? { pin } : {}) })
    const isMarked = marks.lock !== undefined || marks.pin !== undefined
    const clusterUID = state?.clusterUID ?? (isMarked && 'uid' in live ? live.uid : undefined)
    return clusterUID === undefined ? undefined : { ...known, clusterUID, ...marks }
  })
  if ('problem' in live) return live.problem
  try {
    await live.cluster.saveMarks(fullName(repository), app, ({ lock, pin, ...others }) => ({
      ...others,
      ...change({ ...(lock ? { lock } : {}), ...(pin ? { pin } : {}) }),
    }))
    return undefined
  } catch (thrown) {
    return firstProblem(thrown)
  }
}

function firstProblem(thrown: unknown): Problem {
  const [problem] = problemsOf(thrown)
  return problem ?? { code: 'internal', message: 'unknown' }
}
