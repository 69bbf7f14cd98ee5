import { isCustom } from '../model/reference.ts'

/**
 * Kinds in the order of apply; those of one line may go together. Coarser than Argo CD's list (gitops-engine,
 * `pkg/sync/sync_tasks.go`) and in agreement with it, but for definitions, which are second, since a commit may hold
 * both a kind and its objects. Each line needs what is above it: a binding its role, a pod its ServiceAccount, a
 * claim its class. Kinds that are not named are custom resources and come after the workloads. What intercepts
 * requests is last: it would refuse them until its workload runs.
 */
const BEFORE: readonly string[] = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass RuntimeClass CSIDriver StorageClass IngressClass NetworkPolicy ResourceQuota LimitRange PodDisruptionBudget ServiceAccount Secret ConfigMap PersistentVolume ClusterRole Role',
  'PersistentVolumeClaim ClusterRoleBinding RoleBinding',
  'Service',
  'DaemonSet Pod ReplicationController ReplicaSet Deployment StatefulSet',
]

const AFTER: readonly string[] = [
  'ValidatingAdmissionPolicy MutatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingWebhookConfiguration APIService',
]

const STAGES = new Map<string, number>([
  ...BEFORE.flatMap((line, index) => line.split(' ').map((kind) => [kind, index] as const)),
  ...AFTER.flatMap((line, index) => line.split(' ').map((kind) => [kind, BEFORE.length + 1 + index] as const)),
])

const CUSTOM = BEFORE.length

/**
 * The stage of an object: everything of one stage may be applied at once, and needs the stages before it. Deletion goes
 * through them backwards. A custom kind that has the name of a built-in one (`Namespace` of `servicebus.azure.com`) is a
 * custom one.
 */
export function stageOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): number {
  return isCustom(apiVersion) ? CUSTOM : (STAGES.get(kind) ?? CUSTOM)
}
