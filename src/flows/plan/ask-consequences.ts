import pLimit from 'p-limit'
import type { KindInfo } from '../../core/model/kinds.ts'
import { at, isObject, type LiveObject, textAt } from '../../core/model/object.ts'
import { groupOf, isMeasured } from '../../core/model/reference.ts'
import { ClusterRefusal } from '../../core/model/refusal.ts'
import {
  addressOf,
  claimsOf,
  contentsOf,
  countedKinds,
  definedKind,
  instancesOf,
  isRetained,
  type KindCount,
  namesOf,
  pluralOf,
  storageOfVolume,
  uncounted,
  volumeOfClaim,
  volumesOf,
} from '../../core/plan/consequences.ts'
import { whyUnknown } from '../../core/plan/server-words.ts'
import type { Cluster } from '../ports.ts'
import { retrying } from '../sync/retry.ts'

/** Requests at a time for one object. */
const parallel = 8

/**
 * What goes with an object that is deleted or replaced, in words: data by its reclaim policy, the objects of a kind, what
 * is in a namespace. What can't be read is said to be unknown; throws only what no refusal is (`cluster-unreachable`).
 */
export async function consequencesOf(cluster: Cluster, live: LiveObject): Promise<readonly string[]> {
  switch (`${groupOf(live.apiVersion)}/${live.kind}`) {
    case '/PersistentVolumeClaim':
      return (await claimWords(cluster, live)).words
    case '/PersistentVolume':
      return storageOfVolume(live)
    case '/Namespace':
      return inNamespace(cluster, live.metadata.name)
    case '/Service':
      return addressOf(live)
    case 'apiextensions.k8s.io/CustomResourceDefinition':
      return instances(cluster, live)
    case 'apps/StatefulSet':
      return claimsOfSet(cluster, live)
    default:
      return []
  }
}

type Fate = { readonly words: readonly string[]; readonly retained: boolean }

/** What becomes of the volume of one claim; `named`: say whose volume it is. */
async function claimWords(cluster: Cluster, claim: LiveObject, named = false): Promise<Fate> {
  const name = textAt(claim, 'spec', 'volumeName')
  if (!name) return { words: [], retained: false }
  const whose = named ? claim.metadata.name : undefined
  try {
    const volume = await retrying(() => cluster.get({ apiVersion: 'v1', kind: 'PersistentVolume', name }))
    if (!volume) return { words: [`the volume ${name} is gone already`], retained: false }
    return { words: [volumeOfClaim(volume, whose)], retained: isRetained(volume) }
  } catch (thrown) {
    const of = whose ? `the volume of ${whose}` : 'its volume'
    return { words: [`what happens to ${of} is unknown: ${whyUnknown(thrown)}`], retained: false }
  }
}

async function volumesOfClaims(cluster: Cluster, claims: readonly LiveObject[]): Promise<readonly string[]> {
  const limit = pLimit(parallel)
  const fates = await Promise.all(claims.map((claim) => limit(() => claimWords(cluster, claim, true))))
  const lost = fates.filter((fate) => !fate.retained).flatMap((fate) => fate.words)
  return volumesOf(lost, fates.filter((fate) => fate.retained).length)
}

async function instances(cluster: Cluster, definition: LiveObject): Promise<readonly string[]> {
  const defined = definedKind(definition)
  if (!defined) return []
  const { apiVersion, kind } = defined
  try {
    return [instancesOf(kind, await retrying(() => cluster.count(apiVersion, kind)))]
  } catch (thrown) {
    return [`how many objects of the kind ${kind} go with it is unknown: ${whyUnknown(thrown)}`]
  }
}

async function claimsOfSet(cluster: Cluster, set: LiveObject): Promise<readonly string[]> {
  const { templates, deleted } = claimsOf(set)
  if (templates.length === 0) return []
  if (!deleted) return [`its volume claims (${namesOf(templates)}) stay`]
  const goes = 'its volume claims go: persistentVolumeClaimRetentionPolicy.whenDeleted is Delete'
  const labels = at(set, 'spec', 'selector', 'matchLabels')
  const { name, namespace = '' } = set.metadata
  const prefixes = templates.map((template) => `${template}-${name}-`)
  const isMember = (claim: LiveObject) =>
    prefixes.some(
      (prefix) => claim.metadata.name.startsWith(prefix) && /^\d+$/.test(claim.metadata.name.slice(prefix.length)),
    )
  try {
    // A StatefulSet puts the labels that it selects by on its claims.
    const labelSelector = isObject(labels)
      ? Object.entries(labels)
          .map((each) => each.join('='))
          .join(',')
      : ''
    const options = { namespace, ...(labelSelector ? { labelSelector } : {}) }
    const claims = await retrying(() => cluster.list('v1', 'PersistentVolumeClaim', options))
    return [goes, ...(await volumesOfClaims(cluster, claims.filter(isMember)))]
  } catch (thrown) {
    return [goes, `what happens to their volumes is unknown: ${whyUnknown(thrown)}`]
  }
}

/** What every namespace has. */
const ownOfNamespace: Readonly<Record<string, string>> = { ServiceAccount: 'default', ConfigMap: 'kube-root-ca.crt' }

async function inNamespace(cluster: Cluster, namespace: string): Promise<readonly string[]> {
  const limit = pLimit(parallel)
  const kinds = await cluster.kinds()
  const counts: KindCount[] = []
  const unknown = new Map<string, { readonly why: string; readonly kinds: string[] }>()
  const countOne = async (info: KindInfo): Promise<void> => {
    const { apiVersion, kind } = info
    try {
      const found = await retrying(() => cluster.count(apiVersion, kind, namespace))
      const own = apiVersion === 'v1' && found > 0 ? ownOfNamespace[kind] : undefined
      const there = own && (await retrying(() => cluster.get({ apiVersion, kind, namespace, name: own })))
      counts.push({ kind, count: there ? found - 1 : found })
    } catch (thrown) {
      // A definition that went meanwhile took its objects along.
      if (thrown instanceof ClusterRefusal && thrown.kind === 'kind-missing') return
      const why = whyUnknown(thrown)
      // A missing permission is said of each kind in the same words but for its name.
      const cause = why.replaceAll(info.resource, '…')
      const said = unknown.get(cause) ?? { why, kinds: [] }
      said.kinds.push(kind)
      unknown.set(cause, said)
    }
  }
  await Promise.all(countedKinds(kinds.all).map((info) => limit(() => countOne(info))))
  const claims = counts.some(({ kind, count }) => kind === 'PersistentVolumeClaim' && count > 0)
  return [
    contentsOf(counts),
    ...(claims ? await volumesIn(cluster, namespace) : []),
    ...[...unknown].map(([cause, { why, kinds: found }]) =>
      uncounted(found.map(pluralOf).sort(), found.length > 1 ? cause : why),
    ),
    // Measured, not stored: what such an API would serve goes with its pods.
    ...[...new Set(kinds.unavailable)]
      .filter((group) => !isMeasured(group))
      .map((group) => uncounted([`objects of ${group}`], 'its API is not available')),
  ]
}

async function volumesIn(cluster: Cluster, namespace: string): Promise<readonly string[]> {
  try {
    const claims = await retrying(() => cluster.list('v1', 'PersistentVolumeClaim', { namespace }))
    return await volumesOfClaims(cluster, claims)
  } catch (thrown) {
    return [`what happens to its volumes is unknown: ${whyUnknown(thrown)}`]
  }
}
