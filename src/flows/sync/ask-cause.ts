import { causeOf, type Surroundings } from '../../core/health/cause.ts'
import { isWorkload } from '../../core/health/own-pods.ts'
import { at, type LiveObject } from '../../core/model/object.ts'
import { identityOf, referenceOf } from '../../core/model/reference.ts'
import type { Cluster } from '../ports.ts'

/** The pods and ReplicaSets of some namespaces, as they are now. */
export type PodWatch = {
  /** Begins to watch a namespace, once. */
  readonly begin: (namespace: string) => void
  readonly around: (namespace: string | undefined) => Pick<Surroundings, 'pods' | 'replicaSets'>
}

type Known = { readonly pods: Map<string, LiveObject>; readonly replicaSets: Map<string, LiveObject> }

const nothing = { pods: [], replicaSets: [] }

/**
 * Watches pods and ReplicaSets, one stream of each for a namespace, from when they are asked for until the signal.
 * A pod of a Job is remembered when it goes: it says how the Job failed. Where they can't be read, nothing is known.
 */
export function watchPods(cluster: Cluster, signal: AbortSignal, changed: () => void): PodWatch {
  const spaces = new Map<string, Known>()
  const follow = (apiVersion: string, kind: string, namespace: string, into: Map<string, LiveObject>) => {
    const seen = (object: LiveObject, gone: boolean) => {
      if (gone && !isOfJob(object)) into.delete(object.metadata.uid)
      else into.set(object.metadata.uid, object)
      changed()
    }
    // Without them a workload is still judged by its own status.
    cluster.watch(apiVersion, kind, seen, { signal, namespace }).catch(() => undefined)
  }
  return {
    begin: (namespace) => {
      if (spaces.has(namespace)) return
      const known: Known = { pods: new Map(), replicaSets: new Map() }
      spaces.set(namespace, known)
      follow('v1', 'Pod', namespace, known.pods)
      follow('apps/v1', 'ReplicaSet', namespace, known.replicaSets)
    },
    around: (namespace) => {
      const known = namespace === undefined ? undefined : spaces.get(namespace)
      return known ? { pods: [...known.pods.values()], replicaSets: [...known.replicaSets.values()] } : nothing
    },
  }
}

/** Why these objects aren't healthy: {@link causeOf} of each, with all that the cluster knows about them now. */
export async function askCauses(
  cluster: Cluster,
  watch: PodWatch,
  ill: readonly { readonly object: LiveObject; readonly said: string }[],
  since: string | undefined,
): Promise<ReadonlyMap<string, { readonly cause: string; readonly around: Surroundings }>> {
  const causes = new Map<string, { cause: string; around: Surroundings }>()
  const spaces = Map.groupBy(ill, ({ object }) => object.metadata.namespace)
  for (const [namespace, members] of spaces) {
    if (namespace === undefined) continue
    const workloads = members.some(({ object }) => isWorkload(object.apiVersion, object.kind))
    const [pods, replicaSets, events] = await Promise.all([
      workloads ? listed(cluster, 'v1', 'Pod', namespace) : [],
      workloads ? listed(cluster, 'apps/v1', 'ReplicaSet', namespace) : [],
      listed(cluster, 'v1', 'Event', namespace, 'type=Warning'),
    ])
    const known = watch.around(namespace)
    const around = { pods: newest(known.pods, pods), replicaSets: newest(known.replicaSets, replicaSets), since }
    for (const { object, said } of members) {
      causes.set(identityOf(referenceOf(object)), { cause: causeOf(object, around, events, said), around })
    }
  }
  return causes
}

/** Nothing where they can't be read. */
async function listed(
  cluster: Cluster,
  apiVersion: string,
  kind: string,
  namespace: string,
  fieldSelector?: string,
): Promise<readonly LiveObject[]> {
  const options = { namespace, ...(fieldSelector ? { fieldSelector } : {}) }
  return cluster.list(apiVersion, kind, options).catch(() => [])
}

function newest(seen: readonly LiveObject[], now: readonly LiveObject[]): readonly LiveObject[] {
  return [...new Map([...seen, ...now].map((each) => [each.metadata.uid, each])).values()]
}

function isOfJob(object: LiveObject): boolean {
  const owners = at(object, 'metadata', 'ownerReferences')
  return Array.isArray(owners) && owners.some((owner) => at(owner, 'kind') === 'Job')
}
