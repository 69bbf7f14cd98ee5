import { mayUseCluster, type ServerCluster } from '../../core/config/server.ts'
import { DrydockError } from '../../core/model/errors.ts'
import type { Cluster, Clusters } from '../../flows/ports.ts'
import { clusterOn } from './cluster.ts'
import { connect } from './connection.ts'

/** The clusters of the server's configuration; each is connected when first asked for, and stays so. */
export function clustersOf(
  settings: Readonly<Record<string, Partial<ServerCluster>>>,
): Clusters & { readonly close: () => Promise<void> } {
  const open = new Map<string, Promise<Cluster>>()
  return {
    open: async (name, repository) => {
      const target = Object.hasOwn(settings, name) ? settings[name] : undefined
      if (!target) {
        throw new DrydockError('cluster-unknown', `No cluster "${name}" is configured on this server.`, {
          hint: `It knows: ${Object.keys(settings).join(', ') || 'none'}.`,
        })
      }
      if (!mayUseCluster(target, repository)) {
        throw new DrydockError('forbidden-target', `${repository} may not use the cluster "${name}".`, {
          hint: 'Ask those who run the server to add the repository to `clusters.<name>.repositories`.',
        })
      }
      const existing = open.get(name)
      if (existing) return existing
      const opened = connect(target).then((connection) => clusterOn(name, connection, target))
      open.set(name, opened)
      opened.catch(() => open.delete(name))
      return opened
    },
    close: async () => {
      const clusters = await Promise.allSettled([...open.values()])
      await Promise.all(clusters.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)))
    },
  }
}
