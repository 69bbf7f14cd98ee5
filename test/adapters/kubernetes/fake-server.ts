import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Connection, connect } from '../../../src/adapters/kubernetes/connection.ts'
import { kubeconfigWith } from './control-plane.ts'

/** An API server that answers what a test says, and remembers what it was sent. */
export type FakeServer = {
  readonly connection: Connection
  readonly seen: readonly { readonly method: string; readonly url: string; readonly body: string }[]
  /** Connections that were opened. */
  readonly opened: () => number
  readonly close: () => Promise<void>
}

export async function startFakeServer(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<FakeServer> {
  const seen: { method: string; url: string; body: string }[] = []
  let connections = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      seen.push({ method: request.method ?? '', url: request.url ?? '', body })
      answer(request, response, seen.length)
    })
  })
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const config = kubeconfigWith({ server: `http://127.0.0.1:${port}`, bare: true })
  const connection = await connect({ kubeconfig: config.path })
  return {
    connection,
    seen,
    opened: () => connections,
    close: async () => {
      config.remove()
      await connection.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** Answers JSON. */
export function say(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Aggregated discovery of ConfigMaps and Deployments, and of a group whose server is down. */
export function discoveryOf(path: string): unknown {
  const resource = (plural: string, kind: string) => ({
    resource: plural,
    responseKind: { group: '', version: '', kind },
    scope: 'Namespaced',
    verbs: ['get', 'list', 'patch', 'delete', 'watch'],
  })
  const group = (name: string, resources: unknown[], freshness = 'Current') => ({
    metadata: { name },
    versions: [{ version: 'v1', freshness, resources }],
  })
  const items = path.startsWith('/apis')
    ? [group('apps', [resource('deployments', 'Deployment')]), group('metrics.example.com', [], 'Stale')]
    : [group('', [resource('configmaps', 'ConfigMap')])]
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', items }
}
