import { at, type LiveObject, numberAt, textAt } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'
import { objects } from './status.ts'

/** Kinds that do their work by pods of their own. */
const workloads = new Set([
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  'batch/Job',
  '/ReplicationController',
])

/** Annotation of a Deployment and of its ReplicaSets (k8s.io/kubectl pkg/util/deployment). */
const revision = 'deployment.kubernetes.io/revision'

/** Is it a kind whose health is that of its pods? */
export function isWorkload(apiVersion: string, kind: string): boolean {
  return workloads.has(`${groupOf(apiVersion)}/${kind}`)
}

/**
 * The ReplicaSet that a Deployment's controller made, or took again, for the present pod template. None while the
 * controller hasn't seen the present template.
 */
export function currentReplicaSet(deployment: LiveObject, replicaSets: readonly LiveObject[]): LiveObject | undefined {
  const wanted = annotation(deployment, revision)
  if (wanted === undefined || !isObserved(deployment)) return undefined
  return replicaSets.find((each) => isOwned(each, deployment.metadata.uid) && annotation(each, revision) === wanted)
}

/**
 * The pods that a workload's present manifest made, by their owner and revision. Those of an older revision, which a
 * rollout takes away anyway, are left out; so are all while the revision isn't known. A Pod is its own.
 */
export function currentPods(
  workload: LiveObject,
  pods: readonly LiveObject[],
  replicaSets: readonly LiveObject[],
): readonly LiveObject[] {
  const owned = (uid: string) => pods.filter((pod) => isOwned(pod, uid))
  const { apiVersion, kind, metadata } = workload
  if (kind === 'Pod' && groupOf(apiVersion) === '') return [workload]
  if (!isWorkload(apiVersion, kind)) return []
  if (kind === 'Deployment') {
    const replicaSet = currentReplicaSet(workload, replicaSets)
    return replicaSet ? owned(replicaSet.metadata.uid) : []
  }
  if (kind === 'StatefulSet') {
    const hash = isObserved(workload) ? textAt(workload, 'status', 'updateRevision') : undefined
    return owned(metadata.uid).filter((pod) => label(pod, 'controller-revision-hash') === hash && hash !== undefined)
  }
  if (kind === 'DaemonSet') {
    // Counts the changes of the pod template; its pods carry it as a label (k8s.io/kubernetes pkg/controller/daemon).
    const generation = annotation(workload, 'deprecated.daemonset.template.generation')
    return owned(metadata.uid).filter(
      (pod) => label(pod, 'pod-template-generation') === generation && generation !== undefined,
    )
  }
  return owned(metadata.uid)
}

/**
 * The pods of an older revision that stand in the way of the present one: a StatefulSet doesn't replace a pod that was
 * never ready (kubernetes/kubernetes issue 67250).
 */
export function pastPods(workload: LiveObject, pods: readonly LiveObject[]): readonly LiveObject[] {
  if (groupOf(workload.apiVersion) !== 'apps' || workload.kind !== 'StatefulSet') return []
  const current = new Set(currentPods(workload, pods, []))
  return pods.filter((pod) => isOwned(pod, workload.metadata.uid) && !current.has(pod))
}

function isOwned(object: LiveObject, uid: string): boolean {
  return objects(at(object, 'metadata', 'ownerReferences')).some(
    (owner) => owner.uid === uid && owner.controller === true,
  )
}

function isObserved(object: LiveObject): boolean {
  return (numberAt(object, 'status', 'observedGeneration') ?? 0) >= (object.metadata.generation ?? 0)
}

function annotation(object: LiveObject, key: string): string | undefined {
  return textAt(object, 'metadata', 'annotations', key)
}

function label(object: LiveObject, key: string): string | undefined {
  return textAt(object, 'metadata', 'labels', key)
}
