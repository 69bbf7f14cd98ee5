import { at, isArray, type Json, type KubeObject, numberAt, textAt } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'
import { templatePath } from './pods.ts'
import { one, parseQuantity } from './quantity.ts'
import { plus, type Usage } from './usage.ts'

/** Resources of the core group that quotas also know by their bare name. */
const oldNames = new Set([
  'configmaps',
  'secrets',
  'services',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
])

/** What a quota counts of an object itself, without the pods that it makes. `resource` is its plural name. */
export function objectUsage(object: KubeObject, resource: string): Usage {
  const group = groupOf(object.apiVersion)
  const own = new Map([[`count/${resource}${group ? `.${group}` : ''}`, one]])
  if (group === '' && oldNames.has(resource)) own.set(resource, one)
  if (group === '' && resource === 'pods') own.clear()
  if (group === '' && resource === 'services') return plus(own, serviceUsage(object))
  if (group === '' && resource === 'persistentvolumeclaims') return plus(own, claimUsage(object))
  // Each Deployment makes a ReplicaSet.
  return group === 'apps' && resource === 'deployments' ? plus(own, new Map([['count/replicasets.apps', one]])) : own
}

/** Service quota: `services.nodeports`, `services.loadbalancers` (quota evaluator of services). */
function serviceUsage(service: KubeObject): Usage {
  const type = textAt(service, 'spec', 'type')
  const ports = listAt(service, 'spec', 'ports')
  const allocated = at(service, 'spec', 'allocateLoadBalancerNodePorts') !== false
  const open = type === 'LoadBalancer' && !allocated ? ports.filter((port) => numberAt(port, 'nodePort')) : ports
  const usage = new Map<string, bigint>()
  if (type === 'NodePort' || type === 'LoadBalancer') usage.set('services.nodeports', BigInt(open.length) * one)
  if (type === 'LoadBalancer') usage.set('services.loadbalancers', one)
  return usage
}

/** Storage that a claim asks for, also by its class. */
function claimUsage(claim: Json): Usage {
  const size = parseQuantity(at(claim, 'spec', 'resources', 'requests', 'storage')) ?? 0n
  const named = textAt(claim, 'spec', 'storageClassName')
  const storageClass = textAt(claim, 'metadata', 'annotations', 'volume.beta.kubernetes.io/storage-class') ?? named
  const usage = new Map([['requests.storage', size]])
  if (!storageClass) return usage
  const prefix = `${storageClass}.storageclass.storage.k8s.io`
  return usage.set(`${prefix}/requests.storage`, size).set(`${prefix}/persistentvolumeclaims`, one)
}

/** Pods that an object keeps at a time; a DaemonSet's depend on nodes, a CronJob's on time: they count as none. */
export function podsOf(object: KubeObject): { readonly count: bigint; readonly spec: Json | undefined } {
  const path = templatePath(object)
  if (object.kind === 'Pod' && object.apiVersion === 'v1') {
    const ended = ['Succeeded', 'Failed'].includes(textAt(object, 'status', 'phase') ?? '')
    return { count: ended ? 0n : 1n, spec: object.spec }
  }
  const count = path ? replicas(object) : 0
  return { count: BigInt(Math.max(0, Math.trunc(count))), spec: path && at(object, ...path, 'spec') }
}

function replicas(object: KubeObject): number {
  if (object.kind === 'DaemonSet' || object.kind === 'CronJob') return 0
  if (object.kind !== 'Job') return numberAt(object, 'spec', 'replicas') ?? 1
  const ended = listAt(object, 'status', 'conditions').some(
    (each) => ['Complete', 'Failed'].includes(textAt(each, 'type') ?? '') && textAt(each, 'status') === 'True',
  )
  if (ended || at(object, 'spec', 'suspend') === true) return 0
  return Math.min(numberAt(object, 'spec', 'parallelism') ?? 1, numberAt(object, 'spec', 'completions') ?? Infinity)
}

/** Claims of one template that are counted: a manifest may ask for two billion replicas. */
const maxClaims = 1000

/** The claims that a StatefulSet makes, by name, with what each takes from a quota. */
export function claimsOfReplicas(object: KubeObject): ReadonlyMap<string, Usage> {
  if (object.kind !== 'StatefulSet' || groupOf(object.apiVersion) !== 'apps') return new Map()
  const first = numberAt(object, 'spec', 'ordinals', 'start') ?? 0
  const count = Math.min(maxClaims, Math.max(0, Math.trunc(replicas(object))))
  const own: Usage = new Map([
    ['persistentvolumeclaims', one],
    ['count/persistentvolumeclaims', one],
  ])
  return new Map(
    listAt(object, 'spec', 'volumeClaimTemplates').flatMap((template) => {
      const usage = plus(own, claimUsage(template))
      const name = `${textAt(template, 'metadata', 'name')}-${object.metadata.name}`
      return Array.from({ length: count }, (_, index) => [`${name}-${first + index}`, usage] as const)
    }),
  )
}

function listAt(value: Json, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path)
  return isArray(found) ? found : []
}
