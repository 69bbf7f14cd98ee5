import { comparable } from '../../core/diff/comparable.ts'
import { sameJson } from '../../core/diff/fields.ts'
import type { Directives } from '../../core/model/directives.ts'
import { problem } from '../../core/model/errors.ts'
import { partOfLabel } from '../../core/model/inventory.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { KubeObject, LiveObject } from '../../core/model/object.ts'
import { describeReference, identityOf, referenceOf } from '../../core/model/reference.ts'
import { ClusterRefusal } from '../../core/model/refusal.ts'
import { sameManifest } from '../../core/plan/app-plan.ts'
import { desiredObject, ignoredPaths, withIgnored } from '../../core/plan/desired.ts'
import { withEmpty } from '../../core/plan/emptied.ts'
import type { Answer, ObjectFacts } from '../../core/plan/facts.ts'
import { foldRules, withoutAdded, withoutReleased } from '../../core/plan/folding.ts'
import { serverWords } from '../../core/plan/server-words.ts'
import { ownIds } from '../../core/sync/renames.ts'
import type { Cluster } from '../ports.ts'
import { retrying } from '../sync/retry.ts'
import { agreedOn } from './agreed.ts'
import { listedOf, liveOf } from './ask-live.ts'
import { refused } from './ask-refused.ts'
import { definesAnew, newSchema, unserved } from './ask-schema.ts'
import type { Inquiry } from './gather.ts'

/** How often a preview that lost against somebody's write is made again. */
const maxRaces = 3

/** What is known of a manifest before the API server is asked; with an answer when there is nothing to ask. */
export async function beforeAsking(
  inquiry: Inquiry,
  manifest: Manifest,
  directives: Directives,
): Promise<Omit<ObjectFacts, 'answer'> | ObjectFacts> {
  const { cluster, inventory, kinds } = inquiry
  const { object } = manifest
  const reference = referenceOf(object)
  const before = inquiry.before.get(identityOf(reference))
  const open = inquiry.unfinished.has(identityOf(reference))
  const touched = open || inquiry.base === undefined || !before || !sameManifest(before.object, object)
  const sameVersion = touched && before?.object.apiVersion === object.apiVersion
  const base = sameVersion && before ? { base: desiredObject(before.object, inventory.id) } : {}
  const facts = {
    manifest,
    directives,
    touched,
    ...(open ? { unfinished: true } : {}),
    desired: desiredObject(object, inventory.id),
    ...base,
  }
  if (!cluster.allows(reference)) return { ...facts, answer: forbidden(manifest, cluster) }
  if (!kinds.find(object.apiVersion, object.kind)) {
    return { ...facts, ...(await unserved(inquiry, manifest, facts.desired)) }
  }
  return facts
}

/** Asks the API server what it would store of one manifest, what is live, and whose doing a difference is. */
export async function askObject(inquiry: Inquiry, manifest: Manifest, directives: Directives): Promise<ObjectFacts> {
  const facts = await beforeAsking(inquiry, manifest, directives)
  if ('answer' in facts) return facts
  let known = facts.touched ? undefined : listedOf(inquiry, manifest)
  if (directives.apply === 'if-absent') {
    const live = await liveOf(inquiry, manifest)
    if (live) return { ...facts, live, answer: { by: 'server', predicted: live, warnings: [] } }
  }
  try {
    for (let race = 1; ; race++) {
      const asked = await askServer(inquiry, facts, known, race === maxRaces)
      if ('answer' in asked) return asked
      // It changed between the reading and the dry run: to compare the two would show somebody's write as drift.
      known = asked.live
    }
  } catch (thrown) {
    if (!(thrown instanceof ClusterRefusal)) throw thrown
    return refused(inquiry, facts, thrown, known)
  }
}

/** One dry run with what belongs to it; `live`: it was made of another state of the object than the one that is known. */
async function askServer(
  inquiry: Inquiry,
  facts: Omit<ObjectFacts, 'answer'>,
  listed: LiveObject | undefined,
  last: boolean,
): Promise<ObjectFacts | { readonly live: LiveObject | undefined }> {
  const { app, cluster } = inquiry
  const { manifest, touched } = facts
  const rules = ignoredPaths(manifest.object, app.ignore)
  const known = listed ?? (rules.length > 0 ? await liveOf(inquiry, manifest) : undefined)
  const desired = withIgnored(facts.desired, known, app.ignore)
  const agreed = agreedOn(cluster, [app.managers, rules])
  if (!touched && known && !definesAnew(inquiry, manifest.object) && agreed.has(known, desired)) {
    return { ...facts, desired, live: known, foldKnown: true, answer: { by: 'server', predicted: known, warnings: [] } }
  }
  const { validate } = facts.directives
  const answer = await retrying(() => cluster.previewApply(desired, { validate }))
  let live = answer.created ? undefined : (known ?? (await liveOf(inquiry, manifest)))
  if (live && live.metadata.resourceVersion !== answer.object.metadata.resourceVersion) {
    const now = await retrying(() => cluster.get(referenceOf(manifest.object)))
    // A controller that writes the status disturbs nobody.
    if (!last && !(now && sameJson(comparable(live), comparable(now)))) return { live: now }
    live = now
  }
  const predicted = live && touched ? await predictEmptied(inquiry, desired, answer.object) : answer.object
  const said: Answer = newSchema(inquiry, manifest) ?? { by: 'server', predicted, warnings: answer.warnings }
  const asked = { ...facts, desired, answer: said }
  if (!live) return asked
  const handed = await handedOver(inquiry, facts, live)
  const all = { ...asked, ...handed }
  const [basePredicted, others] = await Promise.all([
    all.base && !facts.unfinished && predictBase(cluster, withIgnored(all.base, live, app.ignore)),
    predictFolded(inquiry, all, live, answer.object),
  ])
  const mustFold = touched && facts.directives.apply === 'replace' && others.folded !== undefined
  const same = said.by === 'server' && sameJson(comparable(live), comparable(answer.object))
  if (same && !others.folded && !others.unknown) agreed.add(live, desired)
  return { ...all, live, ...(basePredicted ? { basePredicted } : {}), ...others, ...(mustFold ? { mustFold } : {}) }
}

/**
 * An object that another app of the repository gave up, or that this one had under another name: its label changes, which
 * is this commit's doing and no drift.
 */
async function handedOver(
  { inventory, siblings, before }: Inquiry,
  { manifest: { object } }: Pick<ObjectFacts, 'manifest'>,
  live: LiveObject,
): Promise<Partial<Pick<ObjectFacts, 'touched' | 'base' | 'from'>>> {
  const label = live.metadata.labels?.[partOfLabel]
  if (label === undefined || label === inventory.id) return {}
  const from = ownIds(inventory).includes(label) ? undefined : await siblings?.giverOf(live)
  if (from === undefined && !ownIds(inventory).includes(label)) return {}
  const earlier = before.get(identityOf(referenceOf(object)))?.object
  const comparable = earlier?.apiVersion === object.apiVersion ? earlier : undefined
  return {
    touched: true,
    ...(from === undefined ? {} : { from }),
    ...(comparable ? { base: labelled(desiredObject(comparable, inventory.id), label) } : {}),
  }
}

function labelled(object: KubeObject, label: string): KubeObject {
  const labels = { ...object.metadata.labels, [partOfLabel]: label }
  return { ...object, metadata: { ...object.metadata, labels } }
}

/** What the base's manifest would change too is drift, not this commit's doing. */
async function predictBase(cluster: Cluster, base: KubeObject): Promise<LiveObject | undefined> {
  return retrying(() => cluster.previewApply(base)).then(
    (each) => each.object,
    (thrown: unknown) => {
      if (thrown instanceof ClusterRefusal) return undefined
      throw thrown
    },
  )
}

/**
 * What the object is without the fields that others added, and without those of them that the commit takes out of its
 * manifest: the server is asked what an update to that would store.
 */
async function predictFolded(
  inquiry: Inquiry,
  facts: ObjectFacts,
  live: LiveObject,
  applied: LiveObject,
): Promise<Pick<ObjectFacts, 'folded' | 'released' | 'unknown' | 'foldKnown'>> {
  const { app, cluster, inventory } = inquiry
  if (facts.directives.apply === 'merge') return {}
  const rules = foldRules(app, facts, live, inventory.id)
  const takesAll = rules.adopting || app.sync.selfHeal
  let answer = applied
  for (let race = 0; race < maxRaces; race++) {
    const all = withoutAdded(answer, facts.desired, rules)
    const some = takesAll ? {} : withoutReleased(answer, facts, rules)
    const unknown = all.unknown ?? some.unknown
    if (unknown !== undefined) return { unknown }
    try {
      const ask = ({ wanted }: typeof all) =>
        wanted && retrying(() => cluster.previewUpdate(wanted), { kinds: ['transient'] })
      const [folded, released] = await Promise.all([ask(all), ask(some)])
      return { foldKnown: true, ...(folded ? { folded } : {}), ...(released ? { released } : {}) }
    } catch (thrown) {
      if (!(thrown instanceof ClusterRefusal)) throw thrown
      if (thrown.kind !== 'conflict') return { unknown: serverWords(thrown) }
      answer = (await retrying(() => cluster.previewApply(facts.desired))).object
    }
  }
  return { unknown: 'it changes faster than it can be read' }
}

/**
 * An apply that empties a list or map leaves it out, and the sync applies once more: what the server stores then, where
 * it stores an empty one at all.
 */
async function predictEmptied(inquiry: Inquiry, desired: KubeObject, applied: LiveObject): Promise<LiveObject> {
  const wanted = withEmpty(applied, desired)
  if (wanted === applied) return applied
  try {
    return await retrying(() => inquiry.cluster.previewUpdate(wanted))
  } catch (thrown) {
    if (thrown instanceof ClusterRefusal) return applied
    throw thrown
  }
}

function forbidden(manifest: Manifest, cluster: Cluster): Answer {
  const message = `${describeReference(referenceOf(manifest.object))} is outside of what the server allows on the cluster "${cluster.name}".`
  const hint = 'Use an allowed namespace, or ask those who run the server to extend `clusters.<name>.namespaces`.'
  const refusal = problem('forbidden-target', message, { source: manifest.source, hint })
  return { by: 'refusal', problems: [refusal], immutable: false }
}
