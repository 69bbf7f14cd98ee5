import { comparable } from '../diff/comparable.ts'
import { type Difference, differences, sameJson } from '../diff/fields.ts'
import { hunksBetween } from '../diff/hunks.ts'
import { createMasker, type Masker } from '../diff/mask.ts'
import { ownersOf } from '../diff/ownership.ts'
import { withSide } from '../diff/patch.ts'
import { predict } from '../diff/predict.ts'
import { introduce, summarise } from '../diff/summary.ts'
import type { Action, Change, Drift, FieldChange } from '../model/change.ts'
import { type Problem, problem } from '../model/errors.ts'
import { fieldManager, partOfLabel } from '../model/inventory.ts'
import { isObject, type Json, type KubeObject, type LiveObject } from '../model/object.ts'
import type { AppPlan } from '../model/plan.ts'
import { describeReference, referenceOf } from '../model/reference.ts'
import type { AppFacts, ObjectFacts } from './facts.ts'
import { foreignOwner } from './foreign.ts'
import { decideLeftover } from './leftovers.ts'

/** Decides what a sync would do, from what was rendered and what the API server said. Secret values don't leave. */
export function planApp(facts: AppFacts): AppPlan {
  const masker = createMasker()
  const changes: Change[] = []
  const drift: Drift[] = []
  const errors: Problem[] = []
  const notes: string[] = [...facts.notes]
  let unchanged = 0
  for (const object of facts.objects) {
    const decided = decide(object, facts, masker)
    if (decided.change) changes.push(decided.change)
    if (decided.drift) drift.push(decided.drift)
    if (decided.error) errors.push(decided.error)
    if (!decided.change && !decided.drift && !decided.error) unchanged += 1
  }
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
    errors: [...refuseEmpty(facts), ...shorten(errors)],
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

/** Objects of one foreign owner that are each an error of their own; the rest are counted. */
const maxOwned = 5

function shorten(errors: readonly Problem[]): readonly Problem[] {
  const owned = errors.filter((error) => error.code === 'already-owned')
  if (owned.length <= maxOwned) return errors
  const rest = owned.length - maxOwned
  const more = problem('already-owned', `${rest} more objects of this app belong to somebody else.`)
  return [...owned.slice(0, maxOwned), more, ...errors.filter((error) => error.code !== 'already-owned')]
}

type Decided = { readonly change?: Change; readonly drift?: Drift; readonly error?: Problem }

function decide(facts: ObjectFacts, app: AppFacts, masker: Masker): Decided {
  const { live, answer, manifest, touched } = facts
  const reference = referenceOf(manifest.object)
  if (live?.metadata.deletionTimestamp) {
    return {
      error: problem('cluster-refused', `${describeReference(reference)} is being deleted on the cluster.`, {
        source: manifest.source,
        hint: 'Wait until it is gone (look for finalizers), then plan again.',
      }),
    }
  }
  const owner = live && foreignOwner(live, app.inventory.id)
  if (owner && !app.app.adopt) {
    return {
      error: problem('already-owned', `${describeReference(reference)} belongs to ${owner}.`, {
        source: manifest.source,
        hint: 'Remove it there first, or say `adopt: true` for this app in .github/drydock.yaml.',
      }),
    }
  }
  if (answer.by === 'refusal' && !(answer.immutable && live)) return { error: answer.problem }
  if (!live) return touched ? { change: creation(facts, masker) } : { drift: missing(facts, app) }
  const ours = live.metadata.labels?.[partOfLabel] === app.inventory.id
  const predicted = answer.by === 'server' ? answer.predicted : predict(live, facts.desired)
  // Who did not ask for it does not replace it either: an immutable field that differs live is drift.
  if (answer.by === 'refusal' && (touched || app.app.sync.selfHeal)) return { change: replacement(facts, live, masker) }
  const all = differencesOf(live, predicted, masker)
  if (!touched) return all.length > 0 || !ours ? { drift: driftOf(facts, live, all, ours, app, masker) } : {}
  const drifted = facts.basePredicted ? differencesOf(live, facts.basePredicted, masker) : []
  const [kept, asked] = partition(all, (each) =>
    drifted.some((other) => other.path === each.path && sameJson(other.after, each.after)),
  )
  if (asked.length === 0 && ours) return kept.length > 0 ? { drift: driftOf(facts, live, kept, ours, app, masker) } : {}
  const change = modification(facts, live, asked, ours ? 'update' : 'adopt', masker)
  if (kept.length === 0) return { change }
  return { change, drift: { ...driftOf(facts, live, kept, ours, app, masker), onSync: 'restored' } }
}

/** The differences between two objects, compared unmasked but carrying masked values only. */
function differencesOf(before: KubeObject, after: KubeObject, masker: Masker): readonly Difference[] {
  const plain = differences(comparable(before), comparable(after))
  if (plain.length === 0) return plain
  const masked = differences(comparable(masker.mask(before)), comparable(masker.mask(after)))
  return before.kind === 'Secret' ? masked : plain
}

function creation(facts: ObjectFacts, masker: Masker): Change {
  const shown = masker.mask(facts.manifest.object)
  return {
    ...base(facts, 'create'),
    summary: introduce(shown),
    fields: [],
    risks: [],
    hunks: hunksBetween(undefined, shown),
  }
}

function missing(facts: ObjectFacts, app: AppFacts): Drift {
  return {
    ...referenceOf(facts.manifest.object),
    fields: [],
    managers: [],
    onSync: app.app.sync.selfHeal ? 'restored' : 'kept',
    source: facts.manifest.source,
    missing: true,
  }
}

function replacement(facts: ObjectFacts, live: LiveObject, masker: Masker): Change {
  const found = differencesOf(live, predict(live, facts.desired), masker)
  const allowed = facts.manifest.object.metadata.annotations?.['drydock.dev/replace'] === 'allowed'
  return {
    ...base(facts, 'replace'),
    ...shown(facts, live, found, masker),
    preview: 'client',
    previewReason: 'an immutable field changes: the object must be deleted and created again',
    risks: allowed ? [] : ['immutable'],
  }
}

function modification(
  facts: ObjectFacts,
  live: LiveObject,
  found: readonly Difference[],
  action: Action,
  masker: Masker,
): Change {
  return { ...base(facts, action), ...shown(facts, live, found, masker), risks: [] }
}

function driftOf(
  facts: ObjectFacts,
  live: LiveObject,
  found: readonly Difference[],
  ours: boolean,
  app: AppFacts,
  masker: Masker,
): Drift {
  const label = { path: `/metadata/labels/${partOfLabel.replace('/', '~1')}`, after: app.inventory.id }
  return {
    ...referenceOf(facts.manifest.object),
    fields: [...(ours ? [] : [label]), ...shown(facts, live, found, masker).fields],
    managers: [...new Set(found.flatMap((each) => ownersOf(live, each.steps, fieldManager)))],
    onSync: app.app.sync.selfHeal ? 'restored' : 'kept',
    source: facts.manifest.source,
  }
}

function base(facts: ObjectFacts, action: Action) {
  const { answer, manifest } = facts
  return {
    ...referenceOf(manifest.object),
    action,
    source: manifest.source,
    preview: answer.by === 'client' ? ('client' as const) : ('server' as const),
    ...(answer.by === 'client' ? { previewReason: answer.reason } : {}),
    ...(answer.by === 'server' && answer.warnings.length > 0 ? { warnings: answer.warnings } : {}),
  }
}

/**
 * Fields, words and hunks of differences. The hunks show the manifest with the differences put in and taken back: live
 * data that no manifest declared is never shown.
 */
function shown(facts: ObjectFacts, live: LiveObject, found: readonly Difference[], masker: Masker) {
  const fields: FieldChange[] = found.map((each) => {
    const takenFrom = each.before === undefined ? undefined : ownersOf(live, each.steps, fieldManager)[0]
    return {
      path: each.path,
      ...(each.before === undefined ? {} : { before: each.before }),
      ...(each.after === undefined ? {} : { after: each.after }),
      ...(takenFrom ? { takenFrom } : {}),
    }
  })
  const declared: Json = comparable(masker.mask(facts.desired))
  const before = found.reduce<Json | undefined>((value, each) => withSide(value, each, 'before'), declared)
  const after = found.reduce<Json | undefined>((value, each) => withSide(value, each, 'after'), declared)
  return { fields, summary: summarise(fields), hunks: hunksBetween(before, after) }
}

function partition<T>(list: readonly T[], holds: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [list.filter(holds), list.filter((item) => !holds(item))]
}

/** Tells whether two manifests say the same. */
export function sameManifest(one: KubeObject, other: KubeObject): boolean {
  return isObject(one) && sameJson(one, other)
}
