import type { JsonObject } from '../../../core/model/object.ts'

/** A kind that the stand-in serves. */
export type DemoKind = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly resource: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly subresources: readonly string[]
  /** `true`: `metadata.generation` counts the changes of its spec. */
  readonly counted: boolean
}

function kind(kind: string, resource: string, shortNames: readonly string[], more: Partial<DemoKind> = {}): DemoKind {
  return {
    group: '',
    version: 'v1',
    kind,
    resource,
    namespaced: true,
    shortNames,
    subresources: [],
    counted: false,
    ...more,
  }
}

/** Every kind that the stand-in serves. */
export const demoKinds: readonly DemoKind[] = [
  kind('Namespace', 'namespaces', ['ns'], { namespaced: false, subresources: ['finalize', 'status'] }),
  kind('ConfigMap', 'configmaps', ['cm']),
  kind('Secret', 'secrets', []),
  kind('Service', 'services', ['svc'], { subresources: ['status'] }),
  kind('ServiceAccount', 'serviceaccounts', ['sa']),
  kind('Deployment', 'deployments', ['deploy'], { group: 'apps', subresources: ['status'], counted: true }),
]

/** `v1` or `apps/v1`. */
export function apiVersionOf(kind: DemoKind): string {
  return kind.group ? `${kind.group}/${kind.version}` : kind.version
}

/** `deployments.apps`, as the API server's messages name a resource. */
export function qualified(kind: DemoKind): string {
  return kind.group ? `${kind.resource}.${kind.group}` : kind.resource
}

/** The URL path of a kind's collection, or of one object. */
export function pathOf(kind: DemoKind, namespace?: string, name?: string): string {
  const root = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`
  const scope = kind.namespaced && namespace ? `/namespaces/${namespace}` : ''
  return `${root}${scope}/${kind.resource}${name ? `/${name}` : ''}`
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** The verbs of a kind; namespaces can't be deleted all at once. */
export function verbsOf(kind: DemoKind): readonly string[] {
  return kind.kind === 'Namespace' ? verbs.filter((verb) => verb !== 'deletecollection') : verbs
}

/** Aggregated discovery (`apidiscovery.k8s.io/v2`) of the core group, or of all others. */
export function aggregatedDiscovery(root: 'api' | 'apis'): JsonObject {
  const kinds = demoKinds.filter((each) => (each.group === '') === (root === 'api'))
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [
      {
        metadata: root === 'api' ? {} : { name: 'apps' },
        versions: [{ version: 'v1', resources: kinds.map(discoveryEntry), freshness: 'Current' }],
      },
    ],
  }
}

function discoveryEntry(kind: DemoKind): JsonObject {
  const responseKind = { group: '', version: '', kind: kind.kind }
  return {
    resource: kind.resource,
    responseKind,
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.kind.toLowerCase(),
    verbs: verbsOf(kind),
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
    ...(kind.subresources.length > 0
      ? {
          subresources: kind.subresources.map((each) => ({ subresource: each, responseKind, verbs: verbsUnder(each) })),
        }
      : {}),
  }
}

function verbsUnder(subresource: string): readonly string[] {
  return subresource === 'finalize' ? ['update'] : ['get', 'patch', 'update']
}

/** The discovery of one group version as it was before aggregation: an `APIResourceList`. */
export function resourceList(group: string): JsonObject {
  const kinds = demoKinds.filter((each) => each.group === group)
  const resources = kinds.flatMap((each) => [
    {
      name: each.resource,
      singularName: each.kind.toLowerCase(),
      namespaced: each.namespaced,
      kind: each.kind,
      verbs: verbsOf(each),
      ...(each.shortNames.length > 0 ? { shortNames: each.shortNames } : {}),
    },
    ...each.subresources.map((subresource) => ({
      name: `${each.resource}/${subresource}`,
      singularName: '',
      namespaced: each.namespaced,
      kind: each.kind,
      verbs: verbsUnder(subresource),
    })),
  ])
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: group ? `${group}/v1` : 'v1', resources }
}

/** The `APIGroup` of `apps`, the one group that isn't the core. */
export const appsGroup: JsonObject = {
  name: 'apps',
  versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
  preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
}
