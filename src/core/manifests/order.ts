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

/**
 * Items in stages: everything of one stage may be applied at once, and needs the stages before it. Empty stages are
 * left out, the order inside a stage is kept. Deletion goes through the stages backwards.
 */
export function applyStages<T>(items: readonly T[], kindOf: (item: T) => string): T[][] {
  const stages = Map.groupBy(items, (item) => STAGES.get(kindOf(item)) ?? BEFORE.length)
  return [...stages].sort(([one], [other]) => one - other).map(([, stage]) => stage)
}
