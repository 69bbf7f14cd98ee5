import type { Json, JsonObject } from '../../../src/core/model/object.ts'
import { aggregatedDiscovery, type DemoKind, demoKinds, verbsOf } from '../../../src/entry/demo/cluster/kinds.ts'
import types from '../../../src/entry/demo/cluster/schema.json' with { type: 'json' }

const more = { namespaced: true, shortNames: [], subresources: ['status'], version: 'v1', counted: true }

/** Kinds that the demo doesn't serve; their spec is one value. */
const added: readonly DemoKind[] = [
  { ...more, group: '', kind: 'PersistentVolumeClaim', resource: 'persistentvolumeclaims' },
  { ...more, group: '', kind: 'Pod', resource: 'pods' },
  { ...more, group: '', kind: 'Event', resource: 'events' },
  { ...more, group: 'apps', kind: 'ReplicaSet', resource: 'replicasets' },
  { ...more, group: 'batch', kind: 'Job', resource: 'jobs' },
]

for (const { kind } of added) {
  Object.assign(types, { [kind]: 'apiVersion:s kind:s metadata:@ObjectMeta spec:* status:*' })
}

/** Every kind that is served here. */
export const servedKinds: readonly DemoKind[] = [...demoKinds, ...added]

/** The kind of a URL path, with namespace and name. */
export function targetOf(path: string) {
  const [, group = '', rest = ''] = /^\/(?:api|apis\/([^/]+))\/v1\/(.+)$/.exec(path) ?? []
  const parts = rest.split('/').map(decodeURIComponent)
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2
  const [resource = '', name = '', subresource] = inNamespace ? parts.slice(2) : parts
  const kind = servedKinds.find((each) => each.group === group && each.resource === resource)
  const namespace = inNamespace ? (parts[1] ?? '') : ''
  return kind && { kind, namespace, name, ...(subresource ? { subresource } : {}) }
}

/** Aggregated discovery of all of them. */
export function discoveryOf(root: 'api' | 'apis'): Json {
  const document = aggregatedDiscovery(root) as JsonObject & { readonly items: readonly JsonObject[] }
  const entryOf = (each: DemoKind): JsonObject => ({
    resource: each.resource,
    responseKind: { group: '', version: '', kind: each.kind },
    scope: each.namespaced ? 'Namespaced' : 'Cluster',
    verbs: verbsOf(each),
  })
  const group = (name: string, kinds: readonly DemoKind[]): JsonObject => ({
    metadata: name ? { name } : {},
    versions: [{ version: 'v1', resources: kinds.map(entryOf), freshness: 'Current' }],
  })
  const groups = [...Map.groupBy(added, (each) => each.group)]
  const mine = groups.filter(([name]) => (name === '') === (root === 'api'))
  return { ...document, items: [...document.items, ...mine.map(([name, kinds]) => group(name, kinds))] }
}
