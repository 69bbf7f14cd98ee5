import type { ApiRequest, ApiResponse, Connection } from '../../../src/adapters/kubernetes/connection.ts'
import { isObject, type Json, type JsonObject, type LiveObject, textAt } from '../../../src/core/model/object.ts'
import { identityOf, referenceOf } from '../../../src/core/model/reference.ts'
import { apiVersionOf } from '../../../src/entry/demo/cluster/kinds.ts'
import * as operations from '../../../src/entry/demo/cluster/operations.ts'
import { selectorOf } from '../../../src/entry/demo/cluster/selectors.ts'
import { ApiError } from '../../../src/entry/demo/cluster/status.ts'
import { objectStore } from '../../../src/entry/demo/cluster/store.ts'
import { runControllers } from './controllers.ts'
import { discoveryOf, servedKinds, targetOf } from './kinds.ts'
import { one, two } from './pool.ts'
import { openStream } from './stream.ts'

/** One request that was carried out, with what it changed. */
export type Carried = {
  readonly method: string
  readonly path: string
  readonly identity: string
  /** Before and after; absent: not there. */
  readonly before?: LiveObject
  readonly after?: LiveObject
}

/** An API server in this process: the demo's, with more kinds and without a socket. */
export type ApiServer = {
  /** A connection of a client; `carried` hears of each write that was not a dry run. */
  readonly connect: (carried: (request: Carried) => void) => Connection
  /** Every object, by identity. */
  readonly all: () => Promise<ReadonlyMap<string, LiveObject>>
}

/** Starts an API server with the namespaces of the histories. */
export function startApi(): ApiServer {
  const store = objectStore()
  const answer = (request: ApiRequest): ApiResponse => {
    try {
      return respond(store, request)
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown
      return { status: thrown.code, body: thrown.toStatus(), warnings: [] }
    }
  }
  for (const name of ['kube-system', one, two]) {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    answer({ method: 'POST', path: '/api/v1/namespaces', query: { fieldManager: 'kube-apiserver' }, body })
  }
  runControllers(store, answer)
  const all = (): ReadonlyMap<string, LiveObject> =>
    new Map(
      servedKinds.flatMap((kind) =>
        store.list(kind, '').map((each) => {
          const object = each as unknown as LiveObject
          return [identityOf(referenceOf(object)), object] as const
        }),
      ),
    )
  const get = (identity: string) => all().get(identity)
  return {
    all: async () => all(),
    connect: (carried) => {
      const counts = new Map<string, number>()
      return {
        server: 'http://in-process',
        counts,
        close: async () => undefined,
        stream: async (path, signal) => openStream(store, path, signal),
        send: async (request) => {
          // A real answer never comes before the caller waits for it.
          await undefined
          const dry = request.query?.dryRun !== undefined
          const verb = dry ? `${request.method} dry-run` : request.method
          counts.set(verb, (counts.get(verb) ?? 0) + 1)
          if (dry || request.method === 'GET') return answer(request)
          const identity = identityOfRequest(request)
          const before = get(identity)
          const response = answer(request)
          const after = get(identity)
          const { method, path } = request
          if (response.status < 400) {
            carried({ method, path, identity, ...(before ? { before } : {}), ...(after ? { after } : {}) })
          }
          return response
        },
      }
    },
  }
}

/** The object that a request is about. */
export function identityOfRequest({ path, body }: ApiRequest): string {
  const target = targetOf(path)
  if (!target) return path
  const { kind, namespace } = target
  const name = target.name || (textAt(body, 'metadata', 'name') ?? '')
  return identityOf({ apiVersion: apiVersionOf(kind), kind: kind.kind, name, ...(namespace ? { namespace } : {}) })
}

function respond(store: ReturnType<typeof objectStore>, request: ApiRequest): ApiResponse {
  const { method, path, body = null, query = {} } = request
  const done = (code: number, answer: Json, warnings: readonly string[] = []) => ({
    status: code,
    // What a client does to an answer must not reach the store.
    body: structuredClone(answer),
    warnings,
  })
  if (path === '/version') return done(200, { major: '1', minor: '35', gitVersion: 'v1.35.0' })
  if (path === '/api' || path === '/apis') return done(200, discoveryOf(path === '/api' ? 'api' : 'apis'))
  const found = targetOf(path)
  if (!found) throw new ApiError(404, 'NotFound', 'the server could not find the requested resource')
  const target: operations.Target = {
    ...found,
    dryRun: query.dryRun === 'All',
    force: query.force === 'true',
    fieldManager: query.fieldManager ?? 'somebody',
    fieldValidation: query.fieldValidation ?? 'Warn',
  }
  const { kind, namespace, name } = target
  if (method === 'GET' && name !== '') return done(200, operations.found(store, target))
  if (method === 'GET') {
    const items = store.list(kind, namespace).filter(selectorOf(new URLSearchParams(query)))
    const metadata = { resourceVersion: String(store.version()) }
    return done(200, { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items })
  }
  if (request.contentType === 'application/json-patch+json') return done(200, patched(store, target, body))
  const answer = operationOf(request)(store, target, structuredClone(body))
  return done(answer.code, answer.body, answer.warnings)
}

function operationOf({ method, contentType }: ApiRequest) {
  if (method === 'POST') return operations.create
  if (method === 'PUT') return operations.replace
  if (method === 'DELETE') return operations.remove
  return contentType === 'application/apply-patch+yaml' ? operations.apply : operations.mergePatch
}

/** The one JSON patch that is sent: who owns which field, guarded by the version. */
function patched(store: ReturnType<typeof objectStore>, target: operations.Target, patch: Json): JsonObject {
  const live = operations.found(store, target)
  const metadata: Record<string, Json | undefined> = { ...live.metadata }
  for (const each of Array.isArray(patch) ? patch : []) {
    const [, key = ''] = /^\/metadata\/(\w+)$/.exec(isObject(each) ? (textAt(each, 'path') ?? '') : '') ?? []
    if (key === 'resourceVersion' && textAt(each, 'value') !== live.metadata.resourceVersion) {
      throw new ApiError(
        409,
        'Conflict',
        'the object has been modified; please apply your changes to the latest version',
      )
    }
    metadata[key] = isObject(each) ? each.value : undefined
  }
  return store.put(target.kind, { ...live, metadata })
}
