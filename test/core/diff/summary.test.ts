import { describe, expect, test } from 'vitest'
import { differences } from '../../../src/core/diff/fields.ts'
import { introduce, summarise } from '../../../src/core/diff/summary.ts'
import type { Json, KubeObject } from '../../../src/core/model/object.ts'

const web = { name: 'web', image: 'ghcr.io/acme/web:1.4.2' }

function said(before: Json, after: Json): readonly string[] {
  return summarise(differences(before, after))
}

/** The words for two pod templates of a Deployment. */
function podSaid(before: Json, after: Json): readonly string[] {
  return said({ spec: { template: { spec: before } } }, { spec: { template: { spec: after } } })
}

function containerSaid(before: Json, after: Json): readonly string[] {
  return podSaid(
    { containers: [{ ...web, ...(before as object) }] },
    { containers: [{ ...web, ...(after as object) }] },
  )
}

describe('the words of a change', () => {
  test.each<readonly [string, Json, Json, readonly string[]]>([
    ['an image', {}, { image: 'ghcr.io/acme/web:1.5.0' }, ['web: image 1.4.2 → 1.5.0']],
    ['another registry', {}, { image: 'q.io/web:1.4.2' }, ['web: image ghcr.io/acme/web:1.4.2 → q.io/web:1.4.2']],
    [
      'resources that change',
      { resources: { limits: { cpu: '1' } } },
      { resources: { limits: { cpu: '2' } } },
      ['web: cpu limit 1 → 2'],
    ],
    [
      'resources that were not there',
      {},
      { resources: { requests: { cpu: '100m', memory: '1Gi' } } },
      ['web: cpu request none → 100m', 'web: memory request none → 1Gi'],
    ],
    [
      'variables by name, never by value',
      { env: [{ name: 'A', value: 'hunter2' }] },
      {
        env: [
          { name: 'A', value: 'hunter3' },
          { name: 'B', value: 'x' },
          { name: 'C', value: 'y' },
        ],
      },
      ['web: env A changed', 'web: env B, C added'],
    ],
    ['the first variables', {}, { env: [{ name: 'A', value: 'x' }] }, ['web: env A added']],
    ['a port', {}, { ports: [{ name: 'http', containerPort: 8080 }] }, ['web: port http (8080) added']],
    [
      'the number of a port',
      { ports: [{ name: 'http', containerPort: 80 }] },
      { ports: [{ name: 'http', containerPort: 81 }] },
      ['web: port http 80 → 81'],
    ],
    [
      'a probe',
      {},
      { livenessProbe: { httpGet: { path: '/healthz', port: 80 } } },
      ['web: liveness probe added (GET /healthz)'],
    ],
    [
      'the path of a probe',
      { readinessProbe: { httpGet: { path: '/a' } } },
      { readinessProbe: { httpGet: { path: '/b' } } },
      ['web: readiness probe path /a → /b'],
    ],
    ['arguments', { args: ['--a', '--b'] }, { args: ['--a', '--c'] }, ['web: args --b removed', 'web: args --c added']],
    ['a mount', {}, { volumeMounts: [{ name: 'data', mountPath: '/data' }] }, ['web: mount data added at /data']],
  ])('of a container: %s', (_, before, after, expected) => {
    expect(containerSaid(before, after)).toEqual(expected)
  })

  test('a sidecar says its name and image', () => {
    const sidecar = { name: 'proxy', image: 'envoy:1.30' }
    expect(podSaid({ containers: [web] }, { containers: [web, sidecar] })).toEqual([
      'container proxy added (image envoy:1.30)',
    ])
    expect(podSaid({ containers: [web] }, { containers: [web], initContainers: [sidecar] })).toEqual([
      'init container proxy added (image envoy:1.30)',
    ])
    expect(podSaid({ containers: [web, sidecar] }, { containers: [web] })).toEqual(['container proxy removed'])
  })

  test('a new order is not taken for new values', () => {
    const [a, b] = [web, { name: 'b', image: 'b' }]
    expect(podSaid({ containers: [a, b] }, { containers: [b, a] })).toEqual(['order of containers changed'])
  })

  test.each<readonly [string, Json, Json, readonly string[]]>([
    ['replicas', { spec: { replicas: 2 } }, { spec: { replicas: 0 } }, ['replicas 2 → 0']],
    ['the limits of an autoscaler', { spec: { minReplicas: 1 } }, { spec: { minReplicas: 2 } }, ['min replicas 1 → 2']],
    [
      'a schedule',
      { spec: { schedule: '0 * * * *' } },
      { spec: { schedule: '5 * * * *' } },
      ['schedule 0 * * * * → 5 * * * *'],
    ],
    [
      'the type of a Service',
      { spec: { type: 'ClusterIP' } },
      { spec: { type: 'NodePort' } },
      ['type ClusterIP → NodePort'],
    ],
    [
      'the port of a Service',
      { spec: { ports: [{ name: 'http', port: 80, targetPort: 'web' }] } },
      { spec: { ports: [{ name: 'http', port: 81, targetPort: 8080 }] } },
      ['port http 80 → 81', 'port http target web → 8080'],
    ],
    [
      'a selector',
      { spec: { selector: { matchLabels: { app: 'a' } } } },
      { spec: { selector: { matchLabels: { app: 'b' } } } },
      ['selector app a → b'],
    ],
    [
      'the size of a claim',
      { spec: { resources: { requests: { storage: '1Gi' } } } },
      { spec: { resources: { requests: { storage: '5Gi' } } } },
      ['size 1Gi → 5Gi'],
    ],
    [
      'the claims of a StatefulSet',
      { spec: { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { storageClassName: 'a' } }] } },
      { spec: { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { storageClassName: 'b' } }] } },
      ['volume claim data: storageClassName a → b'],
    ],
    [
      'a volume',
      { spec: { template: { spec: {} } } },
      { spec: { template: { spec: { volumes: [{ name: 'conf', configMap: { name: 'web' } }] } } } },
      ['volume conf added (configMap web)'],
    ],
    [
      'a permission',
      { rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] },
      { rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }] },
      ['permission list secrets added'],
    ],
    [
      'many permissions',
      { rules: [] },
      { rules: [{ apiGroups: ['', 'apps'], resources: ['pods', 'secrets'], verbs: ['get', 'list'] }] },
      ['8 permissions added'],
    ],
    [
      'a permission in a group',
      { rules: [] },
      { rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'], resourceNames: ['web'] }] },
      ['permission * deployments.apps (only web) added'],
    ],
    [
      'the hosts and paths of an Ingress',
      { spec: { rules: [route('old.example')], tls: [{ hosts: ['old.example'] }] } },
      { spec: { rules: [route('new.example')], tls: [{ hosts: ['new.example'] }] } },
      [
        'route old.example/ → web:80 removed',
        'route new.example/ → web:80 added',
        'TLS host old.example removed',
        'TLS host new.example added',
      ].sort(),
    ],
    [
      'a NetworkPolicy',
      { spec: { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 80 }] }] } },
      { spec: { ingress: [{ ports: [{ port: 80 }] }] } },
      ['ingress rule from pods app=web on port 80 removed', 'ingress rule from anywhere on port 80 added'],
    ],
    ['a subject', { subjects: [] }, { subjects: [{ kind: 'User', name: 'eve' }] }, ['subject eve added']],
  ])('of %s', (_, before, after, expected) => {
    const found = said(before, after)
    expect(expected.length > 2 ? [...found].sort() : found).toEqual(expected)
  })

  test('labels with their values, long values without', () => {
    const meta = (labels: Json) => ({ metadata: { labels }, spec: { template: { metadata: { labels } } } })
    expect(said(meta({ v: '1' }), meta({ v: '2' }))).toEqual(['label v 1 → 2', 'pod label v 1 → 2'])
    expect(said({ metadata: {} }, { metadata: { labels: { a: '1', b: '2' } } })).toEqual(['labels a, b added'])
    const long = (text: string) => ({ metadata: { annotations: { 'x.example/sum': text.repeat(64) } } })
    expect(said(long('a'), long('b'))).toEqual(['annotation x.example/sum changed'])
  })

  test('a key of a Secret by its name, without the number of its mask', () => {
    const data = (password: string, more: Json = {}) => ({ data: { password, ...(more as object) } })
    expect(said(data('(sensitive 1)'), data('(sensitive 2)', { token: '(sensitive 3)' }))).toEqual([
      'key password changed',
      'key token added',
    ])
    const path = (value: string) => ({ spec: { apiKey: value } })
    expect(said(path('(sensitive 1)'), path('(sensitive 2)'))).toEqual(['apiKey changed'])
    const flags = (value: string) => ({ args: ['--token', value] })
    expect(containerSaid(flags('(sensitive 1)'), flags('(sensitive 2)'))).toEqual(['web: args changed'])
  })

  test('the schema of a CustomResourceDefinition once, however many of its fields change', () => {
    const version = (description: string) => ({
      spec: { versions: [{ name: 'v1', schema: { a: { description }, b: { description } } }] },
    })
    expect(said(version('x'), version('y'))).toEqual(['version v1: schema changed'])
  })

  test('what matters most comes first', () => {
    const before = { metadata: { labels: { v: '1' } }, spec: { paused: false, replicas: 1 } }
    const after = { metadata: { labels: { v: '2' } }, spec: { paused: true, replicas: 2 } }
    expect(said(before, after)).toEqual(['replicas 1 → 2', 'paused false → true', 'label v 1 → 2'])
  })
})

describe('what a new object is', () => {
  const object = (kind: string, more: object) =>
    ({ apiVersion: 'v1', kind, metadata: { name: 'x' }, ...more }) as unknown as KubeObject

  test.each<readonly [string, object, readonly string[]]>([
    [
      'Deployment',
      { spec: { replicas: 2, template: { spec: { containers: [web] } } } },
      ['image ghcr.io/acme/web:1.4.2', 'replicas 2'],
    ],
    ['Service', { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } }, ['type LoadBalancer', 'ports 80']],
    ['Secret', { data: { a: '(sensitive 1)' } }, ['keys a']],
    ['Role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }, ['permission get pods']],
    ['Ingress', { spec: { rules: [route('shop.example')] } }, ['route shop.example/ → web:80']],
    ['PersistentVolumeClaim', { spec: { resources: { requests: { storage: '1Gi' } } } }, ['size 1Gi']],
    ['HorizontalPodAutoscaler', { spec: { minReplicas: 2, maxReplicas: 5 } }, ['2 to 5 replicas']],
    ['ServiceAccount', {}, []],
  ])('%s', (kind, more, expected) => {
    expect(introduce(object(kind, more))).toEqual(expected)
  })
})

function route(host: string) {
  return { host, http: { paths: [{ path: '/', backend: { service: { name: 'web', port: { number: 80 } } } }] } }
}
