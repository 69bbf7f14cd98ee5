import { createHash } from 'node:crypto'
import type { KindInfo } from '../model/kinds.ts'
import { at, isArray, type KubeObject, textAt } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'

/** How many objects of one kind there are. */
export type KindCount = { readonly kind: string; readonly count: number }

/** Kinds of one namespace that are named; the rest are counted. */
const maxKinds = 6

/** Volumes or names of one sentence that are named; the rest are counted. */
const maxNames = 5

/** `3 Widgets`, `1 NetworkPolicy`, `2 Ingresses`. */
export function countKind({ kind, count }: KindCount): string {
  return `${count} ${count === 1 ? kind : pluralOf(kind)}`
}

/** The plural of a kind's name, as English has it. */
export function pluralOf(kind: string): string {
  if (/(?:s|x|z|ch|sh)$/.test(kind)) return `${kind}es`
  return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`
}

/** What becomes of a volume when the claim that it is bound to goes, by its reclaim policy. */
export function volumeOfClaim(volume: KubeObject, claim?: string): string {
  const name = `the volume ${volume.metadata.name}${sizeOf(volume)}${claim ? ` of ${claim}` : ''}`
  const policy = reclaimPolicy(volume)
  if (policy === 'Retain') return `${name} stays: its reclaim policy is Retain`
  return `${name} and its data: its reclaim policy is ${policy}`
}

/** What becomes of the storage behind a volume that is deleted itself (KEP-2644: its reclaim policy is honoured). */
export function storageOfVolume(volume: KubeObject): readonly string[] {
  const policy = reclaimPolicy(volume)
  const [namespace, name] = ['namespace', 'name'].map((key) => textAt(volume, 'spec', 'claimRef', key))
  const bound = name !== undefined && textAt(volume, 'status', 'phase') === 'Bound'
  return [
    policy === 'Retain'
      ? `the storage behind it${sizeOf(volume)} stays: its reclaim policy is Retain`
      : `the storage behind it${sizeOf(volume)} and its data: its reclaim policy is ${policy}`,
    ...(bound ? [`it is held until the claim ${namespace}/${name} that it is bound to is gone`] : []),
  ]
}

/** How many objects go with the definition of their kind. */
export function instancesOf(kind: string, count: number): string {
  return count === 0 ? `no ${kind} exists` : `${countKind({ kind, count })} in this cluster`
}

/** The kind that a CustomResourceDefinition defines, by the version in which it is stored if that is served. */
export function definedKind(
  definition: KubeObject,
): { readonly apiVersion: string; readonly kind: string } | undefined {
  const group = textAt(definition, 'spec', 'group')
  const kind = textAt(definition, 'spec', 'names', 'kind')
  const versions = at(definition, 'spec', 'versions')
  if (!group || !kind || !isArray(versions)) return undefined
  const served = versions.filter((version) => at(version, 'served') === true)
  const version = textAt(served.find((each) => at(each, 'storage') === true) ?? served[0], 'name')
  return version ? { apiVersion: `${group}/${version}`, kind } : undefined
}

/** What the cluster makes by itself and nobody would miss, or what is only a view of something else. */
const passedOver = new Set(['Event', 'Endpoints', 'EndpointSlice', 'Lease', 'ControllerRevision'])

/** The kinds that are counted in a namespace: each group's resource once, without what the cluster makes by itself. */
export function countedKinds(kinds: readonly KindInfo[]): readonly KindInfo[] {
  const counted = kinds.filter(
    (info) =>
      info.namespaced &&
      info.verbs.includes('list') &&
      !passedOver.has(info.kind) &&
      groupOf(info.apiVersion) !== 'metrics.k8s.io',
  )
  // The first version of a group is the one that it prefers.
  const first = new Map(counted.toReversed().map((info) => [`${groupOf(info.apiVersion)} ${info.resource}`, info]))
  return counted.filter((info) => first.get(`${groupOf(info.apiVersion)} ${info.resource}`) === info)
}

/** Kinds that come and go by themselves: with each run of a CronJob, with each rollout. */
const passing = new Set(['Pod', 'Job', 'ReplicaSet'])

/** Before the counts of such kinds. */
const passingNow = ', and at the moment '
const onlyPassing = 'nothing that lasts'
const empty = 'nothing is in it'

/** What is in a namespace: the largest kinds with their numbers, then those that come and go. */
export function contentsOf(counts: readonly KindCount[]): string {
  const present = counts
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count || one.kind.localeCompare(other.kind, 'en'))
  const [going, lasting] = [true, false].map((each) => present.filter(({ kind }) => passing.has(kind) === each))
  const now = going?.length ? `${passingNow}${sentenceOf(going.map(countKind), undefined)}` : ''
  if (!lasting?.length) return now === '' ? empty : `${onlyPassing}${now}`
  const rest = lasting.length - maxKinds
  const named = lasting.slice(0, maxKinds).map(countKind)
  return `${sentenceOf(named, rest > 0 ? `${rest} more ${rest === 1 ? 'kind' : 'kinds'}` : undefined)}${now}`
}

/** Consequences without what changes by itself between two plans: what somebody accepts. */
export function lasting(consequences: readonly string[]): readonly string[] {
  return consequences.map((each) => (each.split(passingNow)[0] ?? each).replace(onlyPassing, empty))
}

/** What of a namespace nobody could count. */
export function uncounted(kinds: readonly string[], why: string): string {
  return `whether it holds ${namesOf(kinds)} is unknown: ${why}`
}

/**
 * What becomes of the volumes of many claims; `lost` are the words of those that go. Those that are only counted have a
 * digest: who accepts that they go accepts these, not as many others.
 */
export function volumesOf(lost: readonly string[], kept: number): readonly string[] {
  const rest = lost.length - maxNames
  const digest = createHash('sha256')
    .update(JSON.stringify(lost.slice(maxNames)))
    .digest('hex')
    .slice(0, 12)
  return [
    ...lost.slice(0, maxNames),
    ...(rest > 0 ? [`${rest} more ${rest === 1 ? 'volume' : 'volumes'} and their data (list ${digest})`] : []),
    ...(kept > 0
      ? [
          kept === 1
            ? '1 volume stays: its reclaim policy is Retain'
            : `${kept} volumes stay: their reclaim policy is Retain`,
        ]
      : []),
  ]
}

/** The claim templates of a StatefulSet, and whether its claims go with it (KEP-1847). */
export function claimsOf(set: KubeObject): { readonly templates: readonly string[]; readonly deleted: boolean } {
  const templates = at(set, 'spec', 'volumeClaimTemplates')
  return {
    templates: isArray(templates) ? templates.flatMap((each) => textAt(each, 'metadata', 'name') ?? []) : [],
    deleted: textAt(set, 'spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted') === 'Delete',
  }
}

/** Names in a row: `a, b and 3 more`. */
export function namesOf(names: readonly string[]): string {
  const rest = names.length - maxNames
  return sentenceOf(names.slice(0, maxNames), rest > 0 ? `${rest} more` : undefined)
}

/** The address that a Service of type LoadBalancer gives back. */
export function addressOf(service: KubeObject): readonly string[] {
  if (textAt(service, 'spec', 'type') !== 'LoadBalancer') return []
  const ingress = at(service, 'status', 'loadBalancer', 'ingress')
  const found = isArray(ingress) ? ingress.flatMap((each) => textAt(each, 'ip') ?? textAt(each, 'hostname') ?? []) : []
  return [found.length > 0 ? `its address ${namesOf(found)} is released` : 'its load balancer is taken away']
}

/** Does the volume stay when its claim goes? */
export function isRetained(volume: KubeObject): boolean {
  return reclaimPolicy(volume) === 'Retain'
}

function reclaimPolicy(volume: KubeObject): string {
  // The API server's default for a volume that somebody made by hand.
  return textAt(volume, 'spec', 'persistentVolumeReclaimPolicy') ?? 'Retain'
}

function sizeOf(volume: KubeObject): string {
  const size = textAt(volume, 'spec', 'capacity', 'storage')
  return size ? ` (${size})` : ''
}

function sentenceOf(named: readonly string[], more: string | undefined): string {
  const all = more ? [...named, more] : named
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}
