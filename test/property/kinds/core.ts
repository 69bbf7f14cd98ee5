import fc from 'fast-check'
import { maybe, oneOf, some, type Template, template } from '../template.ts'

const words = oneOf('1', 'two', 'a longer text', 'line one\nline two\n', '')
const base64 = (text: string) => Buffer.from(text).toString('base64')
const secretWords = oneOf('swordfish', 'hunter2', 'ünïcode', '')

export const core: readonly Template[] = [
  template(
    { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps' },
    {
      data: maybe(fc.dictionary(oneOf('a', 'b.txt', 'c_d', 'e-f'), words, { maxKeys: 3 })),
      binary: maybe(fc.dictionary(oneOf('x', 'y'), oneOf('AAEC', 'AwQF', ''), { maxKeys: 2 })),
      immutable: oneOf(undefined, undefined, undefined, undefined, true, false),
    },
    ({ data, binary, immutable }) => ({ data, binaryData: binary, immutable }),
  ),
  template(
    { apiVersion: 'v1', kind: 'Secret', resource: 'secrets' },
    {
      data: maybe(fc.dictionary(oneOf('a', 'b', 'c'), secretWords, { maxKeys: 3 })),
      stringData: maybe(fc.dictionary(oneOf('a', 'b', 'd'), secretWords, { maxKeys: 2 })),
      type: oneOf(undefined, undefined, undefined, 'Opaque', 'example.com/other'),
      immutable: oneOf(undefined, undefined, undefined, undefined, undefined, true, false),
    },
    ({ data, ...rest }) => ({
      ...rest,
      data: data && Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value as string)])),
    }),
  ),
  template(
    { apiVersion: 'v1', kind: 'Service', resource: 'services' },
    {
      type: oneOf(undefined, 'ClusterIP', 'NodePort', 'None', 'ExternalName'),
      ports: some(
        [
          { name: 'http', port: 80 },
          { name: 'https', port: 443, targetPort: 'tls' },
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 5353 },
          { name: 'web', port: 80, protocol: 'UDP', appProtocol: 'example.com/x' },
        ],
        1,
        3,
      ),
      selector: maybe(fc.dictionary(oneOf('app', 'tier'), oneOf('web', 'db'), { maxKeys: 2 })),
      affinity: oneOf(undefined, undefined, 'None', 'ClientIP'),
      external: maybe(some(['192.0.2.1', '192.0.2.2', '192.0.2.3'], 0, 2)),
      notReady: oneOf(undefined, undefined, true, false),
    },
    ({ type, ports, selector, affinity, external, notReady }) => ({
      spec:
        type === 'ExternalName'
          ? { type, externalName: 'example.com', selector, publishNotReadyAddresses: notReady }
          : {
              ...(type === 'None' ? { clusterIP: 'None' } : { type, externalIPs: external }),
              ports,
              selector,
              sessionAffinity: affinity,
              publishNotReadyAddresses: notReady,
            },
    }),
  ),
  template(
    { apiVersion: 'v1', kind: 'ServiceAccount', resource: 'serviceaccounts' },
    {
      automount: oneOf(undefined, true, false),
      pull: maybe(some([{ name: 'one' }, { name: 'two' }, { name: 'three' }])),
      secrets: maybe(some([{ name: 'one' }, { name: 'two' }])),
    },
    ({ automount, pull, secrets }) => ({ automountServiceAccountToken: automount, imagePullSecrets: pull, secrets }),
  ),
  template(
    { apiVersion: 'v1', kind: 'ResourceQuota', resource: 'resourcequotas' },
    {
      hard: maybe(
        fc.dictionary(
          oneOf('limits.ephemeral-storage', 'count/widgets.example.com', 'requests.nvidia.com/gpu'),
          oneOf('1000', '1k', '1e3', '1M', '1000000', '4000m', '4.0'),
          { maxKeys: 3 },
        ),
      ),
    },
    ({ hard }) => ({ spec: { hard } }),
  ),
  template(
    { apiVersion: 'v1', kind: 'LimitRange', resource: 'limitranges' },
    {
      limits: some(
        [
          { type: 'Container', default: { cpu: '1000m' }, defaultRequest: { cpu: '0.5' } },
          { type: 'openshift.io/Image', max: { storage: '1024Mi', memory: '2.0' } },
          { type: 'PersistentVolumeClaim', max: { storage: '1024Gi' } },
        ],
        1,
      ),
    },
    ({ limits }) => ({ spec: { limits } }),
  ),
  template(
    { apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces', cluster: true },
    { finalizers: oneOf(undefined) },
    () => ({}),
  ),
]
