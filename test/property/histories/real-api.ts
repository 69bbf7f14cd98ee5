import { type Connection, connect } from '../../../src/adapters/kubernetes/connection.ts'
import { isArray, type JsonObject, type LiveObject } from '../../../src/core/model/object.ts'
import { identityOf, referenceOf } from '../../../src/core/model/reference.ts'
import { apiVersionOf, pathOf } from '../../../src/entry/demo/cluster/kinds.ts'
import { type ApiServer, identityOfRequest } from './api-server.ts'
import { servedKinds, targetOf } from './kinds.ts'
import { one, two } from './pool.ts'

/** A real control plane, seen as the histories see theirs. */
export type RealApi = ApiServer & {
  /** Makes its namespaces as empty as they were. */
  readonly empty: () => Promise<void>
  readonly close: () => Promise<void>
}

const ours = servedKinds.filter(({ kind }) => !['Pod', 'Event', 'ReplicaSet'].includes(kind))

export async function openRealApi(kubeconfig: string): Promise<RealApi> {
  const connection = await connect({ kubeconfig })
  for (const name of [one, two]) {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    await connection.send({ method: 'POST', path: '/api/v1/namespaces', body })
  }
  const all = async (): Promise<ReadonlyMap<string, LiveObject>> => {
    const found = new Map<string, LiveObject>()
    for (const kind of ours) {
      const { body } = await connection.send({ method: 'GET', path: pathOf(kind) })
      const items = (body as JsonObject).items
      for (const item of isArray(items) ? items : []) {
        const object = { ...(item as JsonObject), apiVersion: apiVersionOf(kind), kind: kind.kind } as LiveObject
        if ([undefined, one, two, 'drydock'].includes(object.metadata.namespace)) {
          found.set(identityOf(referenceOf(object)), object)
        }
      }
    }
    return found
  }
  return {
    all,
    connect: (carried): Connection => ({
      ...connection,
      counts: new Map(),
      close: async () => undefined,
      send: async (request) => {
        if (request.method === 'GET' || request.query?.dryRun !== undefined) return connection.send(request)
        const before = await read(connection, request.path)
        const response = await connection.send(request)
        const { method, path } = request
        const made = method === 'POST' ? (response.body as LiveObject) : undefined
        const after = made ?? (await read(connection, path))
        const changed = { method, path, identity: identityOfRequest(request) }
        if (response.status < 400) carried({ ...changed, ...(before ? { before } : {}), ...(after ? { after } : {}) })
        return response
      },
    }),
    empty: async () => {
      const query = { propagationPolicy: 'Background' }
      for (const [, { kind, metadata }] of await all()) {
        const found = ours.find((each) => each.kind === kind)
        const { namespace, name } = metadata
        const isOurs = namespace === one || namespace === two
        if (!found || !isOurs || name === 'default' || name === 'kube-root-ca.crt') continue
        await connection.send({ method: 'DELETE', path: pathOf(found, namespace, name), query })
      }
    },
    close: connection.close,
  }
}

async function read(connection: Connection, path: string): Promise<LiveObject | undefined> {
  const target = targetOf(path)
  if (!target?.name) return undefined
  const { status, body } = await connection.send({ method: 'GET', path: path.replace(/\/status$/, '') })
  if (status !== 200) return undefined
  const { kind } = target
  return { ...(body as JsonObject), apiVersion: apiVersionOf(kind), kind: kind.kind } as LiveObject
}
