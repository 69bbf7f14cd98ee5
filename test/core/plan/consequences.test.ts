import { describe, expect, it } from 'vitest'
import type { KindInfo } from '../../../src/core/model/kinds.ts'
import type { JsonObject, KubeObject } from '../../../src/core/model/object.ts'
import {
  addressOf,
  contentsOf,
  countedKinds,
  countKind,
  definedKind,
  instancesOf,
  lasting,
  namesOf,
  storageOfVolume,
  volumeOfClaim,
  volumesOf,
} from '../../../src/core/plan/consequences.ts'

const volume = (spec: JsonObject, more: JsonObject = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'pvc-1234' },
  spec: { capacity: { storage: '10Gi' }, ...spec },
  ...more,
})

describe('what goes with a deletion, in words', () => {
  it('says by the reclaim policy whether data goes', () => {
    expect(volumeOfClaim(volume({ persistentVolumeReclaimPolicy: 'Delete' }))).toBe(
      'the volume pvc-1234 (10Gi) and its data: its reclaim policy is Delete',
    )
    expect(volumeOfClaim(volume({ persistentVolumeReclaimPolicy: 'Retain' }), 'data')).toBe(
      'the volume pvc-1234 (10Gi) of data stays: its reclaim policy is Retain',
    )
    expect(volumeOfClaim(volume({ persistentVolumeReclaimPolicy: 'Recycle' }))).toContain('and its data')
  })

  it('says of a volume itself that its claim holds it', () => {
    const claimRef = { namespace: 'shop', name: 'data' }
    const bound = volume({ persistentVolumeReclaimPolicy: 'Delete', claimRef }, { status: { phase: 'Bound' } })
    expect(storageOfVolume(bound)).toEqual([
      'the storage behind it (10Gi) and its data: its reclaim policy is Delete',
      'it is held until the claim shop/data that it is bound to is gone',
    ])
    expect(storageOfVolume(volume({ persistentVolumeReclaimPolicy: 'Retain' }))).toEqual([
      'the storage behind it (10Gi) stays: its reclaim policy is Retain',
    ])
  })

  it('names five of many volumes and counts the rest', () => {
    const lost = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    expect(volumesOf(lost, 1)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
      expect.stringMatching(/^2 more volumes and their data \(list [0-9a-f]{12}\)$/),
      '1 volume stays: its reclaim policy is Retain',
    ])
    expect(volumesOf([], 0)).toEqual([])
    // Two other volumes are not the ones that somebody has seen.
    expect(volumesOf([...lost.slice(0, 5), 'g', 'f2'], 1)).not.toEqual(volumesOf(lost, 1))
  })

  it.each([
    ['Widget', 3, '3 Widgets'],
    ['Widget', 1, '1 Widget'],
    ['Ingress', 2, '2 Ingresses'],
    ['NetworkPolicy', 2, '2 NetworkPolicies'],
    ['Gateway', 2, '2 Gateways'],
  ])('counts %s ×%d', (kind, count, words) => {
    expect(countKind({ kind, count })).toBe(words)
  })

  it('counts the objects of a kind, also none', () => {
    expect(instancesOf('Widget', 3)).toBe('3 Widgets in this cluster')
    expect(instancesOf('Widget', 0)).toBe('no Widget exists')
  })

  it('asks for a kind by the version that is stored, or by another that is served', () => {
    const definition = (versions: readonly JsonObject[]): KubeObject => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.acme.dev' },
      spec: { group: 'acme.dev', names: { kind: 'Widget' }, versions },
    })
    const v1 = { name: 'v1', served: true, storage: false }
    expect(definedKind(definition([v1, { name: 'v2', served: true, storage: true }]))).toEqual({
      apiVersion: 'acme.dev/v2',
      kind: 'Widget',
    })
    expect(definedKind(definition([v1, { name: 'v2', served: false, storage: true }]))?.apiVersion).toBe('acme.dev/v1')
    expect(definedKind(definition([{ name: 'v2', served: false, storage: true }]))).toBeUndefined()
  })

  it('names the six largest kinds of a namespace', () => {
    const counts = [
      ...['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'].map((kind, index) => ({ kind, count: index + 1 })),
      { kind: 'None', count: 0 },
    ]
    expect(contentsOf(counts)).toBe('8 Hs, 7 Gs, 6 Fs, 5 Es, 4 Ds, 3 Cs and 2 more kinds')
    expect(contentsOf(counts.slice(0, 2))).toBe('2 Bs and 1 A')
    expect(contentsOf([{ kind: 'None', count: 0 }])).toBe('nothing is in it')
  })

  it('tells apart what comes and goes by itself', () => {
    const counts = [
      { kind: 'Secret', count: 2 },
      { kind: 'Pod', count: 14 },
      { kind: 'Job', count: 1 },
    ]
    expect(contentsOf(counts)).toBe('2 Secrets, and at the moment 14 Pods and 1 Job')
    expect(lasting([contentsOf(counts), 'the volume x'])).toEqual(['2 Secrets', 'the volume x'])
    expect(contentsOf(counts.slice(1, 2))).toBe('nothing that lasts, and at the moment 14 Pods')
    expect(lasting([contentsOf(counts.slice(1))])).toEqual([contentsOf([])])
  })

  it('counts each resource of a namespace once, and nothing that the cluster makes by itself', () => {
    const info = (apiVersion: string, kind: string, more: Partial<KindInfo> = {}): KindInfo => ({
      apiVersion,
      kind,
      resource: `${kind.toLowerCase()}s`,
      namespaced: true,
      verbs: ['get', 'list'],
      ...more,
    })
    const kept = [
      info('v1', 'Secret'),
      info('autoscaling/v2', 'HorizontalPodAutoscaler'),
      info('acme.dev/v1', 'Secret'),
    ]
    const counted = countedKinds([
      ...kept,
      info('autoscaling/v1', 'HorizontalPodAutoscaler'),
      info('v1', 'Node', { namespaced: false }),
      info('v1', 'Binding', { verbs: ['get'] }),
      info('v1', 'Event'),
      info('events.k8s.io/v1', 'Event'),
      info('coordination.k8s.io/v1', 'Lease'),
      info('metrics.k8s.io/v1beta1', 'PodMetrics'),
    ])
    expect(counted).toEqual(kept)
  })

  it('says which address is released', () => {
    const service = (type: string, ingress: readonly JsonObject[]): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { type },
      status: { loadBalancer: { ingress } },
    })
    expect(addressOf(service('LoadBalancer', [{ ip: '1.2.3.4' }, { hostname: 'a.example' }]))).toEqual([
      'its address 1.2.3.4 and a.example is released',
    ])
    expect(addressOf(service('LoadBalancer', []))).toEqual(['its load balancer is taken away'])
    expect(addressOf(service('ClusterIP', []))).toEqual([])
  })

  it('shortens long lists of names', () => {
    expect(namesOf(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe('a, b, c, d, e and 2 more')
  })
})
