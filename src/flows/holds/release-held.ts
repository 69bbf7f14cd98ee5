import type { Marks } from '../../core/model/inventory.ts'
import { fullName, sameRepository } from '../../core/model/repository.ts'
import { covers } from '../../core/sync/holds.ts'
import type { RepositoryName } from '../ports.ts'
import type { SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import { dependencyOn } from './holds.ts'

/** How often it is looked whether a hold is over, in ms. */
const everyMs = 30_000

/** What is needed to release syncs. */
export type ReleaseWorld = Pick<ServerWorld, 'store' | 'clusters' | 'clock' | 'log'>

/**
 * Puts every held sync back into the queue whose hold is over: a window opened, a freeze, lock or pin is gone, a
 * dependency was synced. The sync is judged again then, and may be held by something else. Holds that need a person
 * (risks, `auto: false`, a disagreement) are left alone. One query when nothing is held. Returns how many were released.
 *
 * @param changed a repository whose configuration changed: what its windows and dependencies hold is judged again.
 * @param judged the id of a sync that was judged just now: the next round looks at it, so that none goes round and round.
 */
export async function releaseHeld(world: ReleaseWorld, changed?: RepositoryName, judged?: string): Promise<number> {
  let released = 0
  for (const record of await world.store.heldSyncs()) {
    if (record.id === judged) continue
    try {
      if ((await isOver(world, record, changed)) && (await world.store.requeueSync(record.id))) {
        released += 1
        world.log.info('a held sync goes on', { app: record.app, cluster: record.cluster, revision: record.revision })
      }
    } catch (err) {
      // One cluster that is down must not keep the others waiting.
      world.log.warn('it is unknown whether a sync is still held', { app: record.app, cluster: record.cluster, err })
    }
  }
  return released
}

/** Releases what is held, and queues what was lost, at once and from then on every 30 s, one round after the other. `every` runs work after each such time. */
export function startReleasing(
  world: ReleaseWorld,
  every: (ms: number, work: () => void) => () => void,
): { readonly stop: () => Promise<void> } {
  let running: Promise<unknown> | undefined
  const round = () => {
    running ??= queueLost(world)
      .then(() => releaseHeld(world))
      .catch((err: unknown) => world.log.warn('held syncs could not be looked at', { err }))
      .finally(() => {
        running = undefined
      })
  }
  const cancel = every(everyMs, round)
  round()
  return {
    stop: async () => {
      cancel()
      await running
    },
  }
}

/** Held syncs are looked at whatever becomes of this. */
async function queueLost({ store, log }: ReleaseWorld): Promise<void> {
  try {
    for (const { repository, app } of (await store.requeueLost()).unreached) {
      log.warn('nothing tells how the repository of a sync is reached', { ...repository, app })
    }
  } catch (err) {
    log.warn('syncs that were lost could not be queued again', { err })
  }
}

async function isOver(world: ReleaseWorld, record: SyncRecord, changed?: RepositoryName): Promise<boolean> {
  const { heldBy } = record.outcome
  const configChanged = changed !== undefined && sameRepository(changed, record.repository)
  switch (heldBy?.kind) {
    case 'window':
      return configChanged || (heldBy.until !== undefined && Date.parse(heldBy.until) <= world.clock.now().getTime())
    case 'dependency':
      return configChanged || (await dependencyIsThere(world, record, heldBy.app))
    case 'freeze':
      return (await notFrozen(world, record)) && !(await isMarked(world, record, ({ freeze }) => freeze !== undefined))
    case 'lock':
      return !(await isMarked(world, record, ({ lock }) => lock !== undefined))
    case 'pin':
      return !(await isMarked(world, record, ({ pin }) => holdsBack(pin, record)))
    default:
      return false
  }
}

async function dependencyIsThere(world: ReleaseWorld, record: SyncRecord, app: string | undefined): Promise<boolean> {
  if (app === undefined) return true
  const { repository, cluster } = record
  const state = await dependencyOn(world, { repository, app, cluster })
  // What holds now in another way than what was said is said anew.
  return state.kind === 'go' || !record.outcome.problems.some((each) => each.message.includes(state.why))
}

async function notFrozen(world: ReleaseWorld, record: SyncRecord): Promise<boolean> {
  const name = fullName(record.repository)
  return !(await world.store.freezes(record.repository)).some((each) => covers(each, name))
}

/**
 * Is an app marked so, in the store or on its parent, by its name or by the one that it had? Parents are asked last: they
 * are far away, and what the store knows mostly answers.
 */
async function isMarked(
  world: ReleaseWorld,
  { repository, app, cluster, outcome }: SyncRecord,
  holds: (marks: Marks) => boolean,
): Promise<boolean> {
  const apps = [app, ...(outcome.heldBy?.app === undefined ? [] : [outcome.heldBy.app])]
  for (const each of apps) {
    if (holds((await world.store.appState({ repository, app: each, cluster })) ?? {})) return true
  }
  const name = fullName(repository)
  const there = await world.clusters.open(cluster, name)
  for (const each of apps) if (holds((await there.inventory(name, each)).marks ?? {})) return true
  return false
}

function holdsBack(pin: Marks['pin'], record: SyncRecord): boolean {
  return pin !== undefined && pin.revision !== record.revision
}
