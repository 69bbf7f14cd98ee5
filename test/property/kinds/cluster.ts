import fc from 'fast-check'
import { maybe, oneOf, RUN, some, type Template, template } from '../template.ts'

const rule = oneOf(
  { apiGroups: [''], resources: ['pods', 'configmaps'], verbs: ['get', 'list'] },
  { apiGroups: ['apps'], resources: ['*'], verbs: ['*'] },
  { apiGroups: [''], resources: ['secrets'], resourceNames: ['one'], verbs: ['get'] },
)
const rules = maybe(fc.array(rule, { maxLength: 3 }))
const subjects = maybe(
  some([
    { kind: 'User', name: 'ann', apiGroup: 'rbac.authorization.k8s.io' },
    { kind: 'User', name: 'bob' },
    { kind: 'ServiceAccount', name: 'default', namespace: 'default' },
    { kind: 'Group', name: 'ops' },
  ]),
)
const roleName = oneOf('view', 'view', 'view', 'edit')
const rbac = 'rbac.authorization.k8s.io/v1'
const scaled = { apiVersion: 'apps/v1', kind: 'Deployment', name: `none-${RUN}` }
const admission = 'admissionregistration.k8s.io/v1'

/** Kinds about rights, admission and the cluster itself. */
export const cluster: readonly Template[] = [
  template({ apiVersion: rbac, kind: 'Role', resource: 'roles' }, { rules }, (body) => body),
  template(
    { apiVersion: rbac, kind: 'ClusterRole', resource: 'clusterroles', cluster: true },
    { rules, aggregate: oneOf(undefined, undefined, undefined, [{ matchLabels: { [`never-${RUN}`]: 'yes' } }]) },
    ({ rules, aggregate }) => (aggregate ? { aggregationRule: { clusterRoleSelectors: aggregate } } : { rules }),
  ),
  template({ apiVersion: rbac, kind: 'RoleBinding', resource: 'rolebindings' }, { subjects, roleName }, (o) => ({
    subjects: o.subjects,
    roleRef: { kind: 'ClusterRole', name: o.roleName, apiGroup: 'rbac.authorization.k8s.io' },
  })),
  template(
    { apiVersion: rbac, kind: 'ClusterRoleBinding', resource: 'clusterrolebindings', cluster: true },
    { subjects, roleName },
    (o) => ({
      subjects: o.subjects,
      roleRef: { kind: 'ClusterRole', name: o.roleName, apiGroup: 'rbac.authorization.k8s.io' },
    }),
  ),
  template(
    { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', resource: 'priorityclasses', cluster: true },
    {
      value: oneOf(1000, 1000, 1000, 2000),
      description: oneOf(undefined, 'a class', ''),
      preemptionPolicy: oneOf(undefined, undefined, 'PreemptLowerPriority'),
    },
    (body) => body,
  ),
  template(
    { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', resource: 'runtimeclasses', cluster: true },
    {
      handler: oneOf('runc', 'runc', 'runc', 'kata'),
      overhead: maybe(oneOf({ podFixed: { cpu: '1000m' } }, { podFixed: { cpu: '1', memory: '1024Mi' } })),
      scheduling: maybe(oneOf({ nodeSelector: { a: 'b' } }, { tolerations: [{ key: 'a', operator: 'Exists' }] })),
    },
    (body) => body,
  ),
  template(
    { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', resource: 'storageclasses', cluster: true },
    {
      parameters: oneOf(undefined, undefined, { type: 'fast' }),
      reclaimPolicy: oneOf(undefined, undefined, 'Delete', 'Retain'),
      volumeBindingMode: oneOf(undefined, undefined, 'WaitForFirstConsumer'),
      allowVolumeExpansion: oneOf(undefined, true, false),
      mountOptions: oneOf(undefined, undefined, undefined, ['ro']),
    },
    (body) => ({ provisioner: 'example.com/none', ...body }),
  ),
  template(
    { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', resource: 'csidrivers', cluster: true },
    {
      podInfoOnMount: oneOf(undefined, true, false),
      storageCapacity: oneOf(undefined, true, false),
      requiresRepublish: oneOf(undefined, true, false),
      tokenRequests: maybe(some([{ audience: 'a', expirationSeconds: 3600 }, { audience: 'b' }])),
      volumeLifecycleModes: oneOf(undefined, undefined, ['Persistent'], ['Ephemeral', 'Persistent']),
    },
    (spec) => ({ spec }),
  ),
  template(
    { apiVersion: 'v1', kind: 'PersistentVolume', resource: 'persistentvolumes', cluster: true },
    {
      capacity: oneOf('1Gi', '1024Mi', '2Gi'),
      modes: some(['ReadWriteOnce', 'ReadOnlyMany'], 1),
      policy: oneOf(undefined, 'Retain', 'Recycle'),
      path: oneOf('/data', '/data', '/data', '/other'),
      options: maybe(some(['ro', 'sync'])),
    },
    ({ capacity, modes, policy, path, options }) => ({
      spec: {
        capacity: { storage: capacity },
        accessModes: modes,
        persistentVolumeReclaimPolicy: policy,
        storageClassName: `none-${RUN}`,
        hostPath: { path },
        mountOptions: options,
      },
    }),
  ),
  template(
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim', resource: 'persistentvolumeclaims', bound: true },
    { storage: oneOf('1Gi', '1024Mi', '1073741824'), modes: oneOf(undefined) },
    ({ storage }) => ({
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: '',
        volumeName: `bound-${RUN}`,
        resources: { requests: { storage } },
      },
    }),
  ),
  template(
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', resource: 'leases' },
    {
      holderIdentity: oneOf(undefined, 'ann', ''),
      leaseDurationSeconds: oneOf(undefined, 15, 30),
      renewTime: oneOf(undefined, '2026-01-02T03:04:05.000000Z', '2026-01-02T03:04:05.123456Z'),
      leaseTransitions: oneOf(undefined, 0, 1),
    },
    (spec) => ({ spec }),
  ),
  template(
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', resource: 'poddisruptionbudgets' },
    {
      limit: oneOf({ minAvailable: 1 }, { minAvailable: '50%' }, { maxUnavailable: 1 }),
      selector: oneOf(undefined, {}, { matchLabels: { app: 'web' } }),
      policy: oneOf(undefined, 'IfHealthyBudget', 'AlwaysAllow'),
    },
    ({ limit, selector, policy }) => ({ spec: { ...limit, selector, unhealthyPodEvictionPolicy: policy } }),
  ),
  template(
    { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', resource: 'horizontalpodautoscalers' },
    {
      least: oneOf(undefined, 1, 2),
      most: oneOf(3, 5),
      metrics: maybe(
        some([
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
          { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1024Mi' } } },
          { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '1.5k' } } },
        ]),
      ),
      behavior: maybe(
        oneOf<object>(
          {},
          { scaleDown: { stabilizationWindowSeconds: 60 } },
          { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] } },
        ),
      ),
    },
    ({ least, most, metrics, behavior }) => ({
      spec: { scaleTargetRef: scaled, minReplicas: least, maxReplicas: most, metrics, behavior },
    }),
  ),
  template(
    { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', resource: 'horizontalpodautoscalers' },
    {
      least: oneOf(undefined, 1, 2),
      cpu: oneOf(undefined, 50, 80),
      version: oneOf('autoscaling/v1', 'autoscaling/v1', 'autoscaling/v1', 'autoscaling/v2'),
    },
    ({ least, cpu, version }) =>
      version === 'autoscaling/v1'
        ? { spec: { scaleTargetRef: scaled, minReplicas: least, maxReplicas: 5, targetCPUUtilizationPercentage: cpu } }
        : { apiVersion: version, spec: { scaleTargetRef: scaled, minReplicas: least, maxReplicas: 5 } },
  ),
  template(
    {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicy',
      resource: 'validatingadmissionpolicies',
      cluster: true,
    },
    {
      policy: oneOf(undefined, 'Ignore', 'Fail'),
      validations: some(
        [
          { expression: 'true' },
          { expression: 'object.metadata.name != "x"', message: 'not x', reason: 'Invalid' },
          { expression: 'has(object.metadata)', messageExpression: '"no"' },
        ],
        1,
      ),
      variables: maybe(
        some([
          { name: 'a', expression: '1' },
          { name: 'b', expression: '2' },
        ]),
      ),
      conditions: maybe(
        some([
          { name: 'one', expression: 'true' },
          { name: 'two', expression: 'true' },
        ]),
      ),
    },
    ({ policy, validations, variables, conditions }) => ({
      spec: {
        failurePolicy: policy,
        matchConstraints: {
          resourceRules: [
            { apiGroups: ['never.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['x'] },
          ],
        },
        validations,
        variables,
        matchConditions: conditions,
      },
    }),
  ),
  template(
    {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicyBinding',
      resource: 'validatingadmissionpolicybindings',
      cluster: true,
    },
    {
      actions: oneOf(['Deny'], ['Warn', 'Audit'], ['Audit']),
      selector: oneOf(undefined, {}, { matchLabels: { a: 'b' } }),
    },
    ({ actions, selector }) => ({
      spec: {
        policyName: `none-${RUN}`,
        validationActions: actions,
        matchResources: selector && { namespaceSelector: selector },
      },
    }),
  ),
]
