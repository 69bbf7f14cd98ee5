import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { withDefaults } from './defaults.ts'
import { type DemoCluster, demoCluster, demoFolder } from './demo-cluster.ts'
import { demoKinds } from './kinds.ts'
import { recordUpdate } from './managers.ts'
import { standInServer } from './server.ts'
import { born, type ObjectStore, objectStore, type Stored } from './store.ts'

/**
 * Starts the demo's in-memory stand-in for a Kubernetes API server on a free port of 127.0.0.1. It serves just the kinds
 * of the demo (Namespace, ConfigMap, Secret, Service, ServiceAccount, Deployment) as Kubernetes 1.35 does, and answers 501
 * to the rest. Nothing is kept when it's closed. It asks nobody who they are.
 */
export async function startInMemoryCluster(): Promise<DemoCluster> {
  const store = objectStore()
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) addNamespace(store, name)
  const server = standInServer(store)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  const description = "the demo's in-memory stand-in for Kubernetes"
  return demoCluster({ url: `http://127.0.0.1:${port}` }, { description, folder: demoFolder(), stop })
}

function addNamespace(store: ObjectStore, name: string): void {
  const kind = demoKinds.find((each) => each.kind === 'Namespace')
  if (!kind) return
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const object = withDefaults(kind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...born(now) } })
  store.put(kind, recordUpdate(kind, undefined, object, { manager: 'kube-apiserver', now }) as Stored)
}
