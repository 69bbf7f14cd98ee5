import picomatch from 'picomatch'
import { DrydockError } from '../../core/model/errors.ts'
import type { Cluster, Clusters } from '../../flows/ports.ts'
import { clusterOn } from './cluster.ts'
import { type ClusterTarget, connect } from './connection.ts'

/** A cluster of the server's configuration. */
export type ClusterSettings = ClusterTarget & {
  /** Globs of `owner/name`; absent: every repository. */
  readonly repositories?: readonly string[]
  /** Globs; absent: every namespace and what is in none. */
  readonly namespaces?: readonly string[]
}

/** The clusters of the server's configuration; each is connected when first asked for, and stays so. */
export function clustersOf(
  settings: Readonly<Record<string, ClusterSettings>>,
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
      if (target.repositories && !picomatch(target.repositories as string[], { nocase: true })(repository)) {
        throw new DrydockError('forbidden-target', `${repository} may not use the cluster "${name}".`, {
          hint: 'Ask those who run the server to add the repository to `clusters.<name>.repositories`.',
        })
      }
      const existing = open.get(name)
      if (existing) return existing
      const opened = connect(target).then((connection) => clusterOn(name, connection, target.namespaces))
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
