import type { Job } from './ports.ts'
import type { ServerWorld } from './server-world.ts'

/** Remembers that a pull request is closed: its plan no longer counts for the commit that it shares with others. */
export async function closePullRequest(world: ServerWorld, job: Extract<Job, { kind: 'closed' }>): Promise<void> {
  const state = await world.store.pullRequest(job.repository, job.number)
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  if (!state || (await forge.pullRequest(job.number)).state === 'open') return
  await world.store.savePullRequest({ ...state, open: false })
}
