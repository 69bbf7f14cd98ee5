import type { App } from '../../core/model/app.ts'
import type { Pin } from '../../core/model/inventory.ts'
import type { HeldBy } from '../../core/model/outcome.ts'
import { fullName } from '../../core/model/repository.ts'
import type { Forge, GitRepository } from '../ports.ts'
import type { SyncRecord } from '../records.ts'
import { readConfig } from '../render/read-config.ts'
import { inputsOf } from '../render/render-app.ts'
import type { ServerWorld } from '../server-world.ts'
import type { AppAddress } from '../state-ports.ts'

type World = Pick<ServerWorld, 'store' | 'clusters'>

/** Holds an app at a revision; without one, ends that. Either side holds alone, should the other's write be lost. */
export async function pinApp(
  world: World,
  { repository: { owner, name }, app, cluster: place }: AppAddress,
  pin: Pin | undefined,
): Promise<void> {
  const cluster = await world.clusters.open(place, `${owner}/${name}`)
  await cluster.saveMarks(`${owner}/${name}`, app, ({ pin: _, ...marks }) => ({ ...marks, ...(pin ? { pin } : {}) }))
  const { uid } = await cluster.identify()
  await world.store.changeAppState({ repository: { owner, name }, app, cluster: place }, (state) => {
    if (!state && !pin) return undefined
    const { pin: _, ...rest } = state ?? { clusterUID: uid }
    return { ...rest, ...(pin ? { pin } : {}) }
  })
}

/** Remembers with the pin of a rollback which pull request takes it back in Git too. A pin that is another by now stays as it is. */
export async function noteRevert(
  world: World & Pick<ServerWorld, 'log'>,
  record: SyncRecord,
  revert: number,
): Promise<void> {
  const { repository, app, cluster: place, revision, number } = record
  const noted = (pin: Pin | undefined) =>
    pin && pin.revision === revision && pin.number === number ? { pin: { ...pin, revert } } : pin ? { pin } : {}
  const name = fullName(repository)
  await world.store.changeAppState(
    { repository, app, cluster: place },
    (state) => state && { ...state, ...noted(state.pin) },
  )
  try {
    const cluster = await world.clusters.open(place, name)
    await cluster.saveMarks(name, app, (marks) => ({ ...marks, ...noted(marks.pin) }))
  } catch (err) {
    // The store alone ends the pin at the revert's merge, too.
    world.log.warn('a revert could not be noted on a cluster', { app, err })
  }
}

/** Ends what pins an app, also by the name that it had where that is what holds it. */
export async function unpinApp(world: World, address: AppAddress, heldBy: HeldBy | undefined): Promise<void> {
  for (const app of namesOf(address, heldBy)) await pinApp(world, { ...address, app }, undefined)
}

/**
 * Has Git come back to what is live? A commit says the same of an app as the revision that it is held at, or it contains
 * the revert that was opened for it (others may have been merged meanwhile).
 *
 * @param heldBy what holds the sync: of a renamed app it tells the name that is pinned.
 */
export async function isBack(
  world: World & { readonly forge: Forge },
  repository: GitRepository,
  record: SyncRecord,
  app: App,
  heldBy?: HeldBy,
): Promise<boolean> {
  const names = namesOf(record, heldBy)
  const pin = await pinOf(world, record, names)
  if (!pin) return false
  if (pin.revert !== undefined && (await isIn(world.forge, repository, pin.revert, record.revision))) return true
  // A commit that is gone tells nothing.
  const there = await repository.fetch([pin.revision]).then(
    () => true,
    () => false,
  )
  if (!there) return false
  const then = (await readConfig(repository, pin.revision)).apps.find((each) => names.includes(each.name))
  if (!then) return false
  const [was, is] = await Promise.all([
    saysOf(repository, pin.revision, then),
    saysOf(repository, record.revision, app),
  ])
  return was === is
}

async function isIn(forge: Forge, repository: GitRepository, number: number, revision: string): Promise<boolean> {
  const { merged, mergeCommit } = await forge.pullRequest(number)
  if (!merged || mergeCommit === undefined) return false
  await repository.fetch([mergeCommit])
  return repository.isAncestor(mergeCommit, revision)
}

/** Everything that an app's render is made of, as one text. */
export async function saysOf(repository: GitRepository, treeish: string, app: App): Promise<string> {
  const inputs = await inputsOf(repository, treeish, app)
  const { path, render, helm = null, namespace = null } = app
  return JSON.stringify([path, render, helm, namespace, await repository.fingerprint(treeish, inputs)])
}

async function pinOf(
  world: World,
  { repository, cluster: place }: SyncRecord,
  names: readonly string[],
): Promise<Pin | undefined> {
  for (const app of names) {
    const state = await world.store.appState({ repository, app, cluster: place })
    if (state?.pin) return state.pin
  }
  const repositoryName = fullName(repository)
  const cluster = await world.clusters.open(place, repositoryName)
  for (const app of names) {
    const pin = (await cluster.inventory(repositoryName, app)).marks?.pin
    if (pin) return pin
  }
  return undefined
}

/** The app's name, and the one that it had where what is marked there holds it. */
function namesOf({ app }: Pick<AppAddress, 'app'>, heldBy: HeldBy | undefined): readonly string[] {
  return heldBy?.kind === 'pin' && heldBy.app !== undefined ? [app, heldBy.app] : [app]
}
