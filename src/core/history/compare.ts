import { comparable } from '../diff/comparable.ts'
import { differences } from '../diff/fields.ts'
import { hunksBetween } from '../diff/hunks.ts'
import { createMasker, type Masker } from '../diff/mask.ts'
import { introduce, summarise } from '../diff/summary.ts'
import { isArray, isObject, type Json, type KubeObject } from '../model/object.ts'
import { describeReference, identityOf, type ObjectReference, referenceOf } from '../model/reference.ts'
import type { KeptObjects } from './pack.ts'

/** What differs in one object between two syncs. */
export type HistoryChange = ObjectReference & {
  /** `create`: only the later one has it. */
  readonly action: 'create' | 'update' | 'delete'
  /** In words, most important first. */
  readonly summary: readonly string[]
  /** Unified hunks of YAML, masked: of secret values it can only be seen whether they differ. */
  readonly hunks: string
}

/** What differs between the objects of two syncs. */
export type HistoryDiff = {
  readonly changes: readonly HistoryChange[]
  /** Objects in which nothing differs. */
  readonly unchanged: number
  /** Objects of both syncs with secret values that one of them doesn't have: whether these differ is not known. */
  readonly unknown: readonly string[]
}

/** Compares what two syncs applied; objects in the order of the later one, then those that it no longer has. */
export function compareObjects(before: KeptObjects, after: KeptObjects): HistoryDiff {
  const masker = createMasker([...before.sensitive, ...after.sensitive])
  const incomplete = new Set([...before.missing, ...after.missing])
  const old = new Map(before.objects.map((object) => [identityOf(referenceOf(object)), object]))
  const now = new Map(after.objects.map((object) => [identityOf(referenceOf(object)), object]))
  const common = [...now].filter(([identity]) => old.has(identity))
  const changes = [...new Set([...now.keys(), ...old.keys()])].flatMap((identity) => {
    return changeOf(old.get(identity), now.get(identity), masker, incomplete) ?? []
  })
  const unknown = common.map(([, object]) => describe(object)).filter((name) => incomplete.has(name))
  const updated = new Set(changes.filter(({ action }) => action === 'update').map(describeReference))
  const unchanged = common.filter(([, object]) => !updated.has(describe(object)) && !incomplete.has(describe(object)))
  return { changes, unchanged: unchanged.length, unknown }
}

function changeOf(
  old: KubeObject | undefined,
  now: KubeObject | undefined,
  masker: Masker,
  incomplete: ReadonlySet<string>,
): HistoryChange | undefined {
  const object = now ?? old
  if (!object) return undefined
  const shownOf = (each: KubeObject) => {
    const shown = comparable(masker.mask(each))
    // One side has the values and the other hasn't: two masks would tell of a difference that nobody knows of.
    return incomplete.has(describe(object)) ? withoutMasks(shown) : shown
  }
  const [shownOld, shownNow] = [old && shownOf(old), now && shownOf(now)]
  const found = shownOld && shownNow ? differences(shownOld, shownNow) : undefined
  if (found?.length === 0) return undefined
  return {
    ...referenceOf(object),
    action: old && now ? 'update' : now ? 'create' : 'delete',
    summary: found ? summarise(found) : now ? introduce(masker.mask(now)) : [],
    hunks: hunksBetween(shownOld, shownNow),
  }
}

function describe(object: KubeObject): string {
  return describeReference(referenceOf(object))
}

function withoutMasks(value: Json): Json {
  if (typeof value === 'string') return value.replace(/^\(sensitive \d+\)$/, '(not compared)')
  if (isArray(value)) return value.map(withoutMasks)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, each === undefined ? each : withoutMasks(each)]),
  )
}
