import { at, isArray, isObject, type Json, type JsonObject, type KubeObject, textAt } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'
import { templatePath } from './pods.ts'

/** On which nodes the pods of a workload run, as far as its template says. */
type Placement = {
  /** A DaemonSet's run on each that fits. */
  readonly everyNode: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly node?: string
}

/** Something that an object holds and of which there is only one. Two can clash only when their keys are equal. */
export type Single = {
  readonly key: string
  /** `node port 30080`. */
  readonly words: string
  /** As the API server quotes it. */
  readonly value: string
  /** Of what pods hold. */
  readonly placement?: Placement
  /** Of a host port: the address; empty for all of them. */
  readonly ip?: string
  /** Of a volume: its name as `namespace/name`, and its access modes where the workload itself says them. */
  readonly claim?: { readonly name: string; readonly modes?: readonly string[] }
}

/**
 * What an object holds: node ports (they and health check ports come out of one range, whatever the protocol) and cluster
 * addresses of a Service, host ports and volumes of a workload's pods. A workload without pods holds nothing, nor does a
 * CronJob, whose pods come and go.
 */
export function singlesOf(object: KubeObject): readonly Single[] {
  if (object.kind === 'Service' && object.apiVersion === 'v1') return singlesOfService(object)
  const path = object.kind === 'Pod' && object.apiVersion === 'v1' ? [] : templatePath(object)
  if (!path || object.kind === 'CronJob' || at(object, 'spec', 'replicas') === 0 || isFinished(object)) return []
  const spec = at(object, ...path, 'spec')
  const placement = placementOf(object, spec)
  return [...hostPortsOf(spec, placement), ...claimsOf(object, spec, placement)]
}

function singlesOfService(service: KubeObject): readonly Single[] {
  const { spec } = service
  const numbers = [...list(at(spec, 'ports')).map((port) => port.nodePort), at(spec, 'healthCheckNodePort')]
  const addresses = at(spec, 'clusterIPs')
  const all = [at(spec, 'clusterIP'), ...(isArray(addresses) ? addresses : [])]
  const ports = numbers.filter((each) => typeof each === 'number' && each !== 0).map(String)
  const ips = all.filter((each) => typeof each === 'string' && each !== '' && each !== 'None').map(String)
  return [
    ...[...new Set(ports)].map((value) => ({ key: `node port ${value}`, words: `node port ${value}`, value })),
    ...[...new Set(ips)].map((value) => ({ key: `address ${value}`, words: `cluster address ${value}`, value })),
  ]
}

function hostPortsOf(spec: Json | undefined, placement: Placement): readonly Single[] {
  const network = at(spec, 'hostNetwork') === true
  const sidecars = list(at(spec, 'initContainers')).filter((each) => each.restartPolicy === 'Always')
  const ports = [...sidecars, ...list(at(spec, 'containers'))].flatMap((container) => list(container.ports))
  return ports.flatMap((port) => {
    const number = port.hostPort ?? (network ? port.containerPort : undefined)
    if (typeof number !== 'number' || number === 0) return []
    const { protocol = 'TCP' } = port
    const ip = typeof port.hostIP === 'string' && !/^(0\.0\.0\.0|::)$/.test(port.hostIP) ? port.hostIP : ''
    const value = String(number)
    return [{ key: `host port ${number}/${protocol}`, words: `host port ${number}`, value, placement, ip }]
  })
}

function claimsOf(workload: KubeObject, spec: Json | undefined, placement: Placement): readonly Single[] {
  const { name, namespace = '' } = workload.metadata
  const single = (claim: string, modes?: readonly string[]): Single => ({
    key: `volume ${namespace}/${claim}`,
    words: `volume of the claim ${claim}`,
    value: claim,
    placement,
    claim: { name: `${namespace}/${claim}`, ...(modes ? { modes } : {}) },
  })
  const mounted = list(at(spec, 'volumes')).flatMap((volume) => {
    const claim = textAt(volume, 'persistentVolumeClaim', 'claimName')
    return claim === undefined ? [] : [single(claim)]
  })
  const replicas = Number(at(workload, 'spec', 'replicas') ?? 1)
  const first = Number(at(workload, 'spec', 'ordinals', 'start') ?? 0)
  const made = list(at(workload, 'spec', 'volumeClaimTemplates')).flatMap((template) => {
    const of = textAt(template, 'metadata', 'name') ?? ''
    const modes = modesOf(template)
    return Array.from({ length: Math.min(replicas, maxOrdinals) }, (_, index) =>
      single(`${of}-${name}-${first + index}`, modes),
    )
  })
  return [...mounted, ...made]
}

/** More volumes of one StatefulSet than this are not told apart. */
const maxOrdinals = 100

/** The access modes of a claim. */
export function modesOf(claim: JsonObject): readonly string[] {
  const modes = at(claim, 'spec', 'accessModes')
  return isArray(modes) ? modes.filter((each) => typeof each === 'string') : []
}

/** May both be there at once? `possible`: it depends on which nodes are free. */
export type Clash = 'certain' | 'possible'

/**
 * Whether one object can't be there beside the other. The API server gives a port or an address once. A node gives a host
 * port once, so that a DaemonSet, or two workloads of one node, leave no room. A volume that one node may mount is out of
 * reach of pods on other nodes, and the scheduler sees to no common node: unless both are bound to the same one, that counts
 * as a clash, as does a volume of one pod (`ReadWriteOncePod`) wherever they run.
 *
 * @param modes access modes of a claim, where they are known; else it counts as `ReadWriteOnce`, as nearly all are
 */
export function clashOf(
  one: Single,
  other: Single,
  modes: (claim: string) => readonly string[] | undefined,
): Clash | undefined {
  if (one.key !== other.key) return undefined
  if (!one.placement || !other.placement) return 'certain'
  const nodes = nodesOf(one.placement, other.placement)
  if (one.claim) {
    const known = one.claim.modes ?? other.claim?.modes ?? modes(one.claim.name) ?? []
    if (known.includes('ReadWriteOncePod')) return 'certain'
    if (known.some((mode) => mode.endsWith('Many'))) return undefined
    return nodes === 'same' ? undefined : 'certain'
  }
  if (one.ip && other.ip && one.ip !== other.ip) return undefined
  if (nodes === 'apart') return undefined
  return nodes === 'same' || one.placement.everyNode || other.placement.everyNode ? 'certain' : 'possible'
}

function nodesOf(one: Placement, other: Placement): 'same' | 'apart' | 'unknown' {
  if (one.node !== undefined && other.node !== undefined) return one.node === other.node ? 'same' : 'apart'
  const differ = Object.entries(one.labels).some(([key, value]) => (other.labels[key] ?? value) !== value)
  return differ ? 'apart' : 'unknown'
}

function placementOf(workload: KubeObject, spec: Json | undefined): Placement {
  const selector = at(spec, 'nodeSelector')
  const labels = Object.entries(isObject(selector) ? selector : {}).map(([key, value]) => [key, String(value)] as const)
  // A Pod's own node is where it happens to run, and so is no wish.
  const node = workload.kind === 'Pod' ? undefined : textAt(spec, 'nodeName')
  const pinned = node ?? labels.find(([key]) => key === 'kubernetes.io/hostname')?.[1]
  const everyNode = workload.kind === 'DaemonSet' && groupOf(workload.apiVersion) === 'apps'
  return { everyNode, labels: Object.fromEntries(labels), ...(pinned ? { node: pinned } : {}) }
}

function isFinished(object: KubeObject): boolean {
  const ended = list(at(object, 'status', 'conditions')).some(
    (each) => ['Complete', 'Failed'].includes(String(each.type)) && each.status === 'True',
  )
  return (object.kind === 'Job' && ended) || ['Succeeded', 'Failed'].includes(textAt(object, 'status', 'phase') ?? '')
}

function list(value: Json | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : []
}
