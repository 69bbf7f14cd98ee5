import type { HealthExpression } from '../model/app.ts'
import type { Health } from '../model/health.ts'
import { at, type LiveObject, textAt } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'
import { expressionFor } from './expressions.ts'
import { byConvention, healthOf } from './health.ts'
import { waitsForPod } from './persistent-volume-claim.ts'
import { condition, degraded, healthy, progressing } from './status.ts'
import type { Trouble } from './troubles.ts'

/** What a sync expects of one object. */
export type Expectation = {
  readonly rules: readonly HealthExpression[]
  /** UID of the object that is meant. */
  readonly uid?: string | undefined
  /** It is a hook: it has to run to its end. */
  readonly completes: boolean
  /** StorageClasses whose claims are bound only when a pod uses them. */
  readonly lateClasses: ReadonlySet<string>
}

/**
 * The health of an object that a sync waits for, by what was seen of it now and before. What has run to its end stays
 * healthy when it goes away (`ttlSecondsAfterFinished`, a hook that was deleted). A hook that went unseen may have ended
 * in any way: that is degraded.
 */
export function judge(object: LiveObject | undefined, before: LiveObject | undefined, expected: Expectation): Health {
  const own = (each: LiveObject | undefined) => expected.uid === undefined || each?.metadata.uid === expected.uid
  if (object && own(object)) return judgeOwn(object, expected)
  if (before && own(before) && hasCompleted(before)) return healthy('completed, and gone')
  if (object) return progressing('another object of this name is there')
  if (expected.completes && expected.uid) return degraded('it is gone, and nobody saw how it ended')
  return progressing(expected.uid ? 'it is gone' : 'not there yet')
}

function judgeOwn(object: LiveObject, expected: Expectation): Health {
  if (hasCompleted(object)) return healthy()
  const health = healthOf(object, expected.rules)
  if (waitsForPod(object, expected.lateClasses)) return healthy('is bound when a pod uses it')
  if (!expected.completes || health.status !== 'healthy') return health
  return progressing(health.message ?? 'running to its end')
}

/** Has a Job or a Pod run to its end, well? */
function hasCompleted(object: LiveObject): boolean {
  const kind = `${groupOf(object.apiVersion)}/${object.kind}`
  if (kind === 'batch/Job') return condition(object, 'Complete')?.status === 'True'
  return kind === '/Pod' && textAt(object, 'status', 'phase') === 'Succeeded'
}

/**
 * Is it a custom object that no controller has said a word of? It may have one that is about to: such an object is
 * given a moment, and then counts as healthy, since it may have none.
 */
export function isSilent(object: LiveObject, rules: readonly HealthExpression[]): boolean {
  const { apiVersion, kind, metadata } = object
  if (!byConvention(apiVersion) || expressionFor(groupOf(apiVersion), kind, rules)) return false
  return object.status === undefined && (metadata.generation ?? 1) <= 1
}

/** Something that ends the waiting when it lasts. */
export type Complaint = { readonly key: string; readonly patienceMs: number }

/** In ms: how long a degraded object of a kind may stay so before it is taken at its word. */
const finalAfter: Readonly<Record<string, number>> = {
  Job: 0,
  PersistentVolumeClaim: 0,
  // A rollback finds the condition of the rollout that it takes back, until its own pods make progress.
  Deployment: 5_000,
  CustomResourceDefinition: 2_000,
}

/** For custom kinds and rules of the configuration: a status of this generation; of whichever, where it doesn't say. */
const ownGenerationMs = 2_000
const anyGenerationMs = 15_000

/**
 * What of an unhealthy object is final once it has lasted: containers that can't start, Jobs and rollouts that failed,
 * custom objects that say so. Nothing where waiting may help (no node, no quota, no address).
 */
export function complaintsOf(
  object: LiveObject | undefined,
  health: Health,
  troubles: readonly Trouble[],
  rules: readonly HealthExpression[],
): readonly Complaint[] {
  const containers = troubles.flatMap(({ pod, container, patienceMs }) =>
    patienceMs === undefined ? [] : [{ key: `${pod.metadata.uid}/${container}`, patienceMs }],
  )
  if (health.status !== 'degraded') return containers
  const patienceMs = finalityOf(object, rules)
  return patienceMs === undefined ? containers : [{ key: 'object', patienceMs }, ...containers]
}

function finalityOf(object: LiveObject | undefined, rules: readonly HealthExpression[]): number | undefined {
  if (!object) return ownGenerationMs
  const { apiVersion, kind } = object
  if (!byConvention(apiVersion) && !expressionFor(groupOf(apiVersion), kind, rules)) {
    if (kind === 'Pod') return textAt(object, 'status', 'phase') === 'Failed' ? 0 : undefined
    return finalAfter[kind]
  }
  return at(object, 'status', 'observedGeneration') === undefined ? anyGenerationMs : ownGenerationMs
}
