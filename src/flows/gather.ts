import pLimit from 'p-limit'
import { kindsOfDefinitions } from '../core/manifests/definitions.ts'
import type { App } from '../core/model/app.ts'
import { DrydockError, type Problem, problem, problemsOf } from '../core/model/errors.ts'
import { type Inventory, partOfLabel } from '../core/model/inventory.ts'
import type { Kinds } from '../core/model/kinds.ts'
import type { Manifest } from '../core/model/manifest.ts'
import type { LiveObject } from '../core/model/object.ts'
import { describeReference, groupOf, identityOf, type ObjectReference, referenceOf } from '../core/model/reference.ts'
import { ClusterRefusal } from '../core/model/refusal.ts'
import { sameManifest } from '../core/plan/app-plan.ts'
import { desiredObject, ignoredPaths, withIgnored } from '../core/plan/desired.ts'
import type { Answer, AppFacts, LeftoverFacts, ObjectFacts } from '../core/plan/facts.ts'
import type { Cluster } from './ports.ts'
import type { Rendered } from './render-app.ts'
import { retrying } from './retry.ts'

/** Requests to one API server at a time. */
const parallel = 16

/** What is compared: the commit, what came before it, and what the app owns. */
export type Comparison = {
  readonly app: App
  readonly cluster: Cluster
  readonly inventory: Inventory
  readonly head: Rendered
  /** `undefined`: nothing was ever synced, so that everything is a change. */
  readonly base: Rendered | undefined
  readonly oldLeftovers: 'change' | 'note'
  readonly notes: readonly string[]
  /** Namespaces that other apps of the same commit have manifests of. */
  readonly namespacesOfOthers: ReadonlySet<string>
}

/** Asks the API server about every object of an app: what is live, and what it would store. Changes nothing. */
export async function gather(comparison: Comparison): Promise<AppFacts> {
  const { app, cluster, inventory, head, base } = comparison
  const limit = pLimit(parallel)
  const { uid: clusterUID } = await cluster.identify()
  const kinds = await cluster.kinds()
  const owned = await listOwned(comparison)
  const before = new Map(base?.manifests.map((each) => [identityOf(referenceOf(each.object)), each]))
  const defined = new Set(kindsOfDefinitions(head.manifests).map((kind) => `${kind.apiVersion} ${kind.kind}`))
  const unfinished = new Set((inventory.unfinished ?? []).map(identityOf))
  const newNamespaces = new Set<string>()
  const changedKinds = new Set<string>()

  const live = async (manifest: Manifest): Promise<LiveObject | undefined> => {
    const reference = referenceOf(manifest.object)
    const listed = owned.get(identityOf(reference))
    // Another version of the same object has other fields: the two can't be compared.
    if (listed?.apiVersion === reference.apiVersion) return listed
    return retrying(() => cluster.get(reference))
  }

  const ask = async (manifest: Manifest): Promise<ObjectFacts> => {
    const { object } = manifest
    const reference = referenceOf(object)
    const baseManifest = before.get(identityOf(reference))
    const open = unfinished.has(identityOf(reference))
    const touched = open || base === undefined || !baseManifest || !sameManifest(baseManifest.object, object)
    const labelled = desiredObject(object, inventory.id)
    const facts = { manifest, touched }
    const kind = `${object.apiVersion} ${object.kind}`
    if (!cluster.allows(reference)) return { ...facts, desired: labelled, answer: forbidden(manifest, cluster) }
    if (!kinds.find(object.apiVersion, object.kind)) {
      return { ...facts, desired: labelled, answer: { by: 'client', reason: 'this commit creates its kind' } }
    }
    if (reference.namespace && newNamespaces.has(reference.namespace)) {
      return { ...facts, desired: labelled, answer: { by: 'client', reason: 'this commit creates its namespace' } }
    }
    const known = ignoredPaths(object, app.ignore).length > 0 ? await live(manifest) : undefined
    const desired = withIgnored(labelled, known, app.ignore)
    try {
      const answer = await retrying(() => cluster.previewApply(desired))
      const found = answer.created ? undefined : (known ?? (await live(manifest)))
      const predicted: Answer = { by: 'server', predicted: answer.object, warnings: answer.warnings }
      if (!found || !touched || open || baseManifest?.object.apiVersion !== object.apiVersion) {
        return { ...facts, desired, answer: predicted, ...(found ? { live: found } : {}) }
      }
      // What the base's manifest would change too is drift, not this commit's doing.
      const earlier = withIgnored(desiredObject(baseManifest.object, inventory.id), found, app.ignore)
      const basePredicted = await retrying(() => cluster.previewApply(earlier)).then(
        (each) => each.object,
        () => undefined,
      )
      return { ...facts, desired, answer: predicted, live: found, ...(basePredicted ? { basePredicted } : {}) }
    } catch (thrown) {
      // A cluster that is gone is one error, not one of each object.
      if (!(thrown instanceof ClusterRefusal)) {
        limit.clearQueue()
        throw thrown
      }
      const elsewhere = comparison.namespacesOfOthers.has(reference.namespace ?? '')
      if (elsewhere && thrown.kind === 'namespace-missing') {
        return {
          ...facts,
          desired,
          answer: { by: 'client', reason: 'another app of this commit creates its namespace' },
        }
      }
      const found = known ?? (await live(manifest))
      const answer = refusal(thrown, manifest, defined.has(kind) && changedKinds.has(kind))
      return { ...facts, desired, answer, ...(found ? { live: found } : {}) }
    }
  }

  // Namespaces and definitions first: what they create can't be previewed by the server.
  const [first, rest] = [head.manifests.filter(isGround), head.manifests.filter((each) => !isGround(each))]
  const ground = await Promise.all(first.map((manifest) => limit(() => ask(manifest))))
  for (const facts of ground) {
    const { object } = facts.manifest
    if (object.kind === 'Namespace' && !facts.live) newNamespaces.add(object.metadata.name)
    if (object.kind !== 'Namespace' && facts.touched) {
      for (const kind of kindsOfDefinitions([facts.manifest])) changedKinds.add(`${kind.apiVersion} ${kind.kind}`)
    }
  }
  const others = await Promise.all(rest.map((manifest) => limit(() => ask(manifest))))
  const asked = new Map([...ground, ...others].map((facts) => [identityOf(referenceOf(facts.manifest.object)), facts]))
  const objects = head.manifests.flatMap((each) => asked.get(identityOf(referenceOf(each.object))) ?? [])
  const leftovers = await Promise.all(
    inventory.objects
      .filter((entry) => !asked.has(identityOf(entry)))
      .map((entry) =>
        limit(() => leftover(entry, comparison, owned.get(identityOf(entry)), before.get(identityOf(entry)))),
      ),
  )
  return {
    app,
    clusterUID,
    inventory,
    digest: head.digest,
    objects,
    leftovers,
    oldLeftovers: comparison.oldLeftovers,
    notes: comparison.notes,
  }
}

function isGround(manifest: Manifest): boolean {
  return ['Namespace', 'CustomResourceDefinition'].includes(manifest.object.kind)
}

/** The live objects that carry the app's label, by one list for each kind of the inventory. */
async function listOwned(comparison: Comparison): Promise<ReadonlyMap<string, LiveObject>> {
  const { cluster, inventory } = comparison
  const kinds = await cluster.kinds()
  const wanted = new Map(inventory.objects.map((each) => [`${each.apiVersion} ${each.kind}`, each]))
  const lists = [...wanted.values()]
    .filter((each) => kinds.find(each.apiVersion, each.kind))
    .map((each) =>
      retrying(() => cluster.list(each.apiVersion, each.kind, { labelSelector: `${partOfLabel}=${inventory.id}` })),
    )
  const objects = (await Promise.all(lists)).flat()
  return new Map(objects.map((object) => [identityOf(referenceOf(object)), object]))
}

async function leftover(
  entry: Inventory['objects'][number],
  comparison: Comparison,
  listed: LiveObject | undefined,
  base: Manifest | undefined,
): Promise<LeftoverFacts> {
  const { uid, ...reference } = entry
  const { cluster } = comparison
  const facts = { reference, ...(uid ? { uid } : {}), ...(base ? { base } : {}) }
  const kinds = await cluster.kinds()
  const served = servedAs(reference, kinds)
  if (!served) {
    // Its kind is gone, and so are its objects; a kind whose API is down fails the plan instead.
    if (!kinds.unavailable.includes(groupOf(reference.apiVersion))) return facts
    throw new DrydockError(
      'unknown-kind',
      `Whether ${describeReference(reference)} is still there is unknown: its API group ${groupOf(reference.apiVersion)} is not available.`,
      { hint: 'Repair the API service of this group, then try again. Until then nothing of this app is pruned.' },
    )
  }
  const asked = { ...facts, reference: served }
  const live = listed ?? (await retrying(() => cluster.get(served)))
  if (!live) return asked
  try {
    await retrying(() => cluster.previewDelete(served))
    return { ...asked, live }
  } catch (thrown) {
    return { ...asked, live, refusal: firstProblem(thrown, base) }
  }
}

/** The reference by a version that the cluster serves: an upgrade may have taken the one of the inventory away. */
function servedAs(reference: ObjectReference, kinds: Kinds): ObjectReference | undefined {
  if (kinds.find(reference.apiVersion, reference.kind)) return reference
  const other = kinds.all.find(
    (info) => info.kind === reference.kind && groupOf(info.apiVersion) === groupOf(reference.apiVersion),
  )
  return other && { ...reference, apiVersion: other.apiVersion }
}

function forbidden(manifest: Manifest, cluster: Cluster): Answer {
  const message = `${describeReference(referenceOf(manifest.object))} is outside of what the server allows on the cluster "${cluster.name}".`
  const hint = 'Use an allowed namespace, or ask those who run the server to extend `clusters.<name>.namespaces`.'
  return {
    by: 'refusal',
    problem: problem('forbidden-target', message, { source: manifest.source, hint }),
    immutable: false,
  }
}

function refusal(thrown: ClusterRefusal, manifest: Manifest, kindChanges: boolean): Answer {
  if (thrown.kind === 'invalid' && kindChanges) {
    return { by: 'client', reason: 'this commit changes its CustomResourceDefinition' }
  }
  return { by: 'refusal', problem: firstProblem(thrown, manifest), immutable: thrown.kind === 'immutable' }
}

function firstProblem(thrown: unknown, manifest: Manifest | undefined): Problem {
  const [first] = problemsOf(thrown)
  const problem: Problem = first ?? { code: 'internal', message: 'Unknown failure.' }
  return manifest && !problem.source ? { ...problem, source: manifest.source } : problem
}
