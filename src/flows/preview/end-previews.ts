import { bareName } from '../commands/order.ts'
import { readMarks, writeMarks } from '../holds/marks.ts'
import type { Forge, RepositoryName } from '../ports.ts'
import type { RepositoryAddress, SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import type { AppState } from '../state-ports.ts'

/**
 * Ends the holds at the head of a pull request that is merged or closed. What can't be reached is logged, and stays held
 * until somebody says `/unlock`. Returns the apps that were previewed.
 */
export async function endPreviews(
  world: ServerWorld,
  where: RepositoryName,
  number: number,
): Promise<readonly AppState[]> {
  const repository = bareName(where)
  const previewed = (await world.store.appStates(repository)).filter(
    ({ pin }) => pin?.preview === true && pin.number === number,
  )
  for (const { app, cluster } of previewed) {
    const marked = await readMarks(world, repository, { app, cluster })
    const missing = await writeMarks(world, repository, marked, ({ pin, ...others }) =>
      pin && !(pin.preview && pin.number === number) ? { ...others, pin } : others,
    )
    if (missing) world.log.warn('a preview could not be ended on its cluster', { app, problem: missing.message })
  }
  return previewed
}

/** Takes the apps that a closed pull request previewed back to the target branch. Safe to do twice. */
export async function leavePreviews(
  world: ServerWorld,
  forge: Forge,
  repository: RepositoryAddress,
  number: number,
): Promise<void> {
  const syncs = await world.store.syncsOf(repository, number)
  for (const { app, cluster } of await endPreviews(world, repository, number)) {
    const last = syncs.findLast((each) => each.preview && each.app === app && each.cluster === cluster)
    if (last?.preview) await leave(world, forge, repository, { ...last, preview: last.preview })
  }
}

async function leave(
  world: ServerWorld,
  forge: Forge,
  repository: RepositoryAddress,
  last: SyncRecord & Required<Pick<SyncRecord, 'preview'>>,
): Promise<void> {
  const { app, cluster, branch, actor, number, preview } = last
  const revision = await forge.branchHead(branch)
  if (revision === undefined) return
  const { told: _, ...order } = preview
  const record: SyncRecord = {
    id: world.newId(),
    repository: bareName(repository),
    app,
    cluster,
    branch,
    revision,
    previous: last.revision,
    ...(number === undefined ? {} : { number }),
    actor,
    createdAt: world.clock.now().toISOString(),
    outcome: { app, cluster, revision, state: 'queued', objects: [], problems: [] },
    preview: { ...order, ends: true, allowedBy: `#${number} is closed` },
  }
  await world.store.saveSync(record, repository)
  await world.store.enqueue([{ kind: 'sync', repository, syncId: record.id, cluster, app }])
  world.overtaking.tell(record)
}
