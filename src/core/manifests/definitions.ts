import type { KindInfo } from '../model/kinds.ts'
import type { Manifest } from '../model/manifest.ts'
import { at, isArray, textAt } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']

/** The kinds that CustomResourceDefinitions among these manifests will add to the cluster. */
export function kindsOfDefinitions(manifests: readonly Manifest[]): readonly KindInfo[] {
  return manifests.flatMap(({ object }) => {
    if (object.kind !== 'CustomResourceDefinition' || groupOf(object.apiVersion) !== 'apiextensions.k8s.io') return []
    const group = textAt(object, 'spec', 'group')
    const kind = textAt(object, 'spec', 'names', 'kind')
    const resource = textAt(object, 'spec', 'names', 'plural')
    const versions = at(object, 'spec', 'versions')
    if (!group || !kind || !resource || !isArray(versions)) return []
    const namespaced = textAt(object, 'spec', 'scope') !== 'Cluster'
    return versions
      .filter((version) => at(version, 'served') !== false)
      .map((version) => textAt(version, 'name'))
      .filter((version) => version !== undefined)
      .map((version) => ({ apiVersion: `${group}/${version}`, kind, resource, namespaced, verbs: VERBS }))
  })
}
