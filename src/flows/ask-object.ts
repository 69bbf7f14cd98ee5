import { comparable } from '../core/diff/comparable.ts'
import { sameJson } from '../core/diff/fields.ts'
import { problem } from '../core/model/errors.ts'
import type { Manifest } from '../core/model/manifest.ts'
import type { KubeObject, LiveObject } from '../core/model/object.ts'
import { describeReference, identityOf, referenceOf } from '../core/model/reference.ts'
import { ClusterRefusal } from '../core/model/refusal.ts'
import { sameManifest } from '../core/plan/app-plan.ts'
import { desiredObject, ignoredPaths, withIgnored } from '../core/plan/desired.ts'
import { withEmpty } from '../core/plan/emptied.ts'
import type { Answer, ObjectFacts } from '../core/plan/facts.ts'
import { foldRules, withoutAdded, withoutReleased } from '../core/plan/folding.ts'
import { serverWords } from '../core/plan/server-words.ts'
import { agreedOn } from './agreed.ts'
import { listedOf, liveOf } from './ask-live.ts'
import { refused } from './ask-refused.ts'
import { definesAnew, newSchema, unserved } from './ask-schema.ts'
import type { Inquiry } from './gather.ts'
import type { Cluster } from './ports.ts'
import { retrying } from './retry.ts'

/** How often a preview that lost against somebody's write is made again. */
const maxRaces = 3

/** Asks the API server what it would store of one manifest, what is live, and whose doing a difference is. */
export async function askObject(inquiry: Inquiry, manifest: Manifest): Promise<ObjectFacts> {
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
    touched,
    ...(open ? { unfinished: true } : {}),
    desired: desiredObject(object, inventory.id),
    ...base,
  }
  if (!cluster.allows(reference)) return { ...facts, answer: forbidden(manifest, cluster) }
  if (!kinds.find(object.apiVersion, object.kind)) {
    return { ...facts, ...(await unserved(inquiry, manifest, facts.desired)) }
  }
  let known = touched ? undefined : listedOf(inquiry, manifest)
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
  const { manifest, touched, base } = facts
  const rules = ignoredPaths(manifest.object, app.ignore)
  const known = listed ?? (rules.length > 0 ? await liveOf(inquiry, manifest) : undefined)
  const desired = withIgnored(facts.desired, known, app.ignore)
  const agreed = agreedOn(cluster, [app.managers, rules])
  if (!touched && known && !definesAnew(inquiry, manifest.object) && agreed.has(known, desired)) {
    return { ...facts, desired, live: known, foldKnown: true, answer: { by: 'server', predicted: known, warnings: [] } }
  }
  const answer = await retrying(() => cluster.previewApply(desired))
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
  const [basePredicted, others] = await Promise.all([
    base && !facts.unfinished && predictBase(cluster, withIgnored(base, live, app.ignore)),
    predictFolded(inquiry, asked, live, answer.object),
  ])
  const same = said.by === 'server' && sameJson(comparable(live), comparable(answer.object))
  if (same && !others.folded && !others.unknown) agreed.add(live, desired)
  return { ...asked, live, ...(basePredicted ? { basePredicted } : {}), ...others }
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
  const rules = foldRules(app, facts.manifest.object, live, inventory.id)
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
