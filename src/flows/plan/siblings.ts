import pLimit from 'p-limit'
import type { App } from '../../core/model/app.ts'
import { problemsOf } from '../../core/model/errors.ts'
import { applySetId, fieldManager, partOfLabel } from '../../core/model/inventory.ts'
import type { LiveObject } from '../../core/model/object.ts'
import { identityOf, type ObjectReference, referenceOf } from '../../core/model/reference.ts'
import { holdingOf } from '../../core/plan/contents.ts'
import type { Cluster } from '../ports.ts'
import { readConfig } from '../render/read-config.ts'
import { renderApp } from '../render/render-app.ts'
import type { Workshop } from '../world.ts'
import { parentsOf } from './parents.ts'
import type { AppRequest } from './plan-app.ts'

/** Apps rendered at a time: each runs renderers. */
const parallel = 4

/** Who has an object at this commit; `undecided`: why it may not go although nobody is known to have it. */
export type Claim = { readonly claimedBy: string } | { readonly undecided: string }

/** The other apps of the repository that live on the same cluster, at the commit that is planned. */
export type Siblings = {
  /** The one that renders this object. `undefined`: surely none does. */
  readonly claimOf: (reference: ObjectReference) => Promise<Claim | undefined>
  /**
   * The one whose label a live object carries, and that gave it up: it renders it no more, or is gone from the
   * configuration. `undefined`: the label is nobody's of this repository, its app still renders the object, or nobody
   * can tell.
   */
  readonly giverOf: (live: LiveObject) => Promise<string | undefined>
}

/** An app that lives on this cluster; `unsure`: why it may as well live on another one. */
type Neighbour = { readonly app: App; readonly unsure?: string | undefined }

/** What a sibling renders, or why that is not known. */
type Render = Neighbour & { readonly objects?: ReadonlyMap<string, ObjectReference>; readonly why?: string }

type Question = Pick<AppRequest, 'repository' | 'repositoryName' | 'app' | 'head' | 'signal'>

/**
 * Looks at the other apps when it is first asked: reads the configuration at the commit (for a pull request that of the
 * merge result, which is what a sync will go by) and renders each app of this cluster. Two names of one cluster are told
 * by its UID; one that can't be asked now may be this one, so that its apps decide nothing. Throws only when it is told to
 * stop.
 */
export function siblingsOf(workshop: Workshop, request: Question, cluster: Cluster): Siblings {
  const { repository, repositoryName, head, signal } = request
  const apps = once(async () =>
    (await readConfig(repository, head)).apps.filter((each) => each.name !== request.app.name),
  )
  const here = once(async () => livingOn(workshop, repositoryName, await apps(), request.app.cluster, cluster))
  const renders = once(async () => {
    const limit = pLimit(parallel)
    return Promise.all((await here()).map((each) => limit(() => renderOf(workshop, request, each, cluster))))
  })
  const render = async (name: string): Promise<Render | undefined> =>
    (await renders()).find((each) => each.app.name === name)
  const parents = once(() => parentsOf(cluster, repositoryName))

  return {
    claimOf: async (reference) => {
      const identity = identityOf(reference)
      try {
        const all = await renders()
        const [claiming, ...more] = all.filter((each) => each.objects?.has(identity))
        const sure = [claiming, ...more].find((each) => each && each.unsure === undefined)
        if (sure) return { claimedBy: sure.app.name }
        if (claiming) return { undecided: `${claiming.app.name} has it, maybe on this cluster: ${claiming.unsure}` }
        const holds = holdingOf(reference, (await cluster.kinds()).all)
        const inside = holds && all.find((each) => [...(each.objects?.values() ?? [])].some(holds))
        if (inside) return { undecided: `${inside.app.name} has objects in it` }
        const unknown = all.find((each) => each.why !== undefined)
        return unknown && { undecided: `whether ${unknown.app.name} has it now is not known: ${unknown.why}` }
      } catch (thrown) {
        if (signal?.aborted) throw thrown
        return { undecided: `whether another app has it now is not known: ${wordsOf(thrown)}` }
      }
    },
    giverOf: async (live) => {
      const id = live.metadata.labels?.[partOfLabel]
      // A label can be copied; who wrote an object, the server writes down.
      const ours = live.metadata.managedFields?.some((entry) => entry.manager === fieldManager)
      if (id === undefined || !ours) return undefined
      try {
        const known = (await apps()).find((each) => applySetId(repositoryName, each.name) === id)
        const neighbour = known && (await here()).find((each) => each.app === known)
        if (neighbour?.unsure !== undefined) return undefined
        // An app that lives on another cluster now has nothing here any more.
        if (!known || !neighbour) return known?.name ?? (await parents()).get(id)
        const objects = (await render(known.name))?.objects
        return objects && !objects.has(identityOf(referenceOf(live))) ? known.name : undefined
      } catch (thrown) {
        if (signal?.aborted) throw thrown
        workshop.log.warn('the apps of a repository could not be compared', { app: request.app.name, err: thrown })
        return undefined
      }
    },
  }
}

/** The apps that live on this cluster, by whatever name, or may do so. */
async function livingOn(
  workshop: Workshop,
  repositoryName: string,
  apps: readonly App[],
  name: string,
  cluster: Cluster,
): Promise<readonly Neighbour[]> {
  const others = new Set(apps.map((each) => each.cluster).filter((each) => each !== name))
  const { uid } = await cluster.identify()
  const asked = await Promise.all(
    [...others].map(async (other): Promise<readonly (readonly [string, string | undefined])[]> => {
      try {
        const opened = await workshop.clusters.open(other, repositoryName)
        return (await opened.identify()).uid === uid ? [[other, undefined]] : []
      } catch (thrown) {
        return isNone(thrown) ? [] : [[other, wordsOf(thrown)]]
      }
    }),
  )
  const unsure = new Map([[name, undefined], ...asked.flat()])
  return apps.flatMap((app) => (unsure.has(app.cluster) ? [{ app, unsure: unsure.get(app.cluster) }] : []))
}

/** A cluster that the server doesn't know, or not for this repository: no app was ever synced to it. */
function isNone(thrown: unknown): boolean {
  return problemsOf(thrown).some(({ code }) => code === 'cluster-unknown' || code === 'forbidden-target')
}

async function renderOf(
  workshop: Workshop,
  request: Question,
  neighbour: Neighbour,
  cluster: Cluster,
): Promise<Render> {
  const { repository, head, signal } = request
  const { app } = neighbour
  try {
    const [{ version }, kinds] = await Promise.all([cluster.identify(), cluster.kinds()])
    const { manifests } = await renderApp(workshop, repository, head, app, { version, kinds }, signal)
    const references = manifests.map((each) => referenceOf(each.object))
    return { ...neighbour, objects: new Map(references.map((each) => [identityOf(each), each])) }
  } catch (thrown) {
    if (signal?.aborted) throw thrown
    return { ...neighbour, why: wordsOf(thrown) }
  }
}

function wordsOf(thrown: unknown): string {
  return (problemsOf(thrown)[0]?.message ?? 'it failed').replace(/\.$/, '')
}

/** Does it at the first call; all calls get the same answer. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
