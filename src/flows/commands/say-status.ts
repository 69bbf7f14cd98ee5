import { fullName } from '../../core/model/repository.ts'
import { statusAnswer } from '../../core/report/status.ts'
import { bareName, meantApps, type Order } from './order.ts'

/** What is remembered of the pull request's apps: nothing is asked of a cluster, so that it is answered when none can be reached. */
export async function sayStatus(order: Order): Promise<string> {
  const { world, job } = order
  const repository = bareName(job.repository)
  const places = await meantApps(order, [])
  if (typeof places === 'string') return places
  const apps = await Promise.all(
    places.map(async (place) => {
      const [state, last] = await Promise.all([
        world.store.appState({ repository, ...place }),
        world.store.latestSync(repository, place.app),
      ])
      // A renamed app that was not synced yet is held by what is marked under the name that it had.
      const former = last?.outcome.state === 'held' ? last.outcome.heldBy : undefined
      const before =
        (former?.kind === 'lock' || former?.kind === 'pin') && former.app !== undefined
          ? await world.store.appState({ repository, cluster: place.cluster, app: former.app })
          : undefined
      return {
        ...place,
        revision: state?.revision,
        lock: state?.lock ?? before?.lock,
        pin: state?.pin ?? before?.pin,
        last: last && { outcome: last.outcome, at: last.finishedAt ?? last.createdAt, number: last.number },
      }
    }),
  )
  const freezes = await world.store.freezes(repository)
  const now = world.clock.now().toISOString()
  return statusAnswer({ repository: fullName(repository), apps, freezes, now })
}
