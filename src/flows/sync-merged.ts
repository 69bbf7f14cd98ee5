import { DrydockError, problem, problemsOf } from '../core/model/errors.ts'
import type { SyncOutcome } from '../core/model/outcome.ts'
import { syncCheck } from '../core/report/sync-check.ts'
import { syncComment } from '../core/report/sync-comment.ts'
import { checkName } from './plan-pull-request.ts'
import type { Forge, Job, SyncRecord } from './ports.ts'
import { readConfig } from './read-config.ts'
import type { ServerWorld } from './server-world.ts'
import { commentMarker, writeComment } from './sticky-comment.ts'
import { syncApp } from './sync-app.ts'

/** The comment is edited at most this often while a sync runs, in ms. */
const reportEveryMs = 5_000

/** Syncs one app to what was merged. Everything is rendered, planned and judged again. Safe to do twice. */
export async function syncMerged(
  world: ServerWorld,
  job: Extract<Job, { kind: 'sync' }>,
  signal: AbortSignal,
): Promise<void> {
  const stored = await world.store.sync(job.syncId)
  if (!stored || stored.finishedAt !== undefined) return
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  const ended = await endedSync(world, forge, job, stored, signal)
  await tellGitHub(forge, ended, ended.outcome)
  await finish(world, job, ended, ended.outcome)
}

/** The sync with its result; one that ended before a crash could tell of it is not done again. */
async function endedSync(
  world: ServerWorld,
  forge: Forge,
  job: Extract<Job, { kind: 'sync' }>,
  stored: SyncRecord,
  signal: AbortSignal,
): Promise<SyncRecord> {
  if (!['queued', 'running'].includes(stored.outcome.state)) return stored
  const instead = (await overtakenBy(world, stored)) ?? (await leftBehind(world, forge, job, stored))
  if (instead) return { ...stored, outcome: instead }
  const record = await startDeployment(world, forge, stored)
  const ended = { ...record, outcome: await run(world, job, record, signal) }
  await world.store.saveSync(ended)
  return ended
}

async function overtakenBy(world: ServerWorld, stored: SyncRecord): Promise<SyncOutcome | undefined> {
  const newer = await world.store.newerSync(stored)
  return newer && superseded(stored, newer)
}

/** The branch moved on and no webhook may have told: it is read again. A commit that it no longer holds is not synced. */
async function leftBehind(
  world: ServerWorld,
  forge: Forge,
  job: Extract<Job, { kind: 'sync' }>,
  stored: SyncRecord,
): Promise<SyncOutcome | undefined> {
  const { branch, revision } = stored
  const head = await forge.branchHead(branch)
  if (head === revision) return undefined
  if (head !== undefined) {
    await world.store.enqueue([{ kind: 'push', repository: job.repository, branch }])
    const repository = await world.git.open(job.repository, job.repository.installationId)
    await repository.fetch([head, revision])
    if (await repository.isAncestor(revision, head)) return undefined
  }
  const why = problem('superseded', `${branch} no longer holds ${revision.slice(0, 7)}; nothing of it was applied.`)
  return { ...stored.outcome, state: 'superseded', problems: [why] }
}

async function run(
  world: ServerWorld,
  job: Extract<Job, { kind: 'sync' }>,
  record: SyncRecord,
  signal: AbortSignal,
): Promise<SyncOutcome> {
  const overtaken = new AbortController()
  let newer: SyncRecord | undefined
  const look = setInterval(() => {
    void world.store.newerSync(record).then(
      (found) => {
        newer = found
        if (found) overtaken.abort()
      },
      () => undefined,
    )
  }, 2_000)
  try {
    return await syncRecord(world, job, record, AbortSignal.any([signal, overtaken.signal]))
  } catch (thrown) {
    if (signal.aborted) throw thrown
    return newer ? superseded(record, newer) : { ...record.outcome, state: 'failed', problems: problemsOf(thrown) }
  } finally {
    clearInterval(look)
  }
}

async function syncRecord(
  world: ServerWorld,
  job: Extract<Job, { kind: 'sync' }>,
  record: SyncRecord,
  signal: AbortSignal,
): Promise<SyncOutcome> {
  const { owner, name, installationId } = job.repository
  const repository = await world.git.open(job.repository, installationId)
  await repository.fetch([record.revision])
  const app = (await readConfig(repository, record.revision)).apps.find((each) => each.name === record.app)
  if (!app)
    throw new DrydockError('config-missing', `${record.app} is no longer configured at ${record.revision.slice(0, 7)}.`)
  const reviewed = record.number === undefined ? undefined : await world.store.latestPlan(job.repository, record.number)
  const shown = reviewed?.plan?.apps.find((each) => each.name === app.name)
  const by =
    record.number === undefined ? `direct push by ${record.actor}` : `merge of #${record.number} by ${record.actor}`
  let reported = 0
  let saving: Promise<void> = Promise.resolve()
  const outcome = await syncApp(
    world,
    {
      repository,
      repositoryName: `${owner}/${name}`,
      app,
      head: record.revision,
      base: 'synced',
      oldLeftovers: 'change',
    },
    {
      revision: record.revision,
      reviewed: { ...(shown ? { plan: shown } : {}), risksAccepted: false, by },
      signal,
      othersRun: () => othersRun(world, record),
      progress: (outcome) => {
        const now = world.clock.now().getTime()
        if (now - reported < reportEveryMs) return
        reported = now
        saving = world.store
          .saveSync({ ...record, outcome }, record.number === undefined ? undefined : job.repository)
          .catch((err: unknown) => {
            world.log.warn('the progress of a sync could not be saved', { app: app.name, err })
          })
      },
    },
  )
  // A step that is saved late must not stand in the place of the result.
  await saving
  return outcome
}

/** Are other apps of the same merge still being synced? */
async function othersRun(world: ServerWorld, record: SyncRecord): Promise<boolean> {
  if (record.number === undefined) return false
  const syncs = await world.store.syncsOf(record.repository, record.number)
  return syncs.some(
    (each) => each.id !== record.id && each.revision === record.revision && each.finishedAt === undefined,
  )
}

async function startDeployment(world: ServerWorld, forge: Forge, record: SyncRecord): Promise<SyncRecord> {
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

async function finish(
  world: ServerWorld,
  job: Extract<Job, { kind: 'sync' }>,
  record: SyncRecord,
  outcome: SyncOutcome,
): Promise<void> {
  const at = world.clock.now().toISOString()
  const pruned = outcome.objects.filter((object) => object.result === 'deleted').length
  await world.store.audit({
    at,
    actor: record.actor,
    action: outcome.state === 'held' ? 'hold' : pruned > 0 ? 'prune' : 'sync',
    repository: `${record.repository.owner}/${record.repository.name}`,
    app: record.app,
    cluster: record.cluster,
    revision: record.revision,
    ...(record.number === undefined ? {} : { number: record.number }),
    result: `${outcome.state}, ${outcome.objects.length} objects, ${pruned} deleted`,
    allowedBy: record.number === undefined ? `direct push by ${record.actor}` : `merge of #${record.number}`,
  })
  await world.store.saveSync(
    { ...record, outcome, finishedAt: at },
    record.number === undefined ? undefined : job.repository,
  )
}

async function tellGitHub(forge: Forge, record: SyncRecord, outcome: SyncOutcome): Promise<void> {
  const done = outcome.state === 'succeeded'
  if (record.deploymentId !== undefined) {
    const words = done ? `Synced ${record.revision.slice(0, 7)}` : (outcome.problems[0]?.message ?? outcome.state)
    const state = done ? 'success' : outcome.state === 'superseded' ? 'inactive' : 'failure'
    await forge.deploymentStatus(record.deploymentId, { state, description: words.slice(0, 140) })
  }
  if (record.number !== undefined || outcome.state === 'superseded') return
  // A direct push has no pull request to tell; its commit gets the result.
  const name = `${checkName} / ${record.app}`
  if ((await forge.findCheck(record.revision, name, record.id)) !== undefined) return
  const report = syncCheck(outcome, `Direct push by ${record.actor}: nobody reviewed a plan of it.`)
  await forge.createCheck({
    name,
    commit: record.revision,
    externalId: record.id,
    done: { conclusion: done ? 'success' : 'failure', report },
  })
}

function superseded(record: SyncRecord, newer: SyncRecord): SyncOutcome {
  const by = newer.number === undefined ? newer.revision.slice(0, 7) : `#${newer.number}`
  const then = newer.outcome.state === 'held' ? 'holds the app' : 'is synced instead'
  return {
    ...record.outcome,
    state: 'superseded',
    problems: [problem('superseded', `${by} came after it and ${then}.`)],
  }
}

/** Writes the state of all syncs of a pull request into its comment. */
export async function reportSyncs(world: ServerWorld, job: Extract<Job, { kind: 'report' }>): Promise<void> {
  const syncs = await world.store.syncsOf(job.repository, job.number)
  const newest = new Map<string, SyncRecord>()
  for (const sync of syncs) newest.set(sync.app, sync)
  const last = syncs.at(-1)
  if (!last) return
  const plan = (await world.store.latestPlan(job.repository, job.number))?.plan
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  const body = syncComment({
    outcomes: [...newest.values()].map((each) => each.outcome),
    number: job.number,
    revision: last.revision,
    branch: last.branch,
    actor: last.actor,
    marker: commentMarker(job.number),
    ...(plan ? { plan } : {}),
  })
  await writeComment(world, forge, job, body, { onlyIfThere: false })
}
