import { type Difference, sameJson } from '../diff/fields.ts'
import { createMasker, type Masker } from '../diff/mask.ts'
import { ownersOf } from '../diff/ownership.ts'
import { predict } from '../diff/predict.ts'
import type { Change, Drift } from '../model/change.ts'
import { type Problem, problem } from '../model/errors.ts'
import { applySetId, fieldManager, isMember, partOfLabel } from '../model/inventory.ts'
import { at, isObject, type KubeObject, type LiveObject } from '../model/object.ts'
import type { AppPlan } from '../model/plan.ts'
import { describeReference, identityOf, type ObjectReference, referenceOf } from '../model/reference.ts'
import { pausedBy } from '../sync/directives.ts'
import { ownIds } from '../sync/renames.ts'
import { withoutAllocations } from './allocations.ts'
import { driftBefore, isAdded, isReleased, leavesAlone, overlaps } from './attribution.ts'
import { bounded, shorten } from './bounded.ts'
import { creation, differencesOf, driftOf, missing, modification, replacedFields, replacement } from './describe.ts'
import type { AppFacts, ObjectFacts } from './facts.ts'
import { foreignOwner } from './foreign.ts'
import { autoscaled, staying } from './hints.ts'
import { decideHooks } from './hooks.ts'
import { decideLeftover, fateOf } from './leftovers.ts'
import { movesOf, withMoves } from './moves.ts'

/** Decides what a sync would do, from what was rendered and what the API server said. Secret values don't leave. */
export function planApp(known: AppFacts): AppPlan {
  const moves = movesOf(known)
  const facts = withMoves(known, moves)
  const masker = createMasker(facts.app.sensitive)
  const changes: Change[] = []
  const drift: Drift[] = []
  const errors: Problem[] = []
  const notes: string[] = [...facts.notes, ...moves.notes, ...orphanNote(facts)]
  const remarks: string[] = []
  let unchanged = 0
  for (const object of facts.objects) {
    const decided = leftAlone(object) ?? decide(object, facts, masker)
    if (decided.change) changes.push(marked(decided.change, object))
    drift.push(...(decided.drift ?? []))
    errors.push(...(decided.errors ?? []))
    if (decided.note) remarks.push(decided.note)
    // Of what could not be compared nobody knows that it stays as it is.
    if (!decided.change && !decided.drift && !decided.errors && !decided.note) unchanged += 1
  }
  notes.push(...bounded(remarks), ...bounded(autoscaled(facts, changes, drift)))
  const deletions: Change[] = []
  for (const leftover of facts.leftovers) {
    const decided = decideLeftover(leftover, facts, masker, moves.first.get(identityOf(leftover.reference)))
    if (decided.change) deletions.push(withWave(decided.change, leftover.directives?.wave ?? 0))
    if (decided.error) errors.push(decided.error)
    if (decided.note) notes.push(decided.note)
  }
  const mass = deletions.length > facts.app.sync.maxPrune
  changes.push(
    ...deletions.map((change) => (mass ? { ...change, risks: [...change.risks, 'mass-prune' as const] } : change)),
  )
  // What waits for its confirmation is nothing to do yet.
  const busy =
    changes.some((each) => !each.risks.includes('unconfirmed')) || drift.some((each) => each.onSync === 'restored')
  const hooks = decideHooks(facts, busy, masker)
  changes.push(...hooks.changes)
  errors.push(...hooks.errors)
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

/** Objects of ours without any inventory: what Git no longer has of them is known to nobody. */
function orphanNote({ inventory, objects }: AppFacts): readonly string[] {
  const { revision, objects: entries, unfinished = [] } = inventory
  if (revision !== undefined || entries.length > 0 || unfinished.length > 0) return []
  const left = objects.filter(({ live }) => live && isMember(live, inventory.id)).length
  if (left === 0) return []
  return [
    `${left} ${left === 1 ? 'object carries' : 'objects carry'} the label of this app although no inventory is there: it is synced as a new app, and what Git no longer has of it stays (label ${partOfLabel}=${inventory.id}).`,
  ]
}

/** What annotations take away from a sync: it is not compared. */
function leftAlone({ live, directives, manifest, touched }: ObjectFacts): Decided | undefined {
  if (!live) return undefined
  const paused = pausedBy(live, manifest.object)
  if (paused === undefined && directives.apply !== 'if-absent') return undefined
  if (!touched) return {}
  const why = paused === undefined ? 'it is only created where it is absent' : `${paused} is set there`
  return { note: `${describeReference(referenceOf(manifest.object))} stays as it is on the cluster: ${why}.` }
}

function marked(change: Change, { directives, from }: ObjectFacts): Change {
  return withWave(from === undefined ? change : { ...change, from }, directives.wave)
}

function withWave(change: Change, wave: number): Change {
  return wave === 0 ? change : { ...change, wave }
}

/** A render without any object of an app that has some is taken for a mistake, not for a wish. */
function refuseEmpty(facts: AppFacts): readonly Problem[] {
  const pruned = facts.leftovers.some((each) => fateOf(each, facts).is === 'deleted')
  if (facts.objects.length > 0 || facts.inventory.objects.length === 0) return []
  if (facts.skipped?.length && !pruned) return []
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
  const given = facts.from === undefined ? [] : [applySetId(app.inventory.repository, facts.from)]
  const owner = live && !isOurs(facts, live, app) && foreignOwner(live, app.inventory.id, given)
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
  const ours = isOurs(facts, live, app)
  if (facts.touched) return { change: replacement(facts, live, found, ours, masker) }
  return { drift: [driftOf(facts, live, found, app, { ours, onSync: 'kept' }, masker)] }
}

/** Does the app have it, by this name or one that it had before, or does another one hand it over? */
function isOurs({ from }: ObjectFacts, live: LiveObject, { inventory }: AppFacts): boolean {
  return from !== undefined || ownIds(inventory).some((id) => isMember(live, id))
}

/** Did an earlier sync make it? Only what can't be read now is looked up like this. */
function isListed(app: AppFacts, reference: ObjectReference): boolean {
  return app.inventory.objects.some((entry) => identityOf(entry) === identityOf(reference))
}

/** Tells apart what this commit changes, what differed before, and what others added. */
function compare(facts: ObjectFacts, live: LiveObject, app: AppFacts, masker: Masker): Decided {
  const { touched } = facts
  const { selfHeal } = app.app.sync
  const ours = isOurs(facts, live, app)
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
  // Its label is not compared; that it becomes this app's is a change of its own.
  const relabelled = !isMember(live, app.inventory.id)
  const restored = asked.length > 0 || relabelled ? 'restored' : onSync
  const fates = [
    { found: [...kept, ...(restored === onSync ? left : [])], onSync: restored },
    { found: restored === onSync ? [] : left, onSync },
  ] as const
  const drift = fates
    .filter((each) => each.found.length > 0)
    .map((each) => driftOf(facts, live, each.found, app, { ours, onSync: each.onSync }, masker))
  const change = asked.length > 0 || relabelled ? modification(facts, live, asked, 'update', masker) : undefined
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

function partition<T>(list: readonly T[], holds: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [list.filter(holds), list.filter((item) => !holds(item))]
}

/** Tells whether two manifests say the same. */
export function sameManifest(one: KubeObject, other: KubeObject): boolean {
  return isObject(one) && sameJson(one, other)
}
