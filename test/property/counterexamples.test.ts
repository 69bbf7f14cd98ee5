import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kubeconfig, randomName, skipped } from '../adapters/kubernetes/control-plane.ts'
import { type Ground, prepareGround } from './ground.ts'
import { templates } from './kinds/all.ts'
import { group } from './kinds/custom.ts'
import type { Mutation } from './mutations.ts'
import { runCase } from './run-case.ts'
import type { Body, Subject } from './template.ts'

/** One object: what Git says before and after, and what somebody else wants. */
type Example = {
  readonly kind: string
  /** Absent: only head has it. */
  readonly base?: Body
  /** Absent: as base. */
  readonly head?: Body
  readonly other?: Body
  readonly adopted?: boolean
}

const hooked = { 'example.com/hooked': 'yes' }
const someMap = { a: { z: [1, 2] }, b: {} }
const pod = (container: Body, more: Body = {}) => ({
  containers: [{ name: 'web', image: 'web:1', ...container }],
  nodeSelector: { nowhere: 'yes' },
  ...more,
})
const deployment = (container: Body): Body => ({
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'app-RUN' } },
    template: { metadata: { labels: { app: 'app-RUN' } }, spec: pod(container) },
  },
})
const job = (container: Body, metadata: Body = {}): Body => ({
  metadata,
  spec: { suspend: true, template: { spec: pod(container, { restartPolicy: 'Never' }) } },
})

/** What the property test found, each as small as it gets: the plan said something that the sync did not do. */
describe.skipIf(!kubeconfig)(`what a plan once said wrongly${skipped}`, { timeout: 60_000 }, () => {
  let ground: Ground
  beforeAll(async () => {
    ground = await prepareGround(1)
  })
  afterAll(() => ground?.close())

  const holds = async (
    example: Example,
    mutations: readonly Partial<Mutation>[] = [],
    more: { readonly heal?: boolean; readonly beside?: readonly Example[] } = {},
  ) => {
    const subjects = [example, ...(more.beside ?? [])].map((each): Subject => {
      const { kind, base = {}, head = base, other = base, adopted = false } = each
      const template = templates.findIndex((found) => found.kind === kind)
      return { template, presence: each.base ? 'both' : 'head', adopted, base, head, other }
    })
    const meanwhile = mutations.map(
      (each): Mutation => ({ target: 0, how: 'apply', manager: 'kubectl-edit', pick: 0, ...each }),
    )
    const heals = more.heal === undefined ? [true, false] : [more.heal]
    const [lane] = ground.lanes
    if (!lane) throw new Error('no lane')
    for (const heal of heals) {
      const one = { subjects, mutations: meanwhile, heal, kubectl: false, ignore: false, managers: false }
      expect(await runCase(one, lane, randomName('c').slice(0, 8))).toMatch(/judged|refused/)
    }
  }

  it('takes defaults, quantities and empty values of a replacement from the server', () =>
    holds({
      kind: 'Job',
      base: job({
        env: [{ name: 'A', value: '1' }],
        imagePullPolicy: 'Always',
        resources: { requests: { cpu: '1', memory: '128Mi' } },
      }),
      head: job({
        env: [{ name: 'B', value: '' }],
        args: [],
        ports: [{ containerPort: 80 }],
        resources: { requests: { cpu: '1000m', memory: '0.125Gi' } },
      }),
    }))

  it('knows what a webhook adds to a replacement', () =>
    holds({
      kind: 'ConfigMap',
      base: { immutable: true, data: { a: '1' } },
      head: { metadata: { labels: hooked }, immutable: true, data: { a: '2' } },
    }))

  it('knows that a replacement has nothing of what others set', () =>
    holds(
      {
        kind: 'ConfigMap',
        base: { immutable: true, data: { a: '1' } },
        head: { immutable: true, data: { a: '2' } },
        other: {
          immutable: true,
          data: { a: '1' },
          metadata: { annotations: { note: 'mine' }, labels: { tier: 'mine' } },
        },
      },
      [{ how: 'edit', manager: 'some-controller' }],
    ))

  it('says all that changes when a service becomes headless', () =>
    holds({
      kind: 'Service',
      base: { spec: { type: 'NodePort', ports: [{ port: 80 }] } },
      head: { spec: { clusterIP: 'None', ports: [{ port: 80 }] } },
    }))

  it.each<[string, Body]>([
    ['Secret', { immutable: true, data: {} }],
    ['Secret', { immutable: true, stringData: {} }],
    ['ConfigMap', { immutable: true, binaryData: {} }],
    ['StorageClass', { provisioner: 'example.com/none', parameters: {} }],
  ])('does not replace a %s whose immutable map is empty: %j', (kind, base) => holds({ kind, base }))

  it('needs one sync for a keyed list that is emptied', () =>
    holds({ kind: 'Widget', base: { spec: { parts: [{ id: 'a' }, { id: 'c' }] } }, head: { spec: { parts: [] } } }))

  it('needs one sync for an object that is emptied', () =>
    holds({
      kind: 'Deployment',
      base: deployment({ securityContext: { runAsNonRoot: true } }),
      head: deployment({ securityContext: {} }),
    }))

  it('does not send an empty map again that the server never keeps', () =>
    holds({
      kind: 'ConfigMap',
      base: { data: { a: '1' }, binaryData: {} },
      head: { data: { a: '1' }, binaryData: {}, immutable: true },
    }))

  it.each([undefined, true])(
    'knows that the server refuses to empty a map that it keeps whole (adopted: %s)',
    (adopted) =>
      holds(
        {
          kind: 'Widget',
          base: { spec: { free: someMap, size: 'large' } },
          head: { spec: { free: {}, size: 'large' } },
          other: { spec: { free: someMap, tags: ['x'] } },
          ...(adopted ? { adopted } : {}),
        },
        [{ how: 'apply' }],
      ),
  )

  it('sees no new order in a list that only got shorter', () =>
    holds(
      {
        kind: 'Widget',
        base: { spec: { named: [{ name: 'three', value: 'one' }, { name: 'one' }] } },
        head: { spec: { named: [{ name: 'one' }] } },
        other: { spec: { named: [{ name: 'three', value: 'one' }, { name: 'one' }], tags: ['x'] } },
        adopted: true,
      },
      [{ how: 'apply', manager: 'kubectl-client-side-apply' }],
    ))

  it('sees no new order in a list of an adopted object', () =>
    holds({
      kind: 'Gadget',
      head: { spec: { parts: [{ name: 'three' }] } },
      other: { spec: { parts: [{ name: 'two' }, { name: 'three' }, { name: 'one' }] } },
      adopted: true,
    }))

  it('does not take an empty text for a secret', () =>
    holds({ kind: 'ConfigMap', base: { data: { a: '', b: '' } }, head: { data: { b: '1' } } }, [], {
      beside: [{ kind: 'Secret', base: { data: { a: '' } }, head: { data: { a: '', b: 'AA==' } } }],
    }))

  it('takes away what kubectl added under another version of the kind', () =>
    holds(
      {
        kind: 'Gadget',
        base: { apiVersion: `${group}/v1`, spec: { color: 'one' } },
        head: { spec: { color: 'one' } },
        other: { apiVersion: `${group}/v1`, spec: { color: 'one', count: 7 } },
      },
      [
        { how: 'put', manager: 'kubectl-edit' },
        { how: 'unlabel', manager: 'some-controller' },
      ],
    ))

  it('tells ports apart by number and protocol', () =>
    holds(
      {
        kind: 'Deployment',
        base: deployment({ ports: [{ containerPort: 80, protocol: 'UDP' }, { containerPort: 80 }] }),
        head: {
          ...deployment({ ports: [{ containerPort: 80, protocol: 'UDP' }, { containerPort: 80 }] }),
          metadata: { labels: { tier: 'one' } },
        },
        other: deployment({ ports: [{ containerPort: 80, protocol: 'UDP' }, { containerPort: 80 }], args: ['-x'] }),
      },
      [{ how: 'apply', manager: 'kubectl-client-side-apply' }],
    ))

  it('takes a port of another number for another port, whatever its name', () =>
    holds({
      kind: 'Deployment',
      head: deployment({ ports: [{ containerPort: 80 }] }),
      other: deployment({ ports: [{ name: 'http', containerPort: 8080 }] }),
      adopted: true,
    }))

  it('says once what happens to a field that a webhook overrules and somebody else holds', () =>
    holds(
      {
        kind: 'Blob',
        base: { metadata: { annotations: { note: 'one' } }, spec: {} },
        head: { metadata: { annotations: { note: 'one' }, labels: hooked }, spec: { b: 1 } },
        other: { metadata: { annotations: { note: 'one' } }, spec: { name: 2 } },
      },
      [
        { how: 'apply', manager: 'kubectl-edit' },
        { how: 'unlabel', manager: 'kubectl-client-side-apply', pick: 1 },
      ],
    ))

  it('leaves what a controller holds beside kubectl', () =>
    holds(
      {
        kind: 'Deployment',
        base: deployment({}),
        other: deployment({ name: 'side', args: ['-x'] }),
      },
      [
        { how: 'apply', manager: 'kubectl-client-side-apply' },
        { how: 'apply', manager: 'some-controller' },
      ],
    ))

  it('leaves the order of items that stay', () =>
    holds(
      {
        kind: 'Deployment',
        base: { ...deployment({ env: [{ name: 'A', value: '1' }, { name: 'B' }] }), metadata: { labels: hooked } },
        head: deployment({ env: [{ name: 'A', value: '1' }, { name: 'B' }] }),
        other: { ...deployment({ env: [{ name: 'A', value: '1' }, { name: 'B' }] }), metadata: { labels: hooked } },
      },
      [
        { how: 'apply', manager: 'kubectl-patch' },
        { how: 'unlabel', manager: 'some-controller' },
      ],
    ))

  it('takes a list without keys as a whole, also where nobody is written down as its owner', () => {
    const scaled = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' }, maxReplicas: 3 }
    const resource = (name: string, target: Body) => [{ type: 'Resource', resource: { name, target } }]
    return holds(
      {
        kind: 'HorizontalPodAutoscaler',
        base: { spec: { ...scaled, metrics: resource('cpu', { type: 'Utilization', averageUtilization: 80 }) } },
        other: {
          spec: {
            ...scaled,
            metrics: resource('memory', { type: 'AverageValue', averageValue: '1Gi' }),
            behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] } },
          },
        },
      },
      [
        { how: 'apply-part', manager: 'some-controller' },
        { how: 'strip', manager: 'before-first-apply' },
      ],
    )
  })

  it('leaves a field that the commit takes out to a controller that holds it too', () =>
    holds(
      {
        kind: 'Gadget',
        base: { spec: { color: 'one', parts: [{ name: 'a' }] } },
        head: { spec: { color: 'one' } },
        other: { spec: { parts: [{ name: 'a' }] } },
      },
      [
        { how: 'apply', manager: 'some-controller' },
        { how: 'apply-part', manager: 'before-first-apply' },
      ],
    ))

  it('takes items of kubectl away as a whole', () =>
    holds({
      kind: 'Deployment',
      head: deployment({ ports: [{ name: 'http', containerPort: 8080 }], args: ['-x'] }),
      other: deployment({ ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] }),
      adopted: true,
    }))

  it('leaves an empty list that somebody made: an apply does not take it away', () =>
    holds({
      kind: 'Widget',
      head: { spec: { size: 'large' } },
      other: { spec: { size: 'large', parts: [], ports: [] } },
      adopted: true,
    }))

  it('takes an empty list without keys away', () =>
    holds({ kind: 'Blob', head: { spec: { a: 1 } }, other: { spec: { a: 1, items: [] } }, adopted: true }))

  it('empties a map that others hold too, in one sync', () =>
    holds(
      {
        kind: 'Blob',
        base: { spec: { items: [{ name: 'a' }] } },
        head: { spec: {} },
        other: { spec: { items: [{ name: 'b' }] } },
      },
      [
        { how: 'apply', manager: 'before-first-apply' },
        { how: 'strategic', manager: 'kubectl-patch' },
      ],
    ))

  it('takes a probe out with its defaults, also where nobody is written down as its owner', () => {
    const probe = { httpGet: { path: '/', port: 80 } }
    return holds(
      {
        kind: 'Deployment',
        base: deployment({ readinessProbe: probe }),
        head: deployment({ imagePullPolicy: 'Always' }),
      },
      [{ how: 'strip', manager: 'before-first-apply' }],
    )
  })

  it('takes defaults away with what kubectl added', () => {
    const scaled = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' }, maxReplicas: 3 }
    const behavior = { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] } }
    return holds(
      { kind: 'HorizontalPodAutoscaler', base: { spec: scaled }, other: { spec: { ...scaled, behavior } } },
      [{ how: 'edit', manager: 'kubectl-client-side-apply' }],
    )
  })

  it('takes an item of a list with two keys out, also where nobody is written down as its owner', () => {
    const spread = (whenUnsatisfiable: string): Body => ({
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'app-RUN' } },
        template: {
          metadata: { labels: { app: 'app-RUN' } },
          spec: pod({}, { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable }] }),
        },
      },
    })
    return holds({ kind: 'ReplicaSet', base: spread('DoNotSchedule'), head: spread('ScheduleAnyway') }, [
      { how: 'strip', manager: 'kubectl-edit' },
    ])
  })

  it('takes an empty object out, also where nobody is written down as its owner', () =>
    holds(
      {
        kind: 'Deployment',
        base: deployment({ securityContext: {} }),
        head: deployment({ imagePullPolicy: 'Always' }),
      },
      [{ how: 'strip', manager: 'before-first-apply' }],
    ))

  it('says all that goes when an adopted object is healed', () =>
    holds(
      {
        kind: 'StatefulSet',
        base: { spec: { serviceName: 'web', ...(deployment({ name: 'side' }).spec as Body) } },
        head: { spec: { serviceName: 'web', ...(deployment({ name: 'log' }).spec as Body) } },
        other: {
          spec: {
            serviceName: 'web',
            ...(deployment({ name: 'side', ports: [{ name: 'metrics', containerPort: 9090 }], args: ['-x'] })
              .spec as Body),
          },
        },
        adopted: true,
      },
      [{ how: 'apply-part', manager: 'kubectl-patch' }],
    ))

  it('does not list as drift what the commit itself changes', () =>
    holds(
      {
        kind: 'Deployment',
        base: deployment({ ports: [{ containerPort: 9090 }, { containerPort: 8080 }] }),
        head: deployment({ ports: [{ containerPort: 80 }, { containerPort: 9090 }, { containerPort: 8080 }] }),
        other: deployment({ ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] }),
      },
      [
        { how: 'strip', manager: 'before-first-apply' },
        { how: 'apply', manager: 'some-controller' },
      ],
    ))
})
