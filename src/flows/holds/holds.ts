import type { App, SyncWindow } from '../../core/model/app.ts'
import { problemsOf } from '../../core/model/errors.ts'
import { fullName } from '../../core/model/repository.ts'
import { type AgreementFacts, agreementOf, type KnownState } from '../../core/sync/agreement.ts'
import { type DependencyState, dependencyState } from '../../core/sync/depends.ts'
import { firstHold, type Hold } from '../../core/sync/holds.ts'
import { inventoryFor } from '../plan/adopt-inventory.ts'
import type { GitRepository } from '../ports.ts'
import type { SyncRecord } from '../records.ts'
import { readConfig } from '../render/read-config.ts'
import type { ServerWorld } from '../server-world.ts'
import type { AppAddress } from '../state-ports.ts'

/** What is needed to tell whether a sync may start. */
export type HoldWorld = Pick<ServerWorld, 'store' | 'clusters' | 'clock'>

/** A sync that is about to start. */
export type HoldRequest = {
  readonly record: SyncRecord
  /** As it is configured at the record's revision. */
  readonly app: App
  /** Has the record's revision and `head`. */
  readonly repository: GitRepository
  /** The newest commit of the record's branch: its windows count, and what it contains is ours. */
  readonly head: string
  /** `true`: a person asked for this sync. */
  readonly asked: boolean
  /** See `HoldFacts`. */
  readonly previewOf?: number
}

/**
 * What holds a sync, or `undefined` when it may start. What a lost database forgot is restored from the parent object on
 * the way. Throws when the cluster can't be asked: unknown is never "nothing holds".
 */
export async function holdOf(world: HoldWorld, request: HoldRequest): Promise<Hold | undefined> {
  const { record, app, repository, head, asked, previewOf } = request
  const address = addressOf(record)
  const name = fullName(record.repository)
  const cluster = await world.clusters.open(record.cluster, name)
  const [{ uid }, { inventory: parent, from }, known, freezes] = await Promise.all([
    cluster.identify(),
    // Of a renamed app what holds it stands with the name that it had.
    inventoryFor({ app, repository, repositoryName: name, head: record.revision }, cluster),
    world.store.appState(address),
    world.store.freezes(record.repository),
  ])
  const facts: AgreementFacts = {
    app: record.app,
    cluster: record.cluster,
    branch: record.branch,
    clusterUID: uid,
    stored: known,
    parent,
    contained: await contains(repository, head, parent.revision),
  }
  const agreement = agreementOf(facts)
  // A renamed app has nothing of its own yet: what stands with the old name stays there until it is adopted.
  if (agreement.kind === 'restore' && from === undefined) await restore(world, address, agreement.state)
  const stored: KnownState | undefined = agreement.kind === 'restore' ? agreement.state : known
  const former = from === undefined ? undefined : await world.store.appState({ ...address, app: from })
  const apps = await configured(repository, head, record.revision)
  return firstHold({
    app,
    repository: name,
    revision: record.revision,
    now: world.clock.now(),
    asked,
    windows: apps.windows,
    freezes,
    stored: { ...marksOf(former), ...marksOf(stored) },
    parent: parent.marks,
    disagreement: agreement.kind === 'hold' ? agreement.problem : undefined,
    dependencies: await dependenciesOf(world, record, app, apps.apps),
    previewOf,
    former: from,
    formerSync: await unfinishedSync(world, record, from),
  })
}

/** Lock and pin stay as they are by now. */
async function restore(world: HoldWorld, address: AppAddress, state: KnownState): Promise<void> {
  await world.store.changeAppState(address, (now) => {
    const { lock: _, pin: __, ...rest } = state
    return { ...rest, ...marksOf(now ?? state) }
  })
}

function marksOf(state: Pick<KnownState, 'lock' | 'pin'> | undefined): Pick<KnownState, 'lock' | 'pin'> {
  return { ...(state?.lock ? { lock: state.lock } : {}), ...(state?.pin ? { pin: state.pin } : {}) }
}

/** A sync by the name that the app had is over only when it is: it would write over what the new name applies. */
async function unfinishedSync(world: HoldWorld, record: SyncRecord, former: string | undefined) {
  const last = former === undefined ? undefined : await world.store.latestSync(record.repository, former)
  if (former === undefined || last?.cluster !== record.cluster) return undefined
  if (!['queued', 'running'].includes(last.outcome.state)) return undefined
  const state = dependencyState(former, last.outcome, true)
  return state.kind === 'go' ? undefined : state
}

/**
 * Copies what the parent object says into the store, after a sync; lock and pin stay as they are there. Done twice or
 * not at all it does no harm: on the same cluster the parent is believed. Where the two disagree nothing is copied.
 */
export async function rememberSynced(
  world: Pick<ServerWorld, 'store' | 'clusters'>,
  record: Pick<SyncRecord, 'repository' | 'app' | 'cluster'>,
): Promise<void> {
  const name = fullName(record.repository)
  const cluster = await world.clusters.open(record.cluster, name)
  const [{ uid }, { revision, digest }] = await Promise.all([cluster.identify(), cluster.inventory(name, record.app)])
  await world.store.changeAppState(addressOf(record), (now) => {
    // The sync failed before it was asked what holds it: whom to believe is judged then.
    if (now?.revision !== undefined && (now.clusterUID !== uid || revision === undefined)) return now
    return {
      clusterUID: uid,
      ...(revision ? { revision } : {}),
      ...(digest ? { digest } : {}),
      ...marksOf(now),
    }
  })
}

function addressOf({ repository, app, cluster }: Pick<SyncRecord, 'repository' | 'app' | 'cluster'>): AppAddress {
  return { repository, app, cluster }
}

async function contains(repository: GitRepository, head: string, revision: string | undefined): Promise<boolean> {
  // Somebody may have written anything into the parent; what this clone doesn't have is in no history of its branch.
  if (!revision || !/^[0-9a-f]{40,64}$/.test(revision)) return false
  const found = await repository.resolve(revision)
  return found !== undefined && (await repository.isAncestor(found, head))
}

/** Windows as the branch has them now: changing them must be able to release what waits. A broken file changes nothing. */
async function configured(
  repository: GitRepository,
  head: string,
  revision: string,
): Promise<{ readonly apps: readonly App[]; readonly windows: readonly SyncWindow[] }> {
  const config = await readConfig(repository, head).catch((thrown: unknown) => {
    if (problemsOf(thrown).every((each) => each.code === 'config-invalid')) return readConfig(repository, revision)
    throw thrown
  })
  return { apps: config.apps, windows: config.windows ?? [] }
}

async function dependenciesOf(
  world: HoldWorld,
  record: SyncRecord,
  app: App,
  apps: readonly App[],
): Promise<readonly DependencyState[]> {
  return Promise.all(
    app.dependsOn.map((name) => {
      const cluster = apps.find((each) => each.name === name)?.cluster ?? record.cluster
      return dependencyOn(world, { ...addressOf(record), app: name, cluster })
    }),
  )
}

/** What an app means for those that depend on it. Throws where only its cluster could tell, and can't be asked. */
export async function dependencyOn(
  world: Pick<ServerWorld, 'store' | 'clusters'>,
  address: AppAddress,
): Promise<DependencyState> {
  const last = await world.store.latestSync(address.repository, address.app)
  const tells = last !== undefined && last.outcome.state !== 'superseded'
  return dependencyState(address.app, last?.outcome, tells || (await wasSynced(world, address)))
}

/** Was an app synced before this database was made, or by the command line? */
async function wasSynced(world: Pick<ServerWorld, 'store' | 'clusters'>, address: AppAddress): Promise<boolean> {
  if ((await world.store.appState(address))?.revision) return true
  const name = fullName(address.repository)
  const cluster = await world.clusters.open(address.cluster, name)
  return (await cluster.inventory(name, address.app)).revision !== undefined
}
