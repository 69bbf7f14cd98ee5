import type { HealthExpression } from '../model/app.ts'
import type { Health } from '../model/health.ts'
import type { LiveObject } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'
import { byConventions } from './conventions.ts'
import { customResourceDefinition } from './custom-resource-definition.ts'
import { daemonSet } from './daemon-set.ts'
import { deployment } from './deployment.ts'
import { byExpressions, expressionFor } from './expressions.ts'
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts'
import { ingress } from './ingress.ts'
import { job } from './job.ts'
import { namespace } from './namespace.ts'
import { persistentVolume } from './persistent-volume.ts'
import { persistentVolumeClaim } from './persistent-volume-claim.ts'
import { pod } from './pod.ts'
import { podDisruptionBudget } from './pod-disruption-budget.ts'
import { replicaSet } from './replica-set.ts'
import { replicationController } from './replication-controller.ts'
import { service } from './service.ts'
import { statefulSet } from './stateful-set.ts'
import { type HealthRule, progressing } from './status.ts'
import { validatingAdmissionPolicy } from './validating-admission-policy.ts'

/**
 * By group and kind: every served version of a kind has the same status. Kinds of Kubernetes that aren't here do their
 * work once they are stored, or only when their time comes: a CronJob (as kstatus; Argo CD calls it degraded when its
 * last run failed, which is no fault of this sync).
 */
const builtIn: ReadonlyMap<string, HealthRule> = new Map([
  ['apps/Deployment', deployment],
  ['apps/StatefulSet', statefulSet],
  ['apps/DaemonSet', daemonSet],
  ['apps/ReplicaSet', replicaSet],
  ['batch/Job', job],
  ['/Pod', pod],
  ['/ReplicationController', replicationController],
  ['/PersistentVolumeClaim', persistentVolumeClaim],
  ['/PersistentVolume', persistentVolume],
  ['/Service', service],
  ['/Namespace', namespace],
  ['networking.k8s.io/Ingress', ingress],
  ['autoscaling/HorizontalPodAutoscaler', horizontalPodAutoscaler],
  ['policy/PodDisruptionBudget', podDisruptionBudget],
  ['admissionregistration.k8s.io/ValidatingAdmissionPolicy', validatingAdmissionPolicy],
  ['apiextensions.k8s.io/CustomResourceDefinition', customResourceDefinition],
])

/** Groups with a dot that Kubernetes itself serves; others that end in `k8s.io` (Gateway API, snapshots) are custom. */
const own = new Set(
  [
    'admissionregistration.k8s.io apiextensions.k8s.io apiregistration.k8s.io authentication.k8s.io',
    'authorization.k8s.io certificates.k8s.io coordination.k8s.io discovery.k8s.io events.k8s.io',
    'flowcontrol.apiserver.k8s.io internal.apiserver.k8s.io networking.k8s.io node.k8s.io rbac.authorization.k8s.io',
    'resource.k8s.io scheduling.k8s.io storage.k8s.io storagemigration.k8s.io',
  ].flatMap((line) => line.split(' ')),
)

/** Is it a kind whose health is read by the conventions of custom kinds? */
export function byConvention(apiVersion: string): boolean {
  const group = groupOf(apiVersion)
  return group.includes('.') && !own.has(group)
}

function ruleOf(
  apiVersion: string,
  kind: string,
  rules: readonly HealthExpression[] | undefined,
): HealthRule | undefined {
  const expression = expressionFor(groupOf(apiVersion), kind, rules)
  if (expression) return (object) => byExpressions(object, expression)
  return builtIn.get(`${groupOf(apiVersion)}/${kind}`) ?? (byConvention(apiVersion) ? byConventions : undefined)
}

/**
 * Whether a sync waits for the health of this kind: those with a rule of the configuration or a built-in one, and all
 * custom kinds. Every other kind does its work once it is applied.
 */
export function hasHealth(apiVersion: string, kind: string, rules?: readonly HealthExpression[]): boolean {
  return ruleOf(apiVersion, kind, rules) !== undefined
}

/**
 * Whether a live object does its work, by the configuration's rule of its kind, else by Drydock's. An object that is
 * being deleted is progressing; a kind without a rule is healthy, because the API server has stored it and nobody knows
 * more.
 */
export function healthOf(object: LiveObject, rules?: readonly HealthExpression[]): Health {
  if (object.metadata.deletionTimestamp !== undefined) return progressing('being deleted')
  return ruleOf(object.apiVersion, object.kind, rules)?.(object) ?? { status: 'healthy' }
}
