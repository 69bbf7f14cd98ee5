import pLimit from 'p-limit'
import type { App } from '../../core/model/app.ts'
import type { Change } from '../../core/model/change.ts'
import { DrydockError, problem, problemsOf } from '../../core/model/errors.ts'
import type { Inventory } from '../../core/model/inventory.ts'
import type { AppPlan } from '../../core/model/plan.ts'
import { describeReference, identityOf, referenceOf } from '../../core/model/reference.ts'
import { planApp } from '../../core/plan/app-plan.ts'
import type { AppFacts } from '../../core/plan/facts.ts'
import { firstHold } from '../../core/sync/holds.ts'
import type { Cluster, GitRepository } from '../ports.ts'
import { appAt } from '../render/app-at.ts'
import { type Rendered, renderApp, type Target } from '../render/render-app.ts'
import type { Workshop } from '../world.ts'
import { inventoryFor } from './adopt-inventory.ts'
import { gather } from './gather.ts'
import { type Siblings, siblingsOf } from './siblings.ts'

/** Apps rendered or asked about at a time: each runs renderers. */
const parallel = 4

/** One app between two commits. */
export type AppRequest = {
  readonly repository: GitRepository
  /** `owner/name`, or `local/<folder>-<hash>`: with the app's name it identifies the inventory. */
  readonly repositoryName: string
  readonly app: App
  /** The app on the base's side, where it has another path or renderer than now. */
  readonly baseApp?: App | undefined
  /** Treeish. */
  readonly head: string
  /** Treeish; `synced`: the revision that was synced last; `undefined`: the base doesn't have the app. */
  readonly base: string | 'synced' | undefined
  /** `note`: leftovers of earlier commits are remarked on, not planned. */
  readonly oldLeftovers: 'change' | 'note'
  readonly notes?: readonly string[]
  /** Of a rollback. */
  readonly back?: {
    /** Id of the sync that it goes back to. */
    readonly to: string
    /** What was kept of that is planned instead of a render: everything that differs from live is a change. */
    readonly stored?: Rendered | undefined
    /** What ran since and stays done. */
    readonly undone: readonly Change[]
  }
  /** The newest commit of the branch, where that is another one: what an app has there isn't deleted either. */
  readonly newest?: string
  readonly signal?: AbortSignal
}

/** A plan with what it was made of, so that a sync sends exactly what was planned. */
export type PlannedApp = {
  readonly plan: AppPlan
  readonly facts: AppFacts
  readonly cluster: Cluster
  readonly inventory: Inventory
}

/** An app that is rendered on both sides. */
type Prepared = {
  readonly request: AppRequest
  readonly cluster: Cluster
  readonly inventory: Inventory
  readonly head: Rendered
  readonly base: Rendered | undefined
  readonly siblings: Siblings
  readonly notes: readonly string[]
}

/** Plans one app; throws what was wrong. */
export async function planOneApp(workshop: Workshop, request: AppRequest): Promise<PlannedApp> {
  return complete(await prepare(workshop, request), [])
}

/** Plans the apps of one commit. What is wrong with one becomes errors of its plan; the others are still planned. */
export async function planApps(
  workshop: Workshop,
  requests: readonly AppRequest[],
): Promise<readonly { readonly plan: AppPlan; readonly facts?: AppFacts }[]> {
  const limit = pLimit(parallel)
  const failed = (request: AppRequest) => (thrown: unknown) => {
    if (request.signal?.aborted) throw thrown
    workshop.log.warn('an app could not be planned', { app: request.app.name, err: thrown })
    return { plan: failedPlan(request.app, thrown) }
  }
  const prepared = await Promise.all(
    requests.map((request) => limit(() => prepare(workshop, request).catch(failed(request)))),
  )
  return Promise.all(
    prepared.map((each) => {
      if (!('request' in each)) return each
      const others = prepared.flatMap((other) => ('request' in other && other !== each ? [other] : []))
      return limit(() =>
        complete(each, others).then(
          (planned) => ({ plan: withClaims(planned.plan, each, others), facts: planned.facts }),
          failed(each.request),
        ),
      )
    }),
  )
}

/** The plan of an app of which nothing is known but what went wrong. */
function failedPlan(app: App, thrown: unknown): AppPlan {
  const errors = problemsOf(thrown)
  return { name: app.name, cluster: app.cluster, changes: [], unchanged: 0, drift: [], policies: [], errors }
}

async function prepare(workshop: Workshop, request: AppRequest): Promise<Prepared> {
  const { app, repository } = request
  const cluster = await workshop.clusters.open(app.cluster, request.repositoryName)
  const [{ version }, kinds, { inventory, from }] = await Promise.all([
    cluster.identify(),
    cluster.kinds({ fresh: true }),
    // What it was called is told by Git, which going back doesn't need.
    request.back?.stored
      ? cluster.inventory(request.repositoryName, app.name).then((own) => ({ inventory: own, from: undefined }))
      : inventoryFor(request, cluster),
  ])
  refuseNamesake(app, inventory)
  const target: Target = { kinds, version }
  const rendering = request.back?.stored
    ? Promise.resolve(request.back?.stored)
    : renderApp(workshop, repository, request.head, app, target, request.signal)
  const [head, base] = await Promise.all([rendering, renderBase(workshop, request, inventory, target, rendering)])
  const siblings = alsoLater(
    siblingsOf(workshop, request, cluster),
    request.newest === undefined ? undefined : siblingsOf(workshop, { ...request, head: request.newest }, cluster),
  )
  const renamed = from === undefined ? [] : [`It was called ${from} until now, and has its objects.`]
  const isLive = head.digest === inventory.digest
  const notes = [
    ...(request.notes ?? []),
    ...renamed,
    ...heldNotes(request, inventory, isLive),
    // What is live already is asked for by nobody any more.
    ...(isLive ? [] : base.notes),
  ]
  return { request, cluster, inventory, head, base: base.rendered, siblings, notes }
}

/** A plan of a pull request is not applied at its merge while something holds the app. */
function heldNotes(
  { app, base, head, repositoryName }: AppRequest,
  { marks, revision }: Inventory,
  isLive: boolean,
): readonly string[] {
  if (base === 'synced' || app.source === undefined) return []
  if (marks?.pin && isLive && !marks.lock && !marks.freeze) {
    return [`It is live already: ${app.name} is held at ${marks.pin.revision.slice(0, 7)}, and merging this ends that.`]
  }
  const hold = firstHold({
    app,
    repository: repositoryName,
    revision: revision === undefined ? head : '',
    now: new Date(0),
    asked: false,
    windows: [],
    freezes: [],
    parent: marks,
    dependencies: [],
  })
  return hold ? [`Its merge would wait: ${hold.problem.message}`] : []
}

/** What has an object at either of two commits has it: nobody gives up what it has at the newest. */
function alsoLater(now: Siblings, later: Siblings | undefined): Siblings {
  if (!later) return now
  return {
    claimOf: async (reference) => (await now.claimOf(reference)) ?? (await later.claimOf(reference)),
    giverOf: async (live) => {
      const giver = await now.giverOf(live)
      return giver === undefined ? undefined : later.giverOf(live)
    },
  }
}

/** Two folders that no file configures may have one name; the inventory of the one must not be pruned by the other. */
function refuseNamesake(app: App, inventory: Inventory): void {
  if (app.source !== undefined || inventory.path === undefined || inventory.path === app.path) return
  throw new DrydockError(
    'already-owned',
    `The name ${app.name} is taken: the app of this name was synced from ${inventory.path}.`,
    {
      hint: 'Give both a name of their own in .github/drydock.yaml.',
    },
  )
}

async function complete(prepared: Prepared, others: readonly Prepared[]): Promise<PlannedApp> {
  const { request, cluster, inventory, head, base, siblings, notes } = prepared
  const namespacesOfOthers = new Set(
    others
      .filter((other) => other.cluster === cluster)
      .flatMap((other) => other.head.manifests.filter((each) => each.object.kind === 'Namespace'))
      .map((each) => each.object.metadata.name),
  )
  const { app, oldLeftovers } = request
  const facts = await gather({ app, cluster, inventory, head, base, oldLeftovers, notes, namespacesOfOthers, siblings })
  return { plan: withoutPlaces(planApp(facts), request), facts, cluster, inventory }
}

/** Where a manifest stood that was kept is told by nobody; what ran since stands beside the changes. */
function withoutPlaces(plan: AppPlan, { back }: AppRequest): AppPlan {
  if (!back) return plan
  const { to, stored, undone } = back
  const changes = stored ? plan.changes.map(({ source: _, ...change }) => change) : plan.changes
  return { ...plan, changes, backTo: to, ...(undone.length > 0 ? { undone } : {}) }
}

/** An object that two apps claim is an error of both. */
function withClaims(plan: AppPlan, prepared: Prepared, others: readonly Prepared[]): AppPlan {
  const claimed = new Map(
    others
      .filter((other) => other.cluster === prepared.cluster)
      .flatMap((other) => other.head.manifests.map((each) => [identityOf(referenceOf(each.object)), { other, each }])),
  )
  const errors = prepared.head.manifests.flatMap(({ object, source }) => {
    const claim = claimed.get(identityOf(referenceOf(object)))
    if (!claim) return []
    const { path, line } = claim.each.source
    const who = `${claim.other.request.app.name} (${path}:${line})`
    const hint = 'Remove it from one of the two apps.'
    return [
      problem('duplicate-object', `${describeReference(referenceOf(object))} is also in the app ${who}.`, {
        source,
        hint,
      }),
    ]
  })
  return errors.length > 0 ? { ...plan, errors: [...plan.errors, ...errors] } : plan
}

/** The app as it was synced last; what can't be rendered any more is no base. */
async function renderSynced(
  workshop: Workshop,
  request: AppRequest,
  { revision }: Inventory,
  target: Target,
): Promise<Rendered | undefined> {
  if (revision === undefined) return undefined
  try {
    await request.repository.fetch([revision])
    const app = await appAt(request.repository, revision, request.app)
    return await renderApp(workshop, request.repository, revision, app, target, request.signal)
  } catch (thrown) {
    if (request.signal?.aborted) throw thrown
    return undefined
  }
}

async function renderBase(
  workshop: Workshop,
  request: AppRequest,
  inventory: Inventory,
  target: Target,
  head: Promise<Rendered>,
): Promise<{ readonly rendered: Rendered | undefined; readonly notes: readonly string[] }> {
  // Nothing was ever synced: everything is a change, whatever the target branch says.
  if (inventory.revision === undefined || request.base === undefined) return { rendered: undefined, notes: [] }
  const treeish = request.base === 'synced' ? inventory.revision : request.base
  if (treeish === request.head && request.baseApp === undefined) return { rendered: await head, notes: [] }
  try {
    if (request.base === 'synced') await request.repository.fetch([treeish])
    const app = request.baseApp ?? (await appAt(request.repository, treeish, request.app))
    const rendered = await renderApp(workshop, request.repository, treeish, app, target, request.signal)
    const synced = request.base === 'synced' ? undefined : await renderSynced(workshop, request, inventory, target)
    if (!synced || synced.digest === rendered.digest) return { rendered, notes: [] }
    const at = inventory.revision.slice(0, 7)
    const note = `What ${treeish.slice(0, 7)} says of this app is not synced yet (live is at ${at}): a sync of this applies that, too.`
    return { rendered: synced, notes: [note] }
  } catch (thrown) {
    if (request.signal?.aborted) throw thrown
    const [first] = problemsOf(thrown)
    // The broken side is what this commit may be mending; live is still compared with what it asks for.
    const why = `What was there before (${treeish.slice(0, 7)}) can't be rendered, so that drift is shown as change`
    return { rendered: undefined, notes: [`${why}: ${first?.message}`] }
  }
}
