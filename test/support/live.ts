import { clusterOn } from '../../src/adapters/kubernetes/cluster.ts'
import { connect } from '../../src/adapters/kubernetes/connection.ts'
import type { Json, LiveObject } from '../../src/core/model/object.ts'
import type { ObjectReference } from '../../src/core/model/reference.ts'
import type { Cluster } from '../../src/flows/ports.ts'

/** A look at the cluster of a story, past Drydock. */
export type Live = {
  readonly cluster: Cluster
  readonly get: (reference: ObjectReference) => Promise<LiveObject | undefined>
  /** A JSON merge patch by another field manager, as somebody's edit. */
  readonly edit: (path: string, patch: Json) => Promise<void>
  readonly remove: (path: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens the cluster of a kubeconfig. */
export async function openLive(kubeconfig: string): Promise<Live> {
  const connection = await connect({ kubeconfig })
  const cluster = clusterOn('live', connection)
  return {
    cluster,
    get: cluster.get,
    edit: async (path, patch) => {
      const query = { fieldManager: 'kubectl-edit' }
      const answer = await connection.send({
        method: 'PATCH',
        path,
        query,
        body: patch,
        contentType: 'application/merge-patch+json',
      })
      if (answer.status !== 200) throw new Error(`the edit was refused: ${JSON.stringify(answer.body)}`)
    },
    remove: async (path) => void (await connection.send({ method: 'DELETE', path })),
    close: connection.close,
  }
}
