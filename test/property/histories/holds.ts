import { pinApp } from '../../../src/flows/holds/pins.ts'
import { releaseHeld } from '../../../src/flows/holds/release-held.ts'
import type { Run } from './run-history.ts'
import type { ModelApp } from './tree.ts'

const at = '2026-01-01T00:00:00.000Z'

/** Locks an app on one side only: either holds. */
export async function lock(run: Run, app: ModelApp | undefined, side: 'store' | 'parent'): Promise<void> {
  if (!app || run.locks.has(app.name)) return
  await calmly(run, () => setLock(run, app.name, side, true))
  run.locks.set(app.name, side)
}

export async function unlock(run: Run, app: ModelApp | undefined): Promise<void> {
  if (!app || !run.locks.has(app.name)) return
  await calmly(run, async () => {
    await setLock(run, app.name, 'store', false)
    await setLock(run, app.name, 'parent', false)
  })
  run.locks.delete(app.name)
  await release(run)
}

/** What a person does to a server that answers: it would be done again until it is. */
async function calmly(run: Run, work: () => Promise<void>): Promise<void> {
  const { fault } = run
  run.fault = undefined
  await work()
  run.fault = fault
}

async function setLock(run: Run, app: string, side: 'store' | 'parent', on: boolean): Promise<void> {
  const { store, clusters } = run.life.world
  const cluster = await clusters.open('default', run.known.repository)
  const held = on ? { lock: { by: 'dora', at, reason: 'wait' } } : {}
  if (side === 'parent') {
    return cluster.saveMarks(run.known.repository, app, ({ lock: _, ...marks }) => ({ ...marks, ...held }))
  }
  const { uid } = await cluster.identify()
  await store.changeAppState(addressOf(run, app), (known) => {
    if (!known && !on) return undefined
    const { lock: _, ...rest } = known ?? { clusterUID: uid }
    return { ...rest, ...held }
  })
}

export async function freeze(run: Run): Promise<void> {
  await run.life.world.store.saveFreeze({ scope: run.known.repository, by: 'dora', at, reason: 'holidays' })
  run.frozen = true
}

export async function thaw(run: Run): Promise<void> {
  if (!run.frozen) return
  await run.life.world.store.removeFreeze(run.known.repository)
  run.frozen = false
  await release(run)
}

/** Ends whatever holds an app but risks and disagreements. */
export async function releaseAll(run: Run): Promise<void> {
  await thaw(run)
  // A renamed app may have taken its lock along.
  for (const name of run.names) {
    await setLock(run, name, 'store', false)
    await setLock(run, name, 'parent', false)
    await pinApp(run.life.world, addressOf(run, name), undefined)
  }
  run.locks.clear()
  await release(run)
}

function addressOf(run: Run, app: string) {
  const { owner, name } = run.address
  return { repository: { owner, name }, app, cluster: 'default' }
}

/** What the server does every 30 s. */
async function release(run: Run): Promise<void> {
  await releaseHeld(run.life.world)
  run.queue.push(...run.depot.taken())
  await run.work()
}
