import fc from 'fast-check'
import { maybe, oneOf, some, type Template, template } from '../template.ts'

const backend = oneOf(
  { service: { name: 'web', port: { number: 80 } } },
  { service: { name: 'web', port: { name: 'http' } } },
  { service: { name: 'api', port: { number: 8080 } } },
)
const path = fc
  .record({ path: oneOf('/', '/api', '/web'), pathType: oneOf('Prefix', 'Exact'), backend })
  .map((each) => each)
const rule = fc.record({
  host: oneOf(undefined, 'a.example.com', 'b.example.com'),
  paths: fc.array(path, { minLength: 1, maxLength: 2 }),
})

const peer = oneOf(
  { podSelector: {} },
  { podSelector: { matchLabels: { app: 'web' } } },
  { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['a', 'b'] }] } },
  { ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.1/32'] } },
)
const peerRule = (side: string) =>
  fc
    .record({
      peers: maybe(fc.array(peer, { maxLength: 2 })),
      ports: maybe(some([{ port: 80 }, { port: 'http', protocol: 'TCP' }, { protocol: 'UDP' }])),
    })
    .map(({ peers, ports }) => ({ [side]: peers, ports }))

export const network: readonly Template[] = [
  template(
    { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', resource: 'ingresses' },
    {
      className: oneOf(undefined, 'nginx'),
      rules: maybe(fc.array(rule, { maxLength: 2 })),
      tls: maybe(some([{ hosts: ['a.example.com'], secretName: 'a' }, { hosts: ['b.example.com', 'c.example.com'] }])),
      backend,
    },
    ({ className, rules, tls, backend }) => ({
      spec: {
        ingressClassName: className,
        defaultBackend: backend,
        rules: rules?.map(({ host, paths }) => ({ host, http: { paths } })),
        tls,
      },
    }),
  ),
  template(
    { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', resource: 'ingressclasses', cluster: true },
    {
      controller: oneOf('example.com/one', 'example.com/one', 'example.com/one', 'example.com/two'),
      parameters: maybe(oneOf({ apiGroup: 'example.com', kind: 'X', name: 'a' }, { kind: 'Y', name: 'b' })),
    },
    (spec) => ({ spec }),
  ),
  template(
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', resource: 'networkpolicies' },
    {
      ingress: maybe(fc.array(peerRule('from'), { maxLength: 2 })),
      egress: maybe(fc.array(peerRule('to'), { maxLength: 2 })),
      types: maybe(some(['Ingress', 'Egress'], 1)),
    },
    ({ ingress, egress, types }) => ({ spec: { podSelector: {}, ingress, egress, policyTypes: types } }),
  ),
  template(
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', resource: 'endpointslices' },
    {
      endpoints: fc.array(
        fc.record({
          addresses: some(['192.0.2.1', '192.0.2.2'], 1),
          conditions: maybe(oneOf({}, { ready: true }, { ready: false, serving: true })),
          zone: oneOf(undefined, 'a'),
        }),
        { maxLength: 2 },
      ),
      ports: maybe(
        some([
          { name: 'http', port: 80 },
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: '', port: 1 },
        ]),
      ),
    },
    (rest) => ({ addressType: 'IPv4', ...rest }),
  ),
]
