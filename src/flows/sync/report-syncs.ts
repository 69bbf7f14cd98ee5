import type { SyncOutcome, SyncState } from '../../core/model/outcome.ts'
import { syncCheck } from '../../core/report/sync-check.ts'
import { syncComment } from '../../core/report/sync-comment.ts'
import { answerSyncs } from '../commands/answer-sync.ts'
import { checkName } from '../plan/plan-pull-request.ts'
import { commentMarker, writeComment } from '../plan/sticky-comment.ts'
import type { Forge } from '../ports.ts'
import { answerPreviews } from '../preview/answer-preview.ts'
import type { Job, SyncRecord } from '../records.ts'
import { answerRollbacks } from '../rollback/answer-rollback.ts'
import type { ServerWorld } from '../server-world.ts'
import { newestOfEach } from './syncs-of.ts'

type ReportJob = Extract<Job, { kind: 'report' }>

/** What a deployment says of a sync that is over; a held one goes on later. */
const deploymentStates: Readonly<Partial<Record<SyncState, 'success' | 'inactive' | 'queued'>>> = {
  succeeded: 'success',
  superseded: 'inactive',
  held: 'queued',
}

/** Makes the deployment of a sync, or finds the one that it has, and says that it is under way. */
export async function startDeployment(world: ServerWorld, forge: Forge, record: SyncRecord): Promise<SyncRecord> {
  const origin = record.number === undefined ? 'direct push' : `#${record.number}`
  const deploymentId =
    record.deploymentId ??
    (await forge.createDeployment({
      commit: record.revision,
      environment: `${record.cluster}/${record.app}`,
      description: `${origin} by ${record.actor}`.slice(0, 140),
      payload: { sync: record.id, origin, actor: record.actor },
    }))
  const started = { ...record, deploymentId }
  await world.store.saveSync(started)
  await forge.deploymentStatus(deploymentId, { state: 'in_progress', description: 'Drydock applies the commit.' })
  return started
}

/** The deployment's last status, and for a direct push, which has no pull request to tell, a check run on its commit. */
export async function tellGitHub(forge: Forge, record: SyncRecord, outcome: SyncOutcome): Promise<void> {
  const done = outcome.state === 'succeeded'
  if (record.deploymentId !== undefined) {
    const words = done ? `Synced ${record.revision.slice(0, 7)}` : (outcome.problems[0]?.message ?? outcome.state)
    const state = deploymentStates[outcome.state] ?? 'failure'
    await forge.deploymentStatus(record.deploymentId, { state, description: words.slice(0, 140) })
  }
  if (record.number !== undefined || outcome.state === 'superseded') return
  // A direct push has no pull request to tell; its commit gets the result.
  const name = `${checkName} / ${record.app}`
  const report = syncCheck(outcome, `Direct push by ${record.actor}: nobody reviewed a plan of it.`)
  const result = { conclusion: done ? ('success' as const) : ('failure' as const), report }
  const found = await forge.findCheck(record.revision, name, record.id)
  // One that was held may have gone on.
  if (found !== undefined) await forge.completeCheck(found, result)
  else await forge.createCheck({ name, commit: record.revision, externalId: record.id, done: result })
}

/** Writes the state of all syncs of a pull request into its comment, and answers the commands that asked for some. */
export async function reportSyncs(world: ServerWorld, job: ReportJob): Promise<void> {
  const all = await world.store.syncsOf(job.repository, job.number)
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  const merged = all.filter((each) => !each.preview)
  if (merged.length > 0) await writeLog(world, forge, job, merged)
  await answerRollbacks(world, forge, job, merged)
  await answerPreviews(world, forge, job, all)
  await answerSyncs(world, forge, job)
}

async function writeLog(world: ServerWorld, forge: Forge, job: ReportJob, syncs: readonly SyncRecord[]): Promise<void> {
  const last = syncs.findLast((each) => !each.rollback)
  if (!last) return
  const plan = (await world.store.latestPlan(job.repository, job.number))?.plan
  const body = syncComment({
    outcomes: [...newestOfEach(syncs).values()].map(shownOutcome),
    number: job.number,
    revision: last.revision,
    branch: last.branch,
    actor: last.actor,
    marker: commentMarker(job.number),
    ...(plan ? { plan } : {}),
  })
  await writeComment(world, forge, job, body, { onlyIfThere: false })
}

/** What the comment of a pull request says of a sync. */
export function shownOutcome({ outcome, rollback, actor }: SyncRecord): SyncOutcome {
  if (!rollback) return outcome
  const { reason } = rollback
  return { ...outcome, takenBack: { by: actor, ...(reason === undefined ? {} : { reason }) } }
}
