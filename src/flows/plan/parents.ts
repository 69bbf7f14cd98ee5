import { applySetId, homeNamespace } from '../../core/model/inventory.ts'
import { textAt } from '../../core/model/object.ts'
import { ClusterRefusal } from '../../core/model/refusal.ts'
import type { Cluster } from '../ports.ts'
import { retrying } from '../sync/retry.ts'

/** The label of a parent object that holds its own id (KEP-3659). */
const idLabel = 'applyset.kubernetes.io/id'

/**
 * The names of the repository's apps that have a parent object on the cluster, by ApplySet id. A parent counts only when
 * its id is the one of its name: nobody else's set can pass for an app of this repository. Empty where the namespace of the
 * parents may not be listed.
 */
export async function parentsOf(cluster: Cluster, repositoryName: string): Promise<ReadonlyMap<string, string>> {
  const listed = await retrying(() =>
    cluster.list('v1', 'ConfigMap', { namespace: homeNamespace, labelSelector: idLabel, metadata: true }),
  ).catch((thrown: unknown) => {
    if (thrown instanceof ClusterRefusal && thrown.kind === 'forbidden') return []
    throw thrown
  })
  const names = listed.flatMap((parent) => {
    const app = textAt(parent, 'metadata', 'annotations', 'drydock.dev/app')
    const id = parent.metadata.labels?.[idLabel]
    return app !== undefined && id === applySetId(repositoryName, app) ? [[id, app] as const] : []
  })
  return new Map(names)
}
