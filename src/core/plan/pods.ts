import type { Problem } from '../model/errors.ts'
import type { SourcePosition } from '../model/manifest.ts'
import { at, isArray, isObject, type Json, type JsonObject, type KubeObject, textAt } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'

/** What the dry run of a workload's pod says. `object` is the workload's identity. */
export type PodFinding = { readonly object: string; readonly source: SourcePosition } & (
  | { readonly level: 'error'; readonly problem: Problem }
  /** For the change's warnings. */
  | { readonly level: 'warning'; readonly text: string }
  /** It could not be asked, and why. */
  | { readonly level: 'remark'; readonly text: string }
)

/** What a commit creates, as far as pods need it: names; service accounts as `namespace/name`. */
export type Makes = {
  readonly namespaces: ReadonlySet<string>
  readonly serviceAccounts: ReadonlySet<string>
  readonly priorityClasses: ReadonlySet<string>
  readonly runtimeClasses: ReadonlySet<string>
}

/** What these objects, which the cluster doesn't have yet, will give to pods. */
export function makesOf(created: readonly KubeObject[]): Makes {
  const of = (group: string, kind: string): ReadonlySet<string> =>
    new Set(
      created
        .filter((object) => object.kind === kind && groupOf(object.apiVersion) === group)
        .map(({ metadata }) => (kind === 'ServiceAccount' ? `${metadata.namespace}/${metadata.name}` : metadata.name)),
    )
  return {
    namespaces: of('', 'Namespace'),
    serviceAccounts: of('', 'ServiceAccount'),
    priorityClasses: of('scheduling.k8s.io', 'PriorityClass'),
    runtimeClasses: of('node.k8s.io', 'RuntimeClass'),
  }
}

const inTemplate = ['spec', 'template'] as const
const inJobTemplate = ['spec', 'jobTemplate', 'spec', 'template'] as const

const templates: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': inTemplate,
  'apps/StatefulSet': inTemplate,
  'apps/DaemonSet': inTemplate,
  'apps/ReplicaSet': inTemplate,
  '/ReplicationController': inTemplate,
  'batch/Job': inTemplate,
  'batch/CronJob': inJobTemplate,
}

/** Where a workload keeps the template of its pods; `undefined` for what has none. */
export function templatePath(workload: KubeObject): readonly string[] | undefined {
  return templates[`${groupOf(workload.apiVersion)}/${workload.kind}`]
}

/** Longest part of the workload's name in its pod's, so that the whole is a DNS label. */
const maxName = 40

/** The Pod that a workload would make, owned by nobody; `undefined` for what makes none. */
export function podOf(workload: KubeObject): KubeObject | undefined {
  const path = templatePath(workload)
  const template = path && at(workload, ...path)
  const spec = at(template, 'spec')
  if (!isObject(spec)) return undefined
  const { name, namespace } = workload.metadata
  const [labels, annotations] = ['labels', 'annotations'].map((key) => at(template, 'metadata', key))
  // A name with dots would get a warning that is not about the workload.
  const stem = name.replaceAll('.', '-').slice(0, maxName).replace(/-+$/, '')
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${stem}-drydock-dry-run`,
      ...(namespace ? { namespace } : {}),
      ...(isObject(labels) ? { labels: labels as Record<string, string> } : {}),
      ...(isObject(annotations) ? { annotations: annotations as Record<string, string> } : {}),
    },
    spec: withClaims(spec, workload),
  }
}

/** The controller of a StatefulSet adds the volumes of its claims, without which the mounts would be invalid. */
function withClaims(spec: JsonObject, workload: KubeObject): JsonObject {
  const claims = at(workload, 'spec', 'volumeClaimTemplates')
  if (workload.kind !== 'StatefulSet' || !isArray(claims)) return spec
  const names = claims.flatMap((claim) => textAt(claim, 'metadata', 'name') ?? [])
  const own = isArray(spec.volumes)
    ? spec.volumes.filter((volume) => !names.includes(textAt(volume, 'name') ?? ''))
    : []
  const added: readonly Json[] = names.map((name) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-${workload.metadata.name}-0` },
  }))
  return { ...spec, volumes: [...own, ...added] }
}

/** Something that a pod names and the cluster doesn't have. */
export type Missing = {
  readonly what: 'service account' | 'priority class' | 'runtime class'
  readonly name: string
}

const missingWords: readonly (readonly [Missing['what'], RegExp])[] = [
  ['service account', /error looking up service account [^/\s]+\/([^:\s]+): .*not found/],
  ['priority class', /no PriorityClass with name (\S+) was found/],
  ['runtime class', /RuntimeClass "([^"]+)" not found/],
]

/** What the pod names and the cluster lacks, when that is why the API server refused it. */
export function missingIn(words: string): Missing | undefined {
  for (const [what, pattern] of missingWords) {
    const name = pattern.exec(words)?.[1]
    if (name) return { what, name }
  }
  return undefined
}

/** Does the commit make what is missing? */
export function isMade(missing: Missing, namespace: string, makes: Makes): boolean {
  if (missing.what === 'service account') return makes.serviceAccounts.has(`${namespace}/${missing.name}`)
  return (missing.what === 'priority class' ? makes.priorityClasses : makes.runtimeClasses).has(missing.name)
}

const fieldsOf: Readonly<Record<Missing['what'], readonly string[]>> = {
  'service account': ['serviceAccountName', 'serviceAccount'],
  'priority class': ['priorityClassName', 'priority'],
  'runtime class': ['runtimeClassName', 'overhead'],
}

/**
 * The pod without what is missing, so that the rest can still be asked about; `undefined` where there is nothing to leave
 * out (the service account `default`).
 */
export function without(pod: KubeObject, missing: Missing): KubeObject | undefined {
  const fields = fieldsOf[missing.what]
  if (!isObject(pod.spec) || textAt(pod, 'spec', fields[0] ?? '') !== missing.name || missing.name === 'default')
    return undefined
  const spec = Object.fromEntries(Object.entries(pod.spec).filter(([key]) => !fields.includes(key)))
  return { ...pod, spec }
}

/** The pod as its controller would make it, with an owner; `undefined` when it has one. */
export function withOwner(pod: KubeObject, workload: KubeObject): KubeObject | undefined {
  if (pod.metadata.ownerReferences !== undefined) return undefined
  const made: Readonly<Record<string, readonly [string, string]>> = {
    Deployment: ['apps/v1', 'ReplicaSet'],
    CronJob: ['batch/v1', 'Job'],
  }
  const [apiVersion, kind] = made[workload.kind] ?? [workload.apiVersion, workload.kind]
  // The uid of an owner that is never looked up.
  const uid = textAt(workload, 'metadata', 'uid') ?? '00000000-0000-0000-0000-000000000000'
  const owner = { apiVersion, kind, name: workload.metadata.name, uid, controller: true }
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } }
}

/** The warnings of a pod that its workload did not get too: there the path begins with the template. */
export function newWarnings(
  workload: KubeObject,
  known: readonly string[],
  warnings: readonly string[],
): readonly string[] {
  const prefix = `${templatePath(workload)?.join('.')}.`
  const heard = new Set(known.flatMap((each) => [each, each.replaceAll(prefix, '')]))
  return [...new Set(warnings)].filter((each) => !heard.has(each))
}
