import type { Lock } from '../../core/model/inventory.ts'
import { fullName } from '../../core/model/repository.ts'
import { lockedForYou } from '../../core/report/answers.ts'
import { told } from '../../core/sync/lock-queue.ts'
import { bareName } from '../commands/order.ts'
import type { Forge } from '../ports.ts'
import type { Job } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import { readMarks, writeMarks } from './marks.ts'

type TellJob = Extract<Job, { kind: 'lock-passed' }>

/**
 * Tells somebody, on their pull request, that the lock which they waited for is theirs. Once, however often it is asked
 * for: the comment is found again by its marker, and then the lock no longer says that it passed on.
 */
export async function tellLocked(world: ServerWorld, job: TellJob): Promise<void> {
  const repository = bareName(job.repository)
  const app = await readMarks(world, repository, { app: job.app, cluster: job.cluster })
  const lock = app.state?.lock
  if (lock?.passedFrom === undefined || lock.number === undefined) return
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  await sayOnce(forge, lock.number, `drydock:locked:${job.cluster}/${job.app}:${lock.at}`, lockedForYou(job.app, lock))
  await world.store.audit({
    at: world.clock.now().toISOString(),
    actor: lock.by,
    action: 'lock',
    repository: fullName(repository),
    app: job.app,
    cluster: job.cluster,
    revision: app.state?.revision ?? '',
    number: lock.number,
    result: resultOf(lock),
    allowedBy: 'waited for it',
  })
  const missing = await writeMarks(world, repository, app, ({ lock: now, ...others }) => {
    const next = told(now, lock)
    return { ...others, ...(next ? { lock: next } : {}) }
  })
  if (missing) {
    world.log.warn('the cluster was not told that a lock passed on', { app: job.app, problem: missing.message })
  }
}

async function sayOnce(forge: Forge, number: number, marker: string, text: string): Promise<void> {
  if ((await forge.findComment(number, marker)) === undefined) {
    await forge.createComment(number, `<!-- ${marker} -->\n${text}`)
  }
}

function resultOf({ passedFrom, reason }: Lock): string {
  return `locked, passed on from ${passedFrom}${reason ? `: ${reason}` : ''}`
}

/** Queues the telling of each lock of a repository that passed on and whose new owner wasn't told yet. */
export async function queueTelling(world: Pick<ServerWorld, 'store'>, address: TellJob['repository']): Promise<void> {
  const states = await world.store.appStates(bareName(address))
  const passed = states.filter(({ lock }) => lock?.passedFrom !== undefined)
  await world.store.enqueue(
    passed.map(({ app, cluster }) => ({ kind: 'lock-passed', repository: address, app, cluster })),
  )
}
