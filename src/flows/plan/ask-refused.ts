import { foldInto } from '../../core/diff/fold.ts'
import { predict } from '../../core/diff/predict.ts'
import { type Problem, problem, problemsOf } from '../../core/model/errors.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { KubeObject, LiveObject } from '../../core/model/object.ts'
import { describeReference, groupOf, isCustom, isMeasured, referenceOf } from '../../core/model/reference.ts'
import { ClusterRefusal, type FieldFault } from '../../core/model/refusal.ts'
import { recreatedObject, withIgnored } from '../../core/plan/desired.ts'
import type { Answer, ObjectFacts } from '../../core/plan/facts.ts'
import { excludedBy, foldRules, isReady, toFold } from '../../core/plan/folding.ts'
import { serverWords } from '../../core/plan/server-words.ts'
import type { Cluster } from '../ports.ts'
import { retrying } from '../sync/retry.ts'
import { previewAnew } from './ask-anew.ts'
import { liveOf } from './ask-live.ts'
import { atField, bySchema, definesAnew, withDefaults } from './ask-schema.ts'
import type { Inquiry } from './gather.ts'

/** What a refusal means for the plan: a mistake, a replacement, or something that the server can't preview. */
export async function refused(
  inquiry: Inquiry,
  facts: Omit<ObjectFacts, 'answer'>,
  thrown: ClusterRefusal,
  known: LiveObject | undefined,
): Promise<ObjectFacts> {
  const { manifest } = facts
  const { namespace = '' } = manifest.object.metadata
  if (thrown.kind === 'namespace-missing' && inquiry.newNamespaces.has(namespace)) {
    return { ...facts, answer: bySchema(inquiry, manifest, 'this commit creates its namespace') }
  }
  if (thrown.kind === 'namespace-missing' && inquiry.namespacesOfOthers.has(namespace)) {
    return { ...facts, answer: bySchema(inquiry, manifest, 'another app of this commit creates its namespace') }
  }
  const { apiVersion } = manifest.object
  const group = groupOf(apiVersion)
  // What the API server serves itself is not down for itself.
  if (thrown.kind === 'transient' && thrown.status === 503 && (isCustom(apiVersion) || isMeasured(group))) {
    return { ...facts, answer: { by: 'client', reason: `its API group ${group} does not answer` } }
  }
  const problems = problemsAt(thrown, manifest)
  const refusal = { ...facts, answer: { by: 'refusal', problems, immutable: false } satisfies Answer }
  const live = known ?? (await liveOf(inquiry, manifest).catch(refusedToo))
  // What can't be read can't be told from what isn't there.
  if (live === unreadable) return refusal
  const kept = live ? { ...facts, live, desired: withIgnored(facts.desired, live, inquiry.app.ignore) } : undefined
  if (thrown.kind === 'no-dry-run') return { ...(kept ?? facts), answer: { by: 'client', reason: serverWords(thrown) } }
  if (!live || !kept) return refusal
  if (thrown.kind === 'invalid' && definesAnew(inquiry, manifest.object) && !isAdmission(thrown)) {
    const reason = `this commit changes its CustomResourceDefinition (today's says: ${serverWords(thrown)})`
    return { ...kept, answer: withDefaults(inquiry, live, kept.desired, bySchema(inquiry, manifest, reason)) }
  }
  const folded = thrown.kind === 'invalid' ? await acceptedFolded(inquiry, kept, thrown.faults) : undefined
  if (folded) return folded
  if (thrown.kind !== 'immutable') return { ...refusal, live }
  const desired = recreatedObject(facts.desired, live, inquiry.app.ignore)
  const recreated = await recreate(inquiry.cluster, desired)
  const answer: Answer = { by: 'refusal', problems, immutable: true, ...(recreated ? { recreated } : {}) }
  return { ...facts, live, desired, answer }
}

const unreadable = Symbol('unreadable')

function refusedToo(thrown: unknown): typeof unreadable {
  if (thrown instanceof ClusterRefusal) return unreadable
  throw thrown
}

function isAdmission(thrown: ClusterRefusal): boolean {
  return /admission webhook|AdmissionPolicy|exceeded quota/.test(thrown.message)
}

/**
 * A manifest that doesn't go together with what others added (`type: Recreate` beside kubectl's `rollingUpdate`) is refused
 * as an apply, but not once that is taken away first, as the sync does. `undefined`: it is refused either way.
 */
async function acceptedFolded(
  inquiry: Inquiry,
  facts: Omit<ObjectFacts, 'answer'> & { readonly live: LiveObject },
  faults: readonly FieldFault[],
) {
  const { app, cluster, inventory } = inquiry
  const { live, desired } = facts
  if (!isReady(live)) return undefined
  const rules = foldRules(app, facts, live, inventory.id)
  if (!facts.touched && !rules.adopting && !app.sync.selfHeal) return undefined
  const excluded = excludedBy(faults, live, desired)
  const known: ObjectFacts = {
    ...facts,
    foldKnown: true,
    mustFold: true,
    excluded,
    answer: { by: 'client', reason: '' },
  }
  const paths = toFold(known, live, rules, app.sync.selfHeal)
  if (paths.length === 0) return undefined
  const managedFields = foldInto(live, paths, rules)
  const wanted = predict({ ...live, metadata: { ...live.metadata, managedFields } }, desired) as LiveObject
  const body = { ...wanted, metadata: { ...wanted.metadata, managedFields: live.metadata.managedFields ?? [] } }
  try {
    const predicted = await retrying(() => cluster.previewUpdate(body))
    const answer: Answer = { by: 'server', predicted, warnings: [] }
    return { ...known, answer, folded: predicted }
  } catch (thrown) {
    if (thrown instanceof ClusterRefusal) return undefined
    throw thrown
  }
}

/** The object as it would be created again; `undefined`: that can't be told. */
async function recreate(cluster: Cluster, desired: KubeObject): Promise<KubeObject | undefined> {
  try {
    const { object, created } = await previewAnew(cluster, desired)
    return created ? object : undefined
  } catch (thrown) {
    // That an address or a quota is in use by the old object says nothing of the new one.
    if (thrown instanceof ClusterRefusal) return undefined
    throw thrown
  }
}

/** The problems of a refusal, each at its field where the server names one. */
function problemsAt(thrown: ClusterRefusal, manifest: Manifest): readonly Problem[] {
  const { source } = manifest
  const about = describeReference(referenceOf(manifest.object))
  if (thrown.faults.length === 0) return problemsOf(thrown).map((each) => ({ source, ...each }))
  const { code, hint } = thrown.toProblem()
  return thrown.faults.map(({ path, message }) => {
    const place = manifest.locate?.(path) ?? source
    return problem(code, `${about}: the API server refused it: ${atField(path, message)}`, { source: place, hint })
  })
}
