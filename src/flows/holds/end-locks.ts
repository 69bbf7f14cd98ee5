import { fullName } from '../../core/model/repository.ts'
import { closes } from '../../core/sync/lock-queue.ts'
import { bareName } from '../commands/order.ts'
import type { RepositoryAddress } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import { readMarks, writeMarks } from './marks.ts'
import { queueTelling } from './tell-locked.ts'

/**
 * Ends the locks that go with a pull request, and the waiting for one, when it is closed or merged. A lock that somebody
 * else waits for passes on. What can't be reached is logged, and stays locked until somebody says `/unlock`.
 */
export async function endLocks(world: ServerWorld, where: RepositoryAddress, number: number): Promise<void> {
  const repository = bareName(where)
  for (const state of await world.store.appStates(repository)) {
    const { lock, app: name, cluster } = state
    const goes = (each: { readonly number?: number; readonly keep?: boolean }) => each.number === number && !each.keep
    if (!lock || ![lock, ...(lock.waiting ?? [])].some(goes)) continue
    const turn = { at: world.clock.now().toISOString() }
    const app = await readMarks(world, repository, { app: name, cluster })
    const missing = await writeMarks(world, repository, app, ({ lock: now, ...others }) => {
      const next = closes(now, number, turn)
      return { ...others, ...(next ? { lock: next } : {}) }
    })
    if (missing) world.log.warn('a lock could not be taken off its cluster', { app: name, problem: missing.message })
    if (!goes(lock)) continue
    await world.store.audit({
      at: turn.at,
      actor: 'drydock',
      action: 'unlock',
      repository: fullName(repository),
      app: name,
      cluster,
      revision: state.revision ?? '',
      number,
      result: `lock of ${lock.by} removed${missing ? '; not on the cluster' : ''}`,
      allowedBy: `#${number} is closed`,
    })
  }
  await queueTelling(world, where)
}
