import { completeObjects } from '../../core/history/complete.ts'
import type { KeptObjects } from '../../core/history/pack.ts'
import { digestOf } from '../../core/manifests/canonical.ts'
import type { App } from '../../core/model/app.ts'
import type { Change } from '../../core/model/change.ts'
import { DrydockError, problemsOf } from '../../core/model/errors.ts'
import type { KubeObject } from '../../core/model/object.ts'
import { fullName } from '../../core/model/repository.ts'
import { undoneBy } from '../../core/sync/going-back.ts'
import type { AppRequest } from '../plan/plan-app.ts'
import type { GitRepository } from '../ports.ts'
import type { RollbackOrder, SyncRecord } from '../records.ts'
import { appAt } from '../render/app-at.ts'
import { type Rendered, renderApp } from '../render/render-app.ts'
import type { ServerWorld } from '../server-world.ts'
import type { StoredObjects } from '../state-ports.ts'

/** So many syncs after the one that an app goes back to are looked at for what they ran. */
const mostPassed = 200

/** What is applied when an app goes back to an earlier sync. */
export type WayBack = {
  readonly sync: SyncRecord
  /** Its settings of now; with its path and renderer of then where it has to be rendered again. */
  readonly app: App
  /** The objects of then. Absent: they were not kept, and Git has to say what they were. */
  readonly stored?: Rendered
  /** What ran since and stays done. */
  readonly undone: readonly Change[]
}

/**
 * Finds what a sync applied: its kept objects, for which neither Git nor GitHub nor a renderer is needed. Values of Secrets
 * that were not kept come from Git at that revision. Throws `store-failed` with the names of those that are nowhere: an
 * emptied Secret is never applied.
 *
 * @param app as the target branch configures it now
 * @param wish the id of the sync, and whether somebody named its revision: only then `maxPrune` counts. What the pull request
 *   made is taken away again, however much it is.
 */
export async function wayBack(
  world: ServerWorld,
  repository: GitRepository,
  app: App,
  wish: Pick<RollbackOrder, 'to' | 'named'>,
  signal?: AbortSignal,
): Promise<WayBack> {
  const entry = await world.store.historyOf(wish.to)
  if (!entry) throw new DrydockError('store-failed', `The sync that ${app.name} goes back to is no longer known.`)
  const { sync } = entry
  const undone = await undoneSince(world, sync)
  const kept = entry.objects && opened(world, entry.objects, sync)
  const limit = ({ sync: settings }: App) => ({ ...settings, ...(wish.named ? { maxPrune: app.sync.maxPrune } : {}) })
  if (!kept) {
    const then = await asItWas(repository, app, sync.revision)
    return { sync, app: { ...then, sync: limit(then) }, undone }
  }
  const objects =
    kept.missing.length === 0 ? kept.objects : await withSecrets(world, repository, app, sync, kept, signal)
  // Where a manifest stood is not kept.
  const source = { path: app.path, line: 1 }
  return {
    sync,
    app: { ...app, sync: limit(withoutMaxPrune(app)), sensitive: [...app.sensitive, ...kept.sensitive] },
    stored: { manifests: objects.map((object) => ({ object, source })), digest: sync.digest ?? digestOf(objects) },
    undone,
  }
}

/** What a plan needs to know of the way. */
export function backOf({ sync, stored, undone }: WayBack): NonNullable<AppRequest['back']> {
  return { to: sync.id, stored, undone }
}

/** The objects of a sync; without the right key, or damaged, they are as good as not kept. */
function opened(world: ServerWorld, objects: StoredObjects, sync: SyncRecord): KeptObjects | undefined {
  try {
    return world.packing.unpack(objects)
  } catch (thrown) {
    if (!(thrown instanceof DrydockError)) throw thrown
    world.log.warn('the kept objects of a sync can not be opened', { app: sync.app, sync: sync.id, err: thrown })
    return undefined
  }
}

async function withSecrets(
  world: ServerWorld,
  repository: GitRepository,
  app: App,
  sync: SyncRecord,
  kept: KeptObjects,
  signal: AbortSignal | undefined,
): Promise<readonly KubeObject[]> {
  const { revision } = sync
  let why = 'it has none of that name there.'
  const rendered = async (): Promise<readonly KubeObject[]> => {
    const cluster = await world.clusters.open(app.cluster, fullName(sync.repository))
    const [{ version }, kinds] = await Promise.all([cluster.identify(), cluster.kinds()])
    const then = await asItWas(repository, app, revision)
    const { manifests } = await renderApp(world, repository, revision, then, { version, kinds }, signal)
    return manifests.map(({ object }) => object)
  }
  const source = await rendered().catch((thrown: unknown) => {
    // A cluster that does not answer is tried again, which needs no word of the values.
    if (signal?.aborted || problemsOf(thrown).every(({ code }) => code === 'cluster-unreachable')) throw thrown
    why = problemsOf(thrown)[0]?.message ?? 'it failed.'
    return []
  })
  const completed = completeObjects(kept, source)
  if ('objects' in completed) return completed.objects
  throw new DrydockError(
    'store-failed',
    `${app.name} can't go back to ${revision.slice(0, 7)}: the values of ${completed.missing.join(', ')} were not kept, and Git can't tell them: ${why}`,
    { hint: 'Set STORE_KEY on the server, and the next syncs keep them, sealed.' },
  )
}

async function undoneSince(world: ServerWorld, sync: SyncRecord): Promise<readonly Change[]> {
  const newest = (await world.store.history(sync, mostPassed)).map((each) => each.sync)
  const at = newest.findIndex(({ id }) => id === sync.id)
  const later = (at < 0 ? newest : newest.slice(0, at)).filter(({ cluster }) => cluster === sync.cluster)
  return undoneBy(later.map(({ outcome }) => outcome))
}

/** How it was rendered then, with the settings that the target branch has now. Throws `git-failed`. */
export async function asItWas(repository: GitRepository, app: App, revision: string): Promise<App> {
  await repository.fetch([revision])
  return withoutMaxPrune(await appAt(repository, revision, app))
}

/** What the later commit made is taken away again, however much it is. */
function withoutMaxPrune(app: App): App {
  return { ...app, sync: { ...app.sync, maxPrune: Number.MAX_SAFE_INTEGER } }
}
