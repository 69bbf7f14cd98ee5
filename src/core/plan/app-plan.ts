import { type Difference, sameJson } from '../diff/fields.ts'
import { createMasker, type Masker } from '../diff/mask.ts'
import { ownersOf } from '../diff/ownership.ts'
import { valueAt } from '../diff/patch.ts'
import { predict } from '../diff/predict.ts'
import type { Change, Drift } from '../model/change.ts'
import { type Problem, problem } from '../model/errors.ts'
import { fieldManager, isMember, partOfLabel } from '../model/inventory.ts'
import { at, isObject, type KubeObject, type LiveObject } from '../model/object.ts'
import type { AppPlan } from '../model/plan.ts'
import { describeReference, identityOf, type ObjectReference, referenceOf } from '../model/reference.ts'
import { withoutAllocations } from './allocations.ts'
import { creation, differencesOf, driftOf, missing, modification, replacedFields, replacement } from './describe.ts'
import type { AppFacts, ObjectFacts } from './facts.ts'
import { foldRules, withoutAdded } from './folding.ts'
import { foreignOwner } from './foreign.ts'
import { autoscaled, staying } from './hints.ts'
import { decideLeftover } from './leftovers.ts'

/** Decides what a sync would do, from what was rendered and what the API server said. Secret values don't leave. */
export function planApp(facts: AppFacts): AppPlan {
  const masker = createMasker(facts.app.sensitive)
  const changes: Change[] = []
  const drift: Drift[] = []
  const errors: Problem[] = []
  const notes: string[] = [...facts.notes]
  const remarks: string[] = []
  let unchanged = 0
  for (const object of facts.objects) {
    const decided = decide(object, facts, masker)
    if (decided.change) changes.push(decided.change)
    drift.push(...(decided.drift ?? []))
    errors.push(...(decided.errors ?? []))
    if (decided.note) remarks.push(decided.note)
    // Of what could not be compared nobody knows that it stays as it is.
    if (!decided.change && !decided.drift && !decided.errors && !decided.note) unchanged += 1
  }
  notes.push(...bounded(remarks), ...bounded(autoscaled(facts, changes, drift)))
  const deletions: Change[] = []
  for (const leftover of facts.leftovers) {
    const decided = decideLeftover(leftover, facts, masker)
    if (decided.change) deletions.push(decided.change)
    if (decided.error) errors.push(decided.error)
    if (decided.note) notes.push(decided.note)
  }
  const mass = deletions.length > facts.app.sync.maxPrune
  changes.push(
    ...deletions.map((change) => (mass ? { ...change, risks: [...change.risks, 'mass-prune' as const] } : change)),
  )
  return {
    name: facts.app.name,
    cluster: facts.app.cluster,
    clusterUID: facts.clusterUID,
    changes,
    unchanged,
    drift,
    errors: [...refuseEmpty(facts), ...shorten(errors), ...(facts.problems ?? [])],
    policies: [],
    digest: facts.digest,
    ...(notes.length > 0 ? { notes } : {}),
  }
}

/** A render without any object of an app that has some is taken for a mistake, not for a wish. */
function refuseEmpty(facts: AppFacts): readonly Problem[] {
  if (facts.objects.length > 0 || facts.inventory.objects.length === 0) return []
  return [
    problem(
      'render-empty',
      'The app renders to nothing now, although it has objects on the cluster: none is deleted.',
      {
        hint: `Put the manifests back. If the app shall go, remove it from the configuration and delete its objects by their label: ${partOfLabel}=${facts.inventory.id}.`,
      },
    ),
  ]
}

/** Remarks of one kind that are said in full; a cluster that hides something hides it of every object. */
const maxRemarks = 10

function bounded(remarks: readonly string[]): readonly string[] {
  const rest = remarks.length - maxRemarks
  if (rest <= 1) return remarks
  return [...remarks.slice(0, maxRemarks), `The same is true of ${rest} more objects.`]
}

/** Objects of one foreign owner that are each an error of their own; the rest are counted. */
const maxOwned = 5

function shorten(errors: readonly Problem[]): readonly Problem[] {
  const owned = errors.filter((error) => error.code === 'already-owned')
  if (owned.length <= maxOwned) return errors
  const rest = owned.length - maxOwned
  const more = problem('already-owned', `${rest} more objects of this app belong to somebody else.`)
  return [...owned.slice(0, maxOwned), more, ...errors.filter((error) => error.code !== 'already-owned')]
}

type Decided = {
  readonly change?: Change
  readonly drift?: readonly Drift[]
  readonly errors?: readonly Problem[]
  readonly note?: string
}

function decide(facts: ObjectFacts, app: AppFacts, masker: Masker): Decided {
  const { live, answer, manifest, touched } = facts
  const reference = referenceOf(manifest.object)
  if (live?.metadata.deletionTimestamp) {
    const hint = 'Wait until it is gone (look for finalizers), then plan again.'
    const message = `${describeReference(reference)} is being deleted on the cluster.`
    return { errors: [problem('cluster-refused', message, { source: manifest.source, hint })] }
  }
  const owner = live && foreignOwner(live, app.inventory.id)
  if (owner && !app.app.adopt) {
    const hint = 'Remove it there first, or say `adopt: true` for this app in .github/drydock.yaml.'
    const message = `${describeReference(reference)} belongs to ${owner}.`
    return { errors: [problem('already-owned', message, { source: manifest.source, hint })] }
  }
  if (answer.by === 'refusal' && !(answer.immutable && live)) {
    if (touched || app.app.sync.selfHeal || !live || !isRefusedNow(answer.problems)) return { errors: answer.problems }
    // A sync doesn't send it; that it would be refused today is no reason to hold up what others change.
    const why = answer.problems.map((each) => each.message).join('; ')
    return { note: `${describeReference(reference)} could not be compared with live. ${why}` }
  }
  if (answer.by === 'client' && !touched) {
    return { note: `${describeReference(reference)} could not be compared with live, because ${answer.reason}.` }
  }
  if (answer.by === 'client' && !live && isListed(app, reference)) {
    return { change: { ...creation(facts, masker), action: 'update', summary: [] } }
  }
  if (!live && !touched && removesItself(manifest.object)) return {}
  if (!live) return touched ? { change: creation(facts, masker) } : { drift: [missing(facts, app)] }
  if (answer.by === 'refusal') return decideReplacement(facts, live, answer.recreated, app, masker)
  const decided = compare(facts, live, app, masker)
  if (facts.unknown === undefined) return decided
  return { ...decided, note: `What others added to ${describeReference(reference)} is not known: ${facts.unknown}` }
}

/** A finished Job with a time to live is meant to be gone. */
function removesItself(object: KubeObject): boolean {
  return object.kind === 'Job' && at(object, 'spec', 'ttlSecondsAfterFinished') !== undefined
}

/** The server's own word of today, not a mistake of the manifest or of the configuration. */
function isRefusedNow(problems: readonly Problem[]): boolean {
  return problems.every((each) => each.code === 'cluster-refused')
}

/** Who did not ask for it does not replace it either: an immutable field that differs live is drift. */
function decideReplacement(
  facts: ObjectFacts,
  live: LiveObject,
  recreated: KubeObject | undefined,
  app: AppFacts,
  masker: Masker,
): Decided {
  const found = replacedFields(facts, live, recreated, masker)
  if (found.length === 0) return {}
  const ours = isMember(live, app.inventory.id)
  if (facts.touched) return { change: replacement(facts, live, found, ours, masker) }
  return { drift: [driftOf(facts, live, found, app, { ours, onSync: 'kept' }, masker)] }
}

/** Did an earlier sync make it? Only what can't be read now is looked up like this. */
function isListed(app: AppFacts, reference: ObjectReference): boolean {
  return app.inventory.objects.some((entry) => identityOf(entry) === identityOf(reference))
}

/** Tells apart what this commit changes, what differed before, and what others added. */
function compare(facts: ObjectFacts, live: LiveObject, app: AppFacts, masker: Masker): Decided {
  const { touched } = facts
  const { selfHeal } = app.app.sync
  const ours = isMember(live, app.inventory.id)
  const toFinal = (object: KubeObject) => differencesOf(live, withoutAllocations(object, live, facts.desired), masker)
  const applied = toFinal(predictedOf(facts, live))
  const ideal = facts.folded ? toFinal(facts.folded) : applied
  // What a sync makes of the object, in one step: it takes away all that others added, or what its commit gives up.
  const takes = selfHeal || !ours || facts.mustFold === true
  const done = takes ? ideal : facts.released ? toFinal(facts.released) : applied
  const onSync = selfHeal ? 'restored' : 'kept'
  const left = ideal.filter((each) => !done.some((other) => overlaps(other, each)))
  if (!touched) {
    const all = [...done, ...left]
    return all.length > 0 || !ours ? { drift: [driftOf(facts, live, all, app, { ours, onSync }, masker)] } : {}
  }
  const taken = done.filter((each) => !applied.some((other) => overlaps(other, each)))
  if (!ours) {
    const change = modification(facts, live, done, 'adopt', masker)
    return { change: taken.length > 0 ? folding(change, live, taken) : change }
  }
  const drifted = driftBefore(facts, live, app, takes, masker)
  const [kept, asked] = partition(done, (each) => {
    if (facts.unfinished) return false
    if (leavesAlone(facts, each)) return true
    if (taken.includes(each)) return !isReleased(facts, each)
    const same = drifted.get(each.path)
    if (same) return same.order !== undefined || sameJson(same.after, each.after)
    return takes && isAdded(facts, live, each)
  })
  // Once the object is sent, all that we own is set right; without a change only healing sends it.
  const restored = asked.length > 0 ? 'restored' : onSync
  const fates = [
    { found: [...kept, ...(restored === onSync ? left : [])], onSync: restored },
    { found: restored === onSync ? [] : left, onSync },
  ] as const
  const drift = fates
    .filter((each) => each.found.length > 0)
    .map((each) => driftOf(facts, live, each.found, app, { ours, onSync: each.onSync }, masker))
  const change = asked.length > 0 ? modification(facts, live, asked, 'update', masker) : undefined
  const removed = asked.filter((each) => taken.includes(each))
  const note = staying(facts, live, (takes ? facts.folded : facts.released) ?? predictedOf(facts, live))
  return {
    ...(change ? { change: removed.length > 0 ? folding(change, live, removed) : change } : {}),
    ...(drift.length > 0 ? { drift } : {}),
    ...(note ? { note } : {}),
  }
}

/** What the object becomes by an apply: as the server says, or as its schema and managers let us tell. */
function predictedOf({ answer, desired }: ObjectFacts, live: LiveObject): KubeObject {
  if (answer.by === 'server') return answer.predicted
  return (answer.by === 'client' && answer.object) || predict(live, desired)
}

/** The differences that the base's manifest would make too, by path; `takes`: without what others added. */
function driftBefore(
  facts: ObjectFacts,
  live: LiveObject,
  { app, inventory }: AppFacts,
  takes: boolean,
  masker: Masker,
): ReadonlyMap<string, Difference> {
  const { basePredicted, manifest } = facts
  if (!facts.base && !basePredicted) return new Map()
  const base = facts.base ?? facts.desired
  // Guessed where the server could not be asked, or refused the base.
  const applied = basePredicted ?? (predict(live, base) as LiveObject)
  const rules = foldRules(app, manifest.object, live, inventory.id)
  const before = (takes && withoutAdded(applied, base, rules).wanted) || applied
  const found = differencesOf(live, withoutAllocations(before, live, base), masker)
  return new Map(found.map((each) => [each.path, each]))
}

/** Both sides of the commit say the same of it. */
function leavesAlone({ base, desired }: ObjectFacts, { steps }: Difference): boolean {
  const said = base && valueAt(base, steps)
  return said !== undefined && sameJson(said, valueAt(desired, steps))
}

/** Somebody put it there whom a sync takes it from, and neither side of the commit says it. */
function isAdded(facts: ObjectFacts, live: LiveObject, { before, after, steps }: Difference): boolean {
  const said = [facts.base, facts.desired].some((each) => each && valueAt(each, steps) !== undefined)
  return before !== undefined && after === undefined && !said && ownersOf(live, steps, fieldManager).length > 0
}

/** Do two differences speak of one place, or of a place in the other's? */
function overlaps(one: Difference, other: Difference): boolean {
  const [short, long] = one.path.length < other.path.length ? [one.path, other.path] : [other.path, one.path]
  return long === short || long.startsWith(`${short}/`) || long.startsWith(`${short}[`)
}

/** Another program's fields are made ours first: two steps, which the server can't preview as one. */
function folding(change: Change, live: LiveObject, found: readonly Difference[]): Change {
  if (change.preview === 'client') return change
  const managers = found.flatMap((each) => ownersOf(live, each.steps, fieldManager).map((one) => one.manager))
  const whose = [...new Set(managers)].join(', ') || 'other managers'
  return {
    ...change,
    preview: 'client',
    previewReason: `fields of ${whose} are first made Drydock's own, then removed`,
  }
}

/** The base says this field and the commit does not: that it goes is the commit's doing, whoever else holds it. */
function isReleased(facts: ObjectFacts, difference: Difference): boolean {
  if (!facts.base) return false
  return valueAt(facts.base, difference.steps) !== undefined && valueAt(facts.desired, difference.steps) === undefined
}

function partition<T>(list: readonly T[], holds: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [list.filter(holds), list.filter((item) => !holds(item))]
}

/** Tells whether two manifests say the same. */
export function sameManifest(one: KubeObject, other: KubeObject): boolean {
  return isObject(one) && sameJson(one, other)
}
