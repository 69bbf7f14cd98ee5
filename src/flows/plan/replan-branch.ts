import { canonicalJson } from '../../core/manifests/canonical.ts'
import type { App } from '../../core/model/app.ts'
import type { Json } from '../../core/model/object.ts'
import type { GitRepository } from '../ports.ts'
import type { Job, PlanRecord } from '../records.ts'
import { inputsOf } from '../render/render-app.ts'
import type { ServerWorld } from '../server-world.ts'
import { changesConfig, readCommit } from './plan-commit.ts'

/**
 * Looks at the pull requests into a branch that moved. Those whose plan reads something that changed are planned again;
 * of the others the plan is bound to the new commit, and GitHub isn't written to.
 */
export async function replanBranch(world: ServerWorld, job: Extract<Job, { kind: 'base-moved' }>): Promise<void> {
  const { repository: address, branch } = job
  const numbers = await world.store.openInto(address, branch)
  if (numbers.length === 0) return
  const forge = await world.forges.open(address, address.installationId)
  const base = await forge.branchHead(branch)
  if (base === undefined) return
  const again: Job[] = []
  for (const number of numbers) {
    const { head } = (await world.store.pullRequest(address, number)) ?? {}
    const latest = await world.store.latestPlan(address, number)
    const running = await world.store.runningPlans(address, number)
    const settled = latest?.state === 'done' && latest.head === head && running.length === 0 ? latest : undefined
    if (settled?.base === base) continue
    if (settled && (await rebind(world, address, settled, base))) continue
    again.push({ kind: 'plan', repository: address, number, reason: 'base-changed' })
  }
  await world.store.enqueue(again)
}

/** Binds a plan to a newer commit of the target branch when nothing that it reads changed. `false`: plan again. */
export async function rebind(
  world: ServerWorld,
  address: Job['repository'],
  record: PlanRecord,
  base: string,
): Promise<boolean> {
  try {
    if (!nothingWasRun(record)) {
      const repository = await world.git.open(address, address.installationId)
      if (!(await holds(repository, record, base))) return false
    }
  } catch (thrown) {
    // A commit that is gone, a file that can't be read: in doubt the plan is made again, and says what is wrong.
    world.log.debug('whether a plan still holds is unknown', { number: record.number, err: thrown })
    return false
  }
  await world.store.savePlan({ ...record, base })
  return true
}

/** A pull request from a fork that nobody has asked to plan: whatever the target branch is, there is nothing to read. */
function nothingWasRun({ plan }: PlanRecord): boolean {
  const errors = plan?.errors ?? []
  return plan?.apps.length === 0 && errors.length > 0 && errors.every((each) => each.code === 'held')
}

async function holds(repository: GitRepository, record: PlanRecord, base: string): Promise<boolean> {
  const { plan, head } = record
  // What failed may succeed now.
  if (!plan || (plan.errors ?? []).length > 0 || plan.apps.some((app) => app.errors.length > 0)) return false
  await repository.fetch([record.base, base, head])
  const [was, is] = await Promise.all([repository.mergeTree(record.base, head), repository.mergeTree(base, head)])
  if ('conflicts' in was || 'conflicts' in is) return false
  const [before, after] = await Promise.all([
    readingOf(repository, record.base, was.tree),
    readingOf(repository, base, is.tree),
  ])
  return before === after
}

/** All that a plan takes from Git, as one text: configuration and inputs of the affected apps, on both sides. */
async function readingOf(repository: GitRepository, base: string, tree: string): Promise<string> {
  const { trusted, changed, affected } = await readCommit(repository, { base, tree })
  const inputs = async (treeish: string, app: App | undefined) =>
    app && {
      app: settingsOf(app),
      files: await repository.fingerprint(treeish, await inputsOf(repository, treeish, app)),
    }
  const apps = await Promise.all(
    affected.map(async (app) => ({
      head: await inputs(tree, app),
      base: await inputs(base, trusted.baseApps.get(app.name)),
    })),
  )
  const { problems, proposal } = trusted
  const config = changesConfig(changed)
  const notes = trusted.notes.filter((note) => config || affected.some((app) => app.name === note.app))
  return canonicalJson({ apps, problems, proposal, notes, config } as unknown as Json)
}

/** Where an app stands in the file is of no account. */
function settingsOf(app: App): Omit<App, 'source'> {
  const { source: _source, ...settings } = app
  return settings
}
