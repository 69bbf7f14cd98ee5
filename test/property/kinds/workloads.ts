import fc from 'fast-check'
import { maybe, oneOf, RUN, some, type Template, template } from '../template.ts'

const cpu = oneOf(undefined, '1', '1000m', '1.0', '0.5', '500m', '.5', '2e0')
const memory = oneOf(undefined, '1Gi', '1024Mi', '1073741824', '128Mi', '0.125Gi', '1G', '1e9')
const resources = fc.record({ cpu, memory, limit: memory }).map(({ cpu, memory, limit }) => ({
  requests: { cpu, memory },
  ...(limit ? { limits: { cpu: '4', memory: '4Gi' } } : {}),
}))

const env = some(
  [
    { name: 'A', value: '1' },
    { name: 'B', value: '' },
    { name: 'C', value: 'three' },
    { name: 'D' },
    { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'some', key: 'key', optional: true } } },
    { name: 'SUM', value: '$(A)$(C)' },
  ],
  0,
  4,
)
const ports = some(
  [
    { containerPort: 80 },
    { containerPort: 80, protocol: 'UDP' },
    { name: 'http', containerPort: 8080 },
    { name: 'metrics', containerPort: 9090, protocol: 'TCP' },
  ],
  0,
  3,
)
const probe = fc
  .record({ port: oneOf(80, 8080, 'http'), scheme: oneOf(undefined, 'HTTP', 'HTTPS'), period: oneOf(undefined, 10, 5) })
  .map(({ port, scheme, period }) => ({ httpGet: { path: '/', port, scheme }, periodSeconds: period }))
const mounts = some(
  [
    { name: 'scratch', mountPath: '/scratch' },
    { name: 'scratch', mountPath: '/scratch/two', subPath: 'two' },
    { name: 'config', mountPath: '/etc/config', readOnly: true },
  ],
  0,
)
const container = fc
  .record({
    image: oneOf('web:1', 'web:2', `registry.example.com/web@sha256:${'a'.repeat(64)}`, 'web:latest', 'web'),
    env: maybe(env),
    ports: maybe(ports),
    resources: maybe(resources),
    args: maybe(some(['--verbose', '--port=80', '-x'])),
    probe: maybe(probe),
    mounts: maybe(mounts),
    pull: oneOf(undefined, undefined, 'Always', 'IfNotPresent'),
    security: oneOf(undefined, undefined, {}, { runAsNonRoot: true, capabilities: { drop: ['ALL'] } }),
  })
  .map(({ probe, mounts, pull, security, ...rest }) => ({
    ...rest,
    readinessProbe: probe,
    volumeMounts: mounts,
    imagePullPolicy: pull,
    securityContext: security,
  }))

const volumes = [
  { name: 'scratch', emptyDir: {} },
  { name: 'config', configMap: { name: 'some', optional: true, defaultMode: 0o644 } },
]
const containerNames = some(['web', 'side', 'log'], 1, 2)

/** Options of a pod. */
const podOptions = {
  names: containerNames,
  first: container,
  second: container,
  grace: oneOf(undefined, 30, 10),
  tolerations: maybe(
    some(
      [
        { key: 'a', operator: 'Exists' },
        { key: 'b', value: 'c', effect: 'NoSchedule' },
        { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 3 },
      ],
      0,
      2,
    ),
  ),
  init: maybe(
    some(
      [
        { name: 'init', image: 'init:1' },
        { name: 'wait', image: 'wait:1', restartPolicy: 'Always' },
      ],
      0,
    ),
  ),
  podLabels: maybe(fc.dictionary(oneOf('track', 'tier'), oneOf('a', 'b'), { maxKeys: 2 })),
  aliases: maybe(
    some([
      { ip: '192.0.2.1', hostnames: ['a', 'b'] },
      { ip: '192.0.2.2', hostnames: ['c'] },
    ]),
  ),
  spread: oneOf(
    undefined,
    undefined,
    [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { a: 'b' } },
      },
    ],
    [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }],
  ),
  podSecurity: oneOf(undefined, {}, { fsGroup: 1000 }, { runAsUser: 1, supplementalGroups: [1, 2] }),
}
type Pod = { readonly [K in keyof typeof podOptions]: (typeof podOptions)[K] extends fc.Arbitrary<infer T> ? T : never }

/** No node has this label, so that pods that somebody scales up cost nothing. */
const nowhere = { nodeSelector: { nowhere: 'yes' } }

function podOf(pod: Pod, more: object = {}) {
  const used = [pod.first, pod.second]
  return {
    containers: pod.names.map((name, index) => ({ name, ...used[index] })),
    initContainers: pod.init,
    volumes: used.some((each) => each.volumeMounts) ? volumes : undefined,
    terminationGracePeriodSeconds: pod.grace,
    tolerations: pod.tolerations,
    hostAliases: pod.aliases,
    topologySpreadConstraints: pod.spread,
    securityContext: pod.podSecurity,
    ...nowhere,
    ...more,
  }
}
const app = `app-${RUN}`
const templateOf = (pod: Pod, more: object = {}) => ({
  metadata: { labels: { ...pod.podLabels, app } },
  spec: podOf(pod, more),
})

export const workloads: readonly Template[] = [
  template(
    { apiVersion: 'apps/v1', kind: 'Deployment', resource: 'deployments', scalable: true },
    {
      ...podOptions,
      replicas: oneOf(0, 0, 0, undefined as number | undefined),
      strategy: oneOf(
        undefined,
        { type: 'Recreate' },
        { type: 'RollingUpdate' },
        { rollingUpdate: { maxUnavailable: 1 } },
        { rollingUpdate: { maxUnavailable: '25%', maxSurge: '100%' } },
      ),
      history: oneOf(undefined, 10, 3),
      paused: oneOf(undefined, undefined, undefined, false),
    },
    (o) => ({
      spec: {
        replicas: o.replicas ?? 0,
        selector: { matchLabels: { app } },
        strategy: o.strategy,
        revisionHistoryLimit: o.history,
        paused: o.paused,
        // Its replicas may be left to others, and then have to become ready.
        template: templateOf(o, { nodeSelector: undefined }),
      },
    }),
  ),
  template(
    { apiVersion: 'apps/v1', kind: 'StatefulSet', resource: 'statefulsets', scalable: true },
    {
      ...podOptions,
      service: oneOf('web', 'web', 'web', 'db'),
      strategy: oneOf(undefined, { type: 'OnDelete' }, { rollingUpdate: { partition: 1 } }),
      claims: oneOf(undefined, undefined, [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
        },
      ]),
      retention: oneOf(undefined, { whenDeleted: 'Delete' }),
    },
    (o) => ({
      spec: {
        replicas: 0,
        serviceName: o.service,
        selector: { matchLabels: { app } },
        updateStrategy: o.strategy,
        volumeClaimTemplates: o.claims,
        persistentVolumeClaimRetentionPolicy: o.retention,
        template: templateOf(o),
      },
    }),
  ),
  template(
    { apiVersion: 'apps/v1', kind: 'DaemonSet', resource: 'daemonsets' },
    { ...podOptions, strategy: oneOf(undefined, { type: 'OnDelete' }, { rollingUpdate: { maxUnavailable: '10%' } }) },
    (o) => ({ spec: { selector: { matchLabels: { app } }, updateStrategy: o.strategy, template: templateOf(o) } }),
  ),
  template(
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', resource: 'replicasets', scalable: true },
    { ...podOptions, ready: oneOf(undefined, 0, 5) },
    (o) => ({
      spec: { replicas: 0, minReadySeconds: o.ready, selector: { matchLabels: { app } }, template: templateOf(o) },
    }),
  ),
  template(
    { apiVersion: 'batch/v1', kind: 'Job', resource: 'jobs' },
    {
      ...podOptions,
      parallelism: oneOf(undefined, 1, 2),
      completions: oneOf(undefined, undefined, 1, 2),
      backoff: oneOf(undefined, 6, 0),
      ttl: oneOf(undefined, 1000),
    },
    (o) => ({
      spec: {
        suspend: true,
        parallelism: o.parallelism,
        completions: o.completions,
        backoffLimit: o.backoff,
        ttlSecondsAfterFinished: o.ttl,
        template: templateOf(o, { restartPolicy: 'Never' }),
      },
    }),
  ),
  template(
    { apiVersion: 'batch/v1', kind: 'CronJob', resource: 'cronjobs' },
    {
      ...podOptions,
      schedule: oneOf('0 0 * * *', '@daily', '*/5 * * * *'),
      zone: oneOf(undefined, 'Etc/UTC'),
      policy: oneOf(undefined, 'Allow', 'Forbid'),
      backoff: oneOf(undefined, 6, 0),
    },
    (o) => ({
      spec: {
        suspend: true,
        schedule: o.schedule,
        timeZone: o.zone,
        concurrencyPolicy: o.policy,
        jobTemplate: { spec: { backoffLimit: o.backoff, template: templateOf(o, { restartPolicy: 'OnFailure' }) } },
      },
    }),
  ),
  template({ apiVersion: 'v1', kind: 'PodTemplate', resource: 'podtemplates' }, podOptions, (o) => ({
    template: templateOf(o as Pod),
  })),
  template(
    { apiVersion: 'v1', kind: 'ReplicationController', resource: 'replicationcontrollers', scalable: true },
    podOptions,
    (o) => ({ spec: { replicas: 0, selector: { app }, template: templateOf(o as Pod) } }),
  ),
  template(
    { apiVersion: 'v1', kind: 'Pod', resource: 'pods' },
    { image: oneOf('web:1', 'web:2'), deadline: oneOf(undefined, 1000), cpu: oneOf('1', '1000m') },
    ({ image, deadline, cpu }) => ({
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        activeDeadlineSeconds: deadline,
        containers: [{ name: 'web', image, resources: { limits: { cpu } } }],
      },
    }),
  ),
]
