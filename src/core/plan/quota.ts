import { type Problem, problem } from '../model/errors.ts'
import type { SourcePosition } from '../model/manifest.ts'
import { at, isArray, type Json, type KubeObject, type LiveObject, textAt } from '../model/object.ts'
import { identityOf, referenceOf } from '../model/reference.ts'
import { claimsOfReplicas, objectUsage, podsOf } from './object-usage.ts'
import { type Defaults, type PodUsage, podUsage } from './pod-usage.ts'
import { formatQuantity } from './quantity.ts'
import { amountsOf, plus, type Usage } from './usage.ts'

/** An object that a sync writes and that the API server accepted. */
export type Planned = {
  readonly before?: LiveObject
  /** As the server would store it. */
  readonly after: KubeObject
  readonly source: SourcePosition
}

/** What else the sum needs to know of a namespace. */
export type Surroundings = {
  /** Plural name of an object's kind. */
  readonly resourceOf: (object: KubeObject) => string | undefined
  readonly defaults?: Defaults
  /** Names of the volume claims that are there. */
  readonly claims?: ReadonlySet<string>
}

/** Names in one message; the rest are counted. */
const maxNames = 5

/**
 * The resources of one quota that run out when all of this is written, each as one problem. Deletions make no room, since
 * pruning comes last. A quota whose usage isn't counted yet says nothing. Rules of counting: Kubernetes,
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
export function exceeded(quota: KubeObject, planned: readonly Planned[], around: Surroundings): readonly Problem[] {
  const used = amountsOf(at(quota, 'status', 'used'))
  const hard = hardOf(quota, planned)
  const growth = planned.map((each) => ({ each, usage: growthOf(each, around, quota) }))
  const sorted = [...hard].sort(([first], [second]) => first.localeCompare(second, 'en'))
  return sorted.flatMap(([resource, limit]) => {
    const taken = used.get(resource)
    const needed = growth.reduce((sum, { usage }) => sum + (usage.get(resource) ?? 0n), 0n)
    if (taken === undefined || needed <= 0n || taken + needed <= limit) return []
    const causes = growth.filter(({ usage }) => (usage.get(resource) ?? 0n) > 0n).map(({ each }) => each)
    const style = /(?:memory|storage|hugepages-\w+)$/.test(resource) ? 'binary' : 'decimal'
    const [left, all, more] = [taken < limit ? limit - taken : 0n, limit, needed].map((each) =>
      formatQuantity(each, style),
    )
    const { name, namespace } = quota.metadata
    return [
      problem(
        'cluster-refused',
        `The quota "${name}" of namespace ${namespace} has ${left} of ${all} ${resource} left; this plan needs ${more} more (${namesOf(causes, resource)}).`,
        {
          source: causes[0]?.source,
          hint: 'Raise the quota, or ask for less. What this plan deletes makes no room: that comes after everything else.',
        },
      ),
    ]
  })
}

/** Does this object take more of anything than before? Without a quota: of anything that a quota could count. */
export function grows(planned: Planned, around: Surroundings): boolean {
  return [...growthOf(planned, around).values()].some((amount) => amount > 0n)
}

/** Does a quota limit what containers ask for, so that the defaults of a LimitRange matter? */
export function limitsCompute(quota: KubeObject): boolean {
  return resourcesOf(quota).some((name) =>
    /^(?:cpu|memory|ephemeral-storage|hugepages-.*|limits\..*)$|^requests\.(?!storage$)/.test(name),
  )
}

/** Does a quota limit volume claims? */
export function limitsClaims(quota: KubeObject): boolean {
  return resourcesOf(quota).some((name) => /persistentvolumeclaims$|requests\.storage$/.test(name))
}

/** Does this object make volume claims that it didn't make before? */
export function makesClaims({ before, after }: Planned): boolean {
  const known = before && claimsOfReplicas(before)
  return claimsOfReplicas(after)
    .keys()
    .some((name) => !known?.has(name))
}

function resourcesOf(quota: KubeObject): readonly string[] {
  return [...amountsOf(at(quota, 'spec', 'hard')).keys()]
}

/** A quota that the same plan changes is written before what needs it. */
function hardOf(quota: KubeObject, planned: readonly Planned[]): Usage {
  const identity = identityOf(referenceOf(quota))
  const changed = planned.find(({ after }) => identityOf(referenceOf(after)) === identity)
  return changed ? amountsOf(at(changed.after, 'spec', 'hard')) : amountsOf(at(quota, 'status', 'hard'))
}

/** What an object takes more than before of one quota, or of all that could be counted. */
function growthOf(planned: Planned, around: Surroundings, quota?: KubeObject): Usage {
  const { before, after } = planned
  const usage = plus(usageOf(after, around, quota), before ? usageOf(before, around, quota) : new Map(), -1n)
  if (quota && scopesOf(quota).length > 0) return usage
  const known = before && claimsOfReplicas(before)
  const made = [...claimsOfReplicas(after)].filter(([name]) => !known?.has(name) && !around.claims?.has(name))
  return made.reduce((sum, [, claim]) => plus(sum, claim), usage)
}

function usageOf(object: KubeObject, around: Surroundings, quota: KubeObject | undefined): Usage {
  const scopes = quota ? scopesOf(quota) : []
  const resource = around.resourceOf(object)
  // A quota with scopes counts pods only.
  const own: Usage = resource && scopes.length === 0 ? objectUsage(object, resource) : new Map()
  const { count, spec } = podsOf(object)
  if (count === 0n) return own
  const pod = podUsage(spec, around.defaults)
  return scopes.every((scope) => matches(scope, pod)) ? plus(own, pod.usage, count) : own
}

type Scope = { readonly name: string; readonly operator: string; readonly values: readonly string[] }

function scopesOf(quota: KubeObject): readonly Scope[] {
  const [plain, selected] = [at(quota, 'spec', 'scopes'), at(quota, 'spec', 'scopeSelector', 'matchExpressions')]
  const texts = (value: Json | undefined) => (isArray(value) ? value.filter((each) => typeof each === 'string') : [])
  return [
    ...texts(plain).map((name) => ({ name, operator: 'Exists', values: [] })),
    ...(isArray(selected) ? selected : []).map((each) => ({
      name: textAt(each, 'scopeName') ?? '',
      operator: textAt(each, 'operator') ?? '',
      values: texts(at(each, 'values')),
    })),
  ]
}

/** Does a quota's scope choose this pod? What can't be told here (affinity across namespaces) chooses none. */
function matches({ name, operator, values }: Scope, pod: PodUsage): boolean {
  if (name === 'BestEffort') return pod.bestEffort
  if (name === 'NotBestEffort') return !pod.bestEffort
  if (name === 'Terminating') return pod.terminating
  if (name === 'NotTerminating') return !pod.terminating
  if (name !== 'PriorityClass') return false
  const { priorityClass } = pod
  if (operator === 'Exists') return priorityClass !== undefined
  if (operator === 'DoesNotExist') return priorityClass === undefined
  const named = priorityClass !== undefined && values.includes(priorityClass)
  return operator === 'In' ? named : operator === 'NotIn' && !named
}

/** Objects that a quota counts by their own kind are named shortly, all others with their kind. */
function namesOf(causes: readonly Planned[], resource: string): string {
  const counted =
    /^(?:count\/|configmaps|secrets|services|persistentvolumeclaims|replicationcontrollers|resourcequotas)/
  const kinds = new Set(causes.map(({ after }) => after.kind))
  const short = counted.test(resource) && kinds.size === 1 && !kinds.has('StatefulSet')
  const names = causes.map(({ after }) => (short ? after.metadata.name : `${after.kind} ${after.metadata.name}`))
  const rest = names.length - maxNames
  return [...names.slice(0, maxNames), ...(rest > 0 ? [`${rest} more`] : [])].join(', ')
}
