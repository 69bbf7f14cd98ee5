import { fullName } from '../../core/model/repository.ts'
import { bareName, derivedId } from '../commands/order.ts'
import { readMarks, writeMarks } from '../holds/marks.ts'
import type { Forge } from '../ports.ts'
import type { RepositoryAddress, SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import type { AppState } from '../state-ports.ts'
import { endWaiting } from '../sync/end-sync.ts'
import { tellGitHub } from '../sync/report-syncs.ts'

/** An app that is held at the head of a pull request. */
type Previewed = AppState & { readonly pin: NonNullable<AppState['pin']> & { readonly number: number } }

/**
 * Takes every app that is previewed by a pull request which is closed by now back to the branch that is synced, and ends its
 * hold. Of those that this push syncs anyway only the hold ends. Safe to do twice, and to go on with after a crash: the hold
 * ends last. What can't be reached is logged, and stays held until somebody says `/unlock`.
 *
 * @param synced syncs that are about to be queued
 */
export async function endClosedPreviews(
  world: ServerWorld,
  forge: Forge,
  repository: RepositoryAddress,
  synced: readonly SyncRecord[],
): Promise<void> {
  const previewed = (await world.store.appStates(bareName(repository))).filter(isPreviewed)
  const open = new Map<number, boolean>()
  for (const state of previewed) {
    const { number } = state.pin
    if (!open.has(number)) open.set(number, (await forge.pullRequest(number)).state === 'open')
    if (open.get(number)) continue
    const isSynced = synced.some(({ app, cluster }) => app === state.app && cluster === state.cluster)
    await endPreview(world, forge, repository, state, isSynced)
  }
}

/** Ends the preview of one app; `isSynced`: something else syncs it to the branch. Does nothing where none is previewed. */
export async function endPreview(
  world: ServerWorld,
  forge: Forge,
  repository: RepositoryAddress,
  state: AppState | undefined,
  isSynced: boolean,
): Promise<void> {
  if (!state || !isPreviewed(state)) return
  const { app, cluster, pin } = state
  if (!isSynced) await goBack(world, forge, repository, state)
  const marked = await readMarks(world, bareName(repository), { app, cluster })
  const missing = await writeMarks(world, bareName(repository), marked, ({ pin: now, ...others }) =>
    now && !(now.preview && now.number === pin.number) ? { ...others, pin: now } : others,
  )
  if (missing) world.log.warn('a preview could not be ended on its cluster', { app, problem: missing.message })
  await world.store.audit({
    at: world.clock.now().toISOString(),
    actor: 'drydock',
    action: 'unlock',
    repository: fullName(repository),
    app,
    cluster,
    revision: pin.revision,
    number: pin.number,
    result: `preview of ${pin.by} ended${missing ? '; not on the cluster' : ''}`,
    allowedBy: `#${pin.number} is no longer previewed`,
  })
}

/** Queues the sync to the branch, whose id is that of the preview that it ends. */
async function goBack(
  world: ServerWorld,
  forge: Forge,
  repository: RepositoryAddress,
  { app, cluster, pin }: Previewed,
): Promise<void> {
  const syncs = await world.store.syncsOf(repository, pin.number)
  const last = syncs.findLast(
    (each) => each.app === app && each.cluster === cluster && each.preview && !each.preview.ends,
  )
  if (!last?.preview) return
  const id = derivedId(last.id, 'ends')
  const revision = await forge.branchHead(last.branch)
  const known = await world.store.sync(id)
  if (revision === undefined || (known && known.outcome.state !== 'queued')) return
  const { told: _, ...order } = last.preview
  const record: SyncRecord = known ?? {
    id,
    repository: bareName(repository),
    app,
    cluster,
    branch: last.branch,
    revision,
    previous: last.revision,
    number: pin.number,
    actor: last.actor,
    createdAt: world.clock.now().toISOString(),
    outcome: { app, cluster, revision, state: 'queued', objects: [], problems: [] },
    preview: { ...order, ends: true, allowedBy: `#${pin.number} is no longer previewed` },
  }
  if (!known) {
    // What it held is synced along with the branch.
    const tell = (ended: SyncRecord) => tellGitHub(forge, ended, ended.outcome)
    await endWaiting(world, repository, await world.store.heldSyncs(), record, tell)
    await world.store.saveSync(record, repository)
  }
  await world.store.enqueue([{ kind: 'sync', repository, syncId: id, cluster, app }])
  world.overtaking.tell(record)
}

function isPreviewed(state: AppState): state is Previewed {
  return state.pin?.preview === true && state.pin.number !== undefined
}
