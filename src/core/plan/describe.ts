import { comparable } from '../diff/comparable.ts'
import { type Difference, differences, sameJson } from '../diff/fields.ts'
import { hunksBetween } from '../diff/hunks.ts'
import type { Masker } from '../diff/mask.ts'
import { ownersOf } from '../diff/ownership.ts'
import { valueAt, withSide } from '../diff/patch.ts'
import { predict } from '../diff/predict.ts'
import { introduce, summarise } from '../diff/summary.ts'
import { fieldPath } from '../manifests/server-path.ts'
import type { Action, Change, Drift, FieldChange, Risk } from '../model/change.ts'
import { fieldManager, partOfLabel } from '../model/inventory.ts'
import type { Manifest, SourcePosition } from '../model/manifest.ts'
import {
  at,
  isArray,
  isEmpty,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type LiveObject,
  textAt,
} from '../model/object.ts'
import { referenceOf } from '../model/reference.ts'
import { withoutAllocations } from './allocations.ts'
import type { AppFacts, ObjectFacts } from './facts.ts'
import { lossOf } from './leftovers.ts'

/** The differences between two objects, compared unmasked but carrying masked values only. */
export function differencesOf(before: KubeObject, after: KubeObject, masker: Masker): readonly Difference[] {
  const plain = differences(withMaps(before), withMaps(after))
  if (plain.length === 0) return plain
  const [shown, planned] = [masker.mask(before), masker.mask(after)]
  if (shown === before && planned === after) return plain
  return differences(withMaps(shown), withMaps(planned))
}

/** What is compared, with its labels and annotations also where there are none: each one is a field of its own. */
function withMaps(object: KubeObject): JsonObject {
  const compared = comparable(object)
  return { ...compared, metadata: { labels: {}, annotations: {}, ...(compared.metadata as JsonObject) } }
}

/** Without the labels and annotations that hold nothing: no manifest says that. */
function withoutEmptyMaps(object: Json | undefined): Json | undefined {
  const metadata = at(object, 'metadata')
  if (!isObject(object) || !isObject(metadata)) return object
  const kept = Object.entries(metadata).filter(
    ([key, value]) => !(['labels', 'annotations'].includes(key) && isObject(value) && Object.keys(value).length === 0),
  )
  return { ...object, metadata: Object.fromEntries(kept) }
}

/** A new object. */
export function creation(facts: ObjectFacts, masker: Masker): Change {
  const { answer, manifest } = facts
  const shown = masker.mask(answer.by === 'client' ? (answer.object ?? manifest.object) : manifest.object)
  return {
    ...base(facts, 'create'),
    summary: introduce(shown),
    fields: [],
    risks: [],
    hunks: hunksBetween(undefined, unlabelled(shown)),
  }
}

/** An object of the app that is gone from the cluster. */
export function missing(facts: ObjectFacts, app: AppFacts): Drift {
  return {
    ...referenceOf(facts.manifest.object),
    fields: [],
    managers: [],
    onSync: app.app.sync.selfHeal ? 'restored' : 'kept',
    source: facts.manifest.source,
    missing: true,
  }
}

/**
 * How the object would differ, were it deleted and created again. None: a `data: {}` that the server doesn't store looks
 * like an immutable change to it.
 */
export function replacedFields(
  facts: ObjectFacts,
  live: LiveObject,
  recreated: KubeObject | undefined,
  masker: Masker,
): readonly Difference[] {
  if (!recreated) {
    const guessed = differencesOf(live, predict(live, facts.desired), masker)
    return guessed.filter((each) => each.before !== undefined || !(each.after === '' || isEmpty(each.after)))
  }
  const made = withoutAllocations(recreated, facts.desired)
  return differencesOf(live, made, masker).filter(
    (each) =>
      valueAt(facts.desired, each.steps) !== undefined || (facts.touched && !isMade(live, each) && !isLeft(live, each)),
  )
}

/** An object that is deleted and created again, because the server keeps one of its fields as it is. */
export function replacement(
  facts: ObjectFacts,
  live: LiveObject,
  found: readonly Difference[],
  ours: boolean,
  masker: Masker,
): Change {
  // Only who owns the object may say so: not the manifest that is about to adopt it.
  const allowed = ours && facts.directives.replaceAllowed
  const risks: readonly Risk[] = [...(allowed ? [] : ['immutable' as const]), ...lossOf(referenceOf(live))]
  return {
    ...base(facts, 'replace'),
    ...shown(facts, live, found, masker),
    preview: 'client',
    previewReason: 'an immutable field changes: the object must be deleted and created again',
    risks,
    ...(facts.consequences?.length ? { consequences: facts.consequences } : {}),
  }
}

/** What the server gives each new object of itself: to a Job labels and a selector by its UID, to a Pod its token and node. */
function isMade(live: LiveObject, { path }: Difference): boolean {
  if (live.kind === 'Job') return /controller-uid|^\/spec\/selector/.test(path)
  return live.kind === 'Pod' && /kube-api-access-|^\/spec\/nodeName$/.test(path)
}

/** What controllers had set goes with the old object; they do it to the new one again. */
function isLeft(live: LiveObject, difference: Difference): boolean {
  if (difference.after !== undefined) return false
  const owners = ownersOf(live, difference.steps, fieldManager)
  return (
    owners.length > 0 && owners.every((each) => /^(kube-(controller-manager|scheduler)|kubelet)$/.test(each.manager))
  )
}

/** An object that stays and gets other fields. */
export function modification(
  facts: ObjectFacts,
  live: LiveObject,
  found: readonly Difference[],
  action: Action,
  masker: Masker,
): Change {
  return { ...base(facts, action), ...shown(facts, live, found, masker), risks: [] }
}

/** What differs from Git without this commit's doing. `ours`: the object carries the app's label. */
export function driftOf(
  facts: ObjectFacts,
  live: LiveObject,
  found: readonly Difference[],
  app: AppFacts,
  options: { readonly ours: boolean; readonly onSync: Drift['onSync'] },
  masker: Masker,
): Drift {
  const label = { path: `/metadata/labels/${partOfLabel.replace('/', '~1')}`, after: app.inventory.id }
  return {
    ...referenceOf(facts.manifest.object),
    fields: [...(options.ours ? [] : [label]), ...shown(facts, live, found, masker).fields],
    managers: [...new Set(found.flatMap((each) => ownersOf(live, each.steps, fieldManager).map((one) => one.manager)))],
    onSync: options.onSync,
    source: facts.manifest.source,
  }
}

/** A warning that begins with a field (`spec.template.spec.containers[0].image: …`) is about its line. */
function placeOf(warning: string, manifest: Manifest): SourcePosition {
  const field = /^((?:spec|metadata|data|template)[^\s:]*(?:\[[^\]]*\][^\s:]*)*): /.exec(warning)?.[1]
  return (field && manifest.locate?.(fieldPath(field, manifest.object))) || manifest.source
}

function base(facts: ObjectFacts, action: Action) {
  const { answer, manifest } = facts
  const warnings = [...(answer.by === 'server' ? answer.warnings : []), ...(facts.warnings ?? [])]
  return {
    ...referenceOf(manifest.object),
    action,
    source: manifest.source,
    preview: answer.by === 'client' ? ('client' as const) : ('server' as const),
    ...(answer.by === 'client' ? { previewReason: answer.reason } : {}),
    ...(warnings.length > 0 ? { warnings, warningSources: warnings.map((each) => placeOf(each, manifest)) } : {}),
  }
}

/** Differences that are drawn into the hunks of one object: these are cut at a length anyway. */
const maxDrawn = 300

/**
 * Fields, words and hunks of differences. The hunks show the manifest with the differences put in and taken back; what
 * somebody else put into the object, and Git never said, is masked where it may be a secret.
 */
function shown(facts: ObjectFacts, live: LiveObject, unordered: readonly Difference[], masker: Masker) {
  const found = unordered
    .map((each) => withoutForeignData(facts, each, masker))
    .sort((one, other) => (one.path < other.path ? -1 : 1))
  const fields: FieldChange[] = found.map((each) => {
    const owner = each.before === undefined ? undefined : ownersOf(live, each.steps, fieldManager)[0]
    return {
      path: each.path,
      ...(each.before === undefined ? {} : { before: each.before }),
      ...(each.after === undefined ? {} : { after: each.after }),
      ...(owner ? { takenFrom: owner.manager } : {}),
      ...(owner?.at ? { takenAt: owner.at } : {}),
    }
  })
  const declared: Json = comparable(masker.mask(facts.desired))
  const drawn = found.slice(0, maxDrawn)
  const before = drawn.reduce<Json | undefined>((value, each) => withSide(value, each, 'before'), declared)
  const after = drawn.reduce<Json | undefined>((value, each) => withSide(value, each, 'after'), declared)
  return { fields, summary: summarise(fields), hunks: hunksBetween(withoutEmptyMaps(before), withoutEmptyMaps(after)) }
}

/**
 * What somebody put into a ConfigMap or into an environment, and Git never said, may be anything: that it is there is
 * shown, not what it is.
 */
function withoutForeignData(facts: ObjectFacts, found: Difference, masker: Masker): Difference {
  const { before, path, steps } = found
  if (before === undefined || before === '' || valueAt(facts.desired, steps) !== undefined) return found
  if (facts.base && sameJson(valueAt(facts.base, steps), before)) return found
  const hide = (value: string): string => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden' }, stringData: { value } }
    return textAt(masker.mask<KubeObject>(secret), 'stringData', 'value') ?? ''
  }
  const isData = facts.manifest.object.kind === 'ConfigMap' && ['data', 'binaryData'].includes(String(steps[0]))
  if (isData) return { ...found, before: mapTexts(before, hide) }
  const inEnv = /\/env(\[[^\]]*\])?$/.test(path)
  if (/\/env\[[^\]]*\]\/value$/.test(path)) return { ...found, before: mapTexts(before, hide) }
  return { ...found, before: withoutValues(before, inEnv, hide) }
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, each === undefined ? each : mapTexts(each, change)]),
  )
}

/** Hides `value` of the entries of each `env`; `inEnv`: the value itself is such a list, or an entry of it. */
function withoutValues(value: Json, inEnv: boolean, hide: (text: string) => string): Json {
  if (isArray(value)) return value.map((each) => withoutValues(each, inEnv, hide))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (each === undefined) return [key, each]
      if (inEnv && key === 'value' && typeof each === 'string') return [key, hide(each)]
      return [key, withoutValues(each, key === 'env', hide)]
    }),
  )
}

/** A client preview may carry our own label; it is no news to a reader. */
function unlabelled(object: KubeObject): Json {
  const { labels = {}, ...metadata } = object.metadata
  const left = Object.entries(labels).filter(([name]) => name !== partOfLabel)
  return { ...object, metadata: { ...metadata, ...(left.length > 0 ? { labels: Object.fromEntries(left) } : {}) } }
}
