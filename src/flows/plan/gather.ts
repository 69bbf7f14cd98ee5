import pLimit from 'p-limit'
import { kindsOfDefinitions } from '../../core/manifests/definitions.ts'
import type { App } from '../../core/model/app.ts'
import { DrydockError, type Problem, problem, problemsOf } from '../../core/model/errors.ts'
import { type Inventory, partOfLabel } from '../../core/model/inventory.ts'
import type { Kinds } from '../../core/model/kinds.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { KubeObject, LiveObject } from '../../core/model/object.ts'
import {
  describeReference,
  groupOf,
  identityOf,
  type ObjectReference,
  referenceOf,
} from '../../core/model/reference.ts'
import { ClusterRefusal } from '../../core/model/refusal.ts'
import { sameManifest } from '../../core/plan/app-plan.ts'
import type { AppFacts, LeftoverFacts, ObjectFacts } from '../../core/plan/facts.ts'
import { fateOf } from '../../core/plan/leftovers.ts'
import { scrubbed, scrubProblem } from '../../core/plan/scrubbed.ts'
import { serverWords } from '../../core/plan/server-words.ts'
import { liveDirectives } from '../../core/sync/directives.ts'
import { chooseHooks, isFirstSync, type Sorted, sortManifests } from '../../core/sync/sort.ts'
import type { Cluster } from '../ports.ts'
import type { Rendered } from '../render/render-app.ts'
import { retrying } from '../sync/retry.ts'
import { askHook } from './ask-hook.ts'
import { askMoves } from './ask-moves.ts'
import { askObject } from './ask-object.ts'
import { askTogether } from './ask-together.ts'
import type { Siblings } from './siblings.ts'

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
  /** The other apps of the repository; absent: it is known that there are none. */
  readonly siblings?: Siblings
  /** Namespaces that other apps of the same commit have manifests of. */
  readonly namespacesOfOthers: ReadonlySet<string>
}

/** What is known while the objects of an app are asked about, one by one. */
export type Inquiry = Comparison & {
  readonly kinds: Kinds
  /** Live objects that carry the app's label. */
  readonly owned: ReadonlyMap<string, LiveObject>
  /** The base's manifests. */
  readonly before: ReadonlyMap<string, Manifest>
  /** Identities that an unfinished sync may have written. */
  readonly unfinished: ReadonlySet<string>
  /** CustomResourceDefinitions of this commit. */
  readonly definitions: readonly KubeObject[]
  /** Namespaces that this commit creates. */
  readonly newNamespaces: ReadonlySet<string>
  /** Kinds (`apiVersion kind`) whose definition this commit changes. */
  readonly changedKinds: ReadonlySet<string>
}

/** Asks the API server about every object of an app: what is live, and what it would store. Changes nothing. */
export async function gather(comparison: Comparison): Promise<AppFacts> {
  const { app, cluster, inventory, head, base } = comparison
  const limit = pLimit(parallel)
  const { uid: clusterUID } = await cluster.identify()
  const newNamespaces = new Set<string>()
  const changedKinds = new Set<string>()
  const before = new Map(base?.manifests.map((each) => [identityOf(referenceOf(each.object)), each]))
  const inquiry: Inquiry = {
    ...comparison,
    kinds: await cluster.kinds(),
    owned: await listOwned(comparison),
    before,
    unfinished: new Set((inventory.unfinished ?? []).map(identityOf)),
    definitions: head.manifests.map((each) => each.object).filter(isDefinition),
    newNamespaces,
    changedKinds,
  }
  const sorted = sortManifests(head.manifests)
  const askAll = (list: Sorted['ordinary'], ask = askObject) =>
    Promise.all(
      list.map(({ manifest, directives }) =>
        limit(() =>
          ask(inquiry, manifest, directives).then(
            (facts) => scrubbed(facts, app.sensitive),
            (thrown: unknown) => {
              // A cluster that is gone is one error, not one of each object.
              limit.clearQueue()
              throw thrown
            },
          ),
        ),
      ),
    )
  // Namespaces and definitions first: what they create can't be previewed by the server.
  const ground = await askAll(sorted.ordinary.filter((each) => isGround(each.manifest)))
  for (const facts of ground) {
    const { object } = facts.manifest
    if (object.kind === 'Namespace' && !facts.live) newNamespaces.add(object.metadata.name)
    if (object.kind !== 'Namespace' && facts.touched) {
      for (const kind of kindsOfDefinitions([facts.manifest])) changedKinds.add(`${kind.apiVersion} ${kind.kind}`)
    }
  }
  const others = await askAll(sorted.ordinary.filter((each) => !isGround(each.manifest)))
  const asked = new Map([...ground, ...others].map((facts) => [identityOf(referenceOf(facts.manifest.object)), facts]))
  const objects = head.manifests.flatMap((each) => asked.get(identityOf(referenceOf(each.object))) ?? [])
  const chosen = chooseHooks(sorted, isFirstSync(inventory, objects))
  const hooks = mayRunHooks(inquiry, objects, chosen.hooks) ? await askAll(chosen.hooks, askHook) : []
  const rendered = new Set(head.manifests.map((each) => identityOf(referenceOf(each.object))))
  const leftovers = await Promise.all(
    inventory.objects
      .filter((entry) => !rendered.has(identityOf(entry)))
      .map((entry) =>
        limit(() => leftover(entry, inquiry, inquiry.owned.get(identityOf(entry)), before.get(identityOf(entry)))),
      ),
  )
  const together = await askTogether(inquiry, { objects, leftovers })
  return askMoves(cluster, {
    app,
    clusterUID,
    inventory,
    digest: head.digest,
    oldLeftovers: comparison.oldLeftovers,
    ...together,
    hooks,
    skipped: chosen.skipped,
    notes: [...comparison.notes, ...sorted.notes, ...together.notes],
    problems: [...sorted.problems, ...together.problems],
  })
}

/** Hooks run only with something else to do: where that can be ruled out already, nobody is asked about them. */
function mayRunHooks(inquiry: Inquiry, objects: readonly ObjectFacts[], hooks: Sorted['ordinary']): boolean {
  const { base, app, inventory, before, unfinished } = inquiry
  if (hooks.length === 0) return false
  if (base === undefined || unfinished.size > 0 || app.sync.selfHeal) return true
  if (objects.some((facts) => facts.touched)) return true
  const rendered = new Set(objects.map((facts) => identityOf(referenceOf(facts.manifest.object))))
  if (inventory.objects.some((entry) => !rendered.has(identityOf(entry)))) return true
  return hooks.some(({ manifest }) => {
    const earlier = before.get(identityOf(referenceOf(manifest.object)))
    return !earlier || !sameManifest(earlier.object, manifest.object)
  })
}

function isDefinition(object: KubeObject): boolean {
  return object.kind === 'CustomResourceDefinition' && groupOf(object.apiVersion) === 'apiextensions.k8s.io'
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
      retrying(() =>
        cluster.list(each.apiVersion, each.kind, { labelSelector: `${partOfLabel}=${inventory.id}` }),
      ).catch((thrown: unknown) => {
        // Each of its objects will say that its API does not answer.
        if (thrown instanceof ClusterRefusal && thrown.kind === 'transient') return []
        throw thrown
      }),
    )
  const objects = (await Promise.all(lists)).flat()
  return new Map(objects.map((object) => [identityOf(referenceOf(object)), object]))
}

async function leftover(
  entry: Inventory['objects'][number],
  inquiry: Inquiry,
  listed: LiveObject | undefined,
  base: Manifest | undefined,
): Promise<LeftoverFacts> {
  const { uid, ...reference } = entry
  const { cluster, kinds } = inquiry
  const facts = { reference, ...(uid ? { uid } : {}), ...(base ? { base } : {}) }
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
  const live = listed ?? (await retrying(() => cluster.get(served)))
  if (!live) return { ...facts, reference: served }
  const known: LeftoverFacts = { ...facts, reference: served, directives: liveDirectives(live), live }
  const goes = (each: LeftoverFacts) => fateOf(each, inquiry).is === 'deleted'
  // Who else has it is asked only of what would go, and the server only about what goes then.
  const label = live.metadata.labels?.[partOfLabel]
  const moved = label !== undefined && label !== inquiry.inventory.id
  const asked = goes(known) || moved ? { ...known, ...(await inquiry.siblings?.claimOf(served)) } : known
  if (!goes(asked)) return asked
  try {
    await retrying(() => cluster.previewDelete(served))
    return asked
  } catch (thrown) {
    const refusal = scrubProblem(deletionRefused(thrown, served, base), [live], inquiry.app.sensitive)
    return { ...asked, refusal }
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

function deletionRefused(thrown: unknown, reference: ObjectReference, manifest: Manifest | undefined): Problem {
  const [first] = problemsOf(thrown)
  const known = manifest ? { source: manifest.source } : {}
  if (!(thrown instanceof ClusterRefusal))
    return { ...(first ?? { code: 'internal', message: 'Unknown failure.' }), ...known }
  const message = `${describeReference(reference)}: the API server refused its deletion: ${serverWords(thrown)}`
  return problem(thrown.code, message, { ...known, hint: 'Put the manifest back, or change what refuses it.' })
}
