import { describe, expect, it } from 'vitest'
import { problem } from '../../../src/core/model/errors.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'
import type { AppFacts, LeftoverFacts, ObjectFacts } from '../../../src/core/plan/facts.ts'
import { movesOf, withMoves } from '../../../src/core/plan/moves.ts'
import { factsOf, liveOf, objectOf } from './facts.ts'

const service = (name: string, spec: object, meta: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', ...meta },
  spec: { ...spec },
})
const nodePort = (name: string, ...ports: number[]) =>
  service(name, { type: 'NodePort', ports: ports.map((port) => ({ port, nodePort: port })) })
const workload = (kind: string, name: string, pod: object, spec: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'shop' },
  spec: { ...spec, template: { metadata: {}, spec: { containers: [{ name: 'web', image: 'a:1' }], ...pod } } },
})
const onPort = (hostPort: number | undefined, more: object = {}) => ({
  containers: [{ name: 'web', image: 'a:1', ports: [{ containerPort: 80, hostPort, ...more }] }],
})
const mounting = (claimName: string) => ({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] })
const claim = (name: string, ...accessModes: string[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'shop' },
  spec: { accessModes },
})

const leftover = (object: KubeObject, meta: object = {}): LeftoverFacts => {
  return { reference: referenceOf(object), live: liveOf(object, meta) }
}
const inUse = (port: number) =>
  problem(
    'cluster-refused',
    `Service shop/new: spec.ports[0].nodePort: Invalid value: ${port}: provided port is already allocated`,
  )
const refused = (object: KubeObject, ...ports: number[]): ObjectFacts =>
  objectOf(object, undefined, { answer: { by: 'refusal', problems: ports.map(inUse), immutable: false } })
const between = (object: KubeObject | ObjectFacts, old: LeftoverFacts, ...beside: KubeObject[]): AppFacts =>
  factsOf({
    objects: [
      'desired' in object ? (object as ObjectFacts) : objectOf(object as KubeObject, undefined),
      ...beside.map((each) => objectOf(each, liveOf(each))),
    ],
    leftovers: [old],
  })
const firstOf = (facts: AppFacts) => [...movesOf(facts).first.values()]

describe('what the server gives once', () => {
  it.each([
    ['node port 30080', nodePort('new', 30080), nodePort('old', 30079, 30080)],
    [
      // One range, whatever the protocol.
      'node port 31000',
      nodePort('new', 31000),
      service('old', { type: 'LoadBalancer', healthCheckNodePort: 31000, ports: [] }),
    ],
    [
      'cluster address 10.0.0.9',
      service('new', { clusterIP: '10.0.0.9' }),
      service('old', { clusterIPs: ['10.0.0.9'] }),
    ],
  ])('moves from a leftover: %s', (words, now, old) => {
    expect(firstOf(between(now, leftover(old)))).toEqual([`${words} to Service shop/new`])
  })

  it('does not move where nothing is shared', () => {
    const headless = (name: string) => service(name, { clusterIP: 'None', ports: [{ port: 80 }] })
    expect(firstOf(between(headless('new'), leftover(headless('old'))))).toEqual([])
    expect(firstOf(between(nodePort('new', 30081), leftover(nodePort('old', 30080))))).toEqual([])
  })

  it('is not needed by who has it already, or is not sent', () => {
    const now = nodePort('new', 30080)
    const old = leftover(nodePort('old', 30080))
    expect(firstOf(between(objectOf(now, liveOf(now)), old))).toEqual([])
    expect(firstOf(between(objectOf(now, undefined, { touched: false }), old))).toEqual([])
  })

  it('is previewed without the server, which can only refuse', () => {
    const facts = between(refused(nodePort('new', 30080), 30080), leftover(nodePort('old', 30080)))
    expect(withMoves(facts, movesOf(facts)).objects[0]?.answer).toEqual({
      by: 'client',
      reason: 'Service shop/old holds the node port 30080 until it is deleted',
    })
  })

  it('stays refused for a port that somebody else holds', () => {
    const facts = between(refused(nodePort('new', 30080, 30090), 30090), leftover(nodePort('old', 30080)))
    expect(withMoves(facts, movesOf(facts)).objects[0]).toEqual(facts.objects[0])
  })

  it('stays refused, naming the holder, when that one is kept or is not given up', () => {
    const kept = leftover(nodePort('old', 30080), { annotations: { 'drydock.dev/prune': 'disabled' } })
    const facts = between(refused(nodePort('new', 30080), 30080), kept)
    expect(firstOf(facts)).toEqual([])
    expect(withMoves(facts, movesOf(facts)).objects[0]?.answer).toMatchObject({
      problems: [{ hint: expect.stringMatching(/^Service shop\/old holds the node port 30080: it is protected by/) }],
    })
    const swapped = factsOf({
      objects: [
        refused(nodePort('new', 30080), 30080),
        objectOf(nodePort('old', 30081), liveOf(nodePort('old', 30080))),
      ],
    })
    expect(withMoves(swapped, movesOf(swapped)).objects[0]?.answer).toMatchObject({
      problems: [{ hint: expect.stringMatching(/^Service shop\/old holds the node port 30080/) }],
    })
  })
})

describe('a host port', () => {
  const daemon = (name: string, pod: object) => workload('DaemonSet', name, pod)
  const web = (name: string, pod: object, spec: object = {}) => workload('Deployment', name, pod, spec)

  it.each([
    ['of DaemonSets', daemon('new', onPort(9100)), daemon('old', onPort(9100))],
    [
      'of the network of the host',
      daemon('new', { ...onPort(undefined), hostNetwork: true }),
      daemon('old', onPort(80)),
    ],
    ['beside a DaemonSet', web('new', onPort(9100)), daemon('old', onPort(9100))],
    [
      'of one node',
      web('new', { ...onPort(9100), nodeName: 'a' }),
      web('old', { ...onPort(9100), nodeSelector: { 'kubernetes.io/hostname': 'a' } }),
    ],
  ])('moves: %s', (_name, now, old) => {
    expect(firstOf(between(now, leftover(old)))).toHaveLength(1)
    expect(movesOf(between(now, leftover(old))).notes).toEqual([])
  })

  it.each([
    ['of another protocol', daemon('new', onPort(53)), daemon('old', onPort(53, { protocol: 'UDP' }))],
    [
      'of another address',
      daemon('new', onPort(53, { hostIP: '10.0.0.1' })),
      daemon('old', onPort(53, { hostIP: '10.0.0.2' })),
    ],
    [
      'of other nodes',
      daemon('new', { ...onPort(53), nodeSelector: { pool: 'a' } }),
      daemon('old', { ...onPort(53), nodeSelector: { pool: 'b' } }),
    ],
    ['of no pods', daemon('new', onPort(53)), web('old', onPort(53), { replicas: 0 })],
  ])('does not move: %s', (_name, now, old) => {
    const moves = movesOf(between(now, leftover(old)))
    expect([moves.first.size, moves.notes]).toEqual([0, []])
  })

  it('is a remark where it depends on the nodes', () => {
    const moves = movesOf(between(web('new', onPort(9100)), leftover(web('old', onPort(9100)))))
    expect(moves.first.size).toBe(0)
    expect(moves.notes).toEqual([
      expect.stringMatching(/Deployment shop\/new and Deployment shop\/old.*host port 9100/),
    ])
  })
})

it('of a workload that is kept is denied, which is said: nothing else would say it', () => {
  const kept = leftover(workload('Deployment', 'old', mounting('data')), {
    annotations: { 'drydock.dev/prune': 'disabled' },
  })
  const moves = movesOf(between(workload('Deployment', 'new', mounting('data')), kept))
  expect(moves.first.size).toBe(0)
  expect(moves.notes).toEqual([
    expect.stringMatching(/^Deployment shop\/new needs the volume of the claim data, which Deployment shop\/old holds/),
  ])
})

describe('a volume', () => {
  const db = (name: string, more: object = {}) => workload('Deployment', name, { ...mounting('data'), ...more })

  it.each([
    ['ReadWriteOnce', 1],
    ['ReadWriteOncePod', 1],
    ['ReadWriteMany', 0],
    ['ReadOnlyMany', 0],
  ])('of %s', (mode, moved) => {
    expect(firstOf(between(db('new'), leftover(db('old')), claim('data', mode)))).toHaveLength(moved)
  })

  it('counts as ReadWriteOnce where that is not known, and is what the cluster says otherwise', () => {
    const facts = between(db('new'), leftover(db('old')))
    expect(firstOf(facts)).toEqual(['volume of the claim data to Deployment shop/new'])
    expect(firstOf({ ...facts, claims: new Map([['shop/data', claim('data', 'ReadWriteMany')]]) })).toEqual([])
  })

  it('may be mounted twice on one node, but not by two pods if it says so', () => {
    const node = { nodeName: 'a' }
    const facts = (mode: string) => between(db('new', node), leftover(db('old', node)), claim('data', mode))
    expect(firstOf(facts('ReadWriteOnce'))).toEqual([])
    expect(firstOf(facts('ReadWriteOncePod'))).toHaveLength(1)
  })

  it('of a StatefulSet is known by its ordinal', () => {
    const template = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }
    const set = workload('StatefulSet', 'db', {}, { replicas: 2, volumeClaimTemplates: [template] })
    const now = workload('Deployment', 'db', mounting('data-db-1'))
    expect(firstOf(between(now, leftover(set)))).toEqual(['volume of the claim data-db-1 to Deployment shop/db'])
    expect(firstOf(between(workload('Deployment', 'db', mounting('data-db-2')), leftover(set)))).toEqual([])
  })

  it('is free once a Job has ended', () => {
    const job: KubeObject = { ...workload('Job', 'old', mounting('data')), apiVersion: 'batch/v1' }
    expect(firstOf(between(db('new'), leftover(job)))).toHaveLength(1)
    const ended: KubeObject = { ...job, status: { conditions: [{ type: 'Complete', status: 'True' }] } }
    expect(firstOf(between(db('new'), leftover(ended)))).toEqual([])
  })
})
