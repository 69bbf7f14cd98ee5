import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { load } from 'js-yaml'
import { at, type Json, type JsonObject, textAt } from '../../../core/model/object.ts'
import { aggregatedDiscovery, apiVersionOf, appsGroup, demoKinds, resourceList } from './kinds.ts'
import * as operations from './operations.ts'
import { selectorOf } from './selectors.ts'
import { ApiError } from './status.ts'
import type { ObjectStore } from './store.ts'
import { serveWatch } from './watch.ts'

/** As the real API server: 3 MiB for one request. */
const maxBodyBytes = 3 * 1024 * 1024

const version = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.0-drydock-demo',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'drydock-demo/in-memory',
}

/** The stand-in's HTTP server over a store; not listening yet. */
export function standInServer(store: ObjectStore): Server {
  return createServer((request, response) => {
    answer(store, request, response).catch((thrown: unknown) => {
      const error =
        thrown instanceof ApiError
          ? thrown
          : new ApiError(500, 'InternalError', "the demo's in-memory stand-in failed on this request")
      if (response.headersSent) response.destroy()
      else send(response, error.code, error.toStatus())
    })
  })
}

function send(
  response: ServerResponse,
  code: number,
  body: JsonObject,
  headers: Record<string, string | string[]> = {},
) {
  response.writeHead(code, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

async function answer(store: ObjectStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://stand-in')
  // A page in a browser could reach this port under a name of its own; only clients that mean this machine are served.
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')) {
    throw new ApiError(403, 'Forbidden', "the demo's in-memory stand-in only answers on this machine's own address")
  }
  const method = request.method ?? 'GET'
  if (method === 'GET' && ['/livez', '/readyz', '/healthz'].includes(url.pathname)) {
    response.end('ok')
    return
  }
  const document = method === 'GET' ? discovery(url.pathname, request.headers.accept ?? '') : undefined
  if (document) {
    const { aggregated, body } = document
    const type = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    send(response, 200, body, aggregated ? { 'content-type': type } : {})
    return
  }
  await answerObjects(store, request, response, url)
}

function discovery(path: string, accept: string): { aggregated: boolean; body: JsonObject } | undefined {
  const aggregated = accept.includes('g=apidiscovery.k8s.io') && accept.includes('v=v2')
  if (aggregated && (path === '/api' || path === '/apis')) {
    return { aggregated, body: aggregatedDiscovery(path === '/api' ? 'api' : 'apis') }
  }
  const documents: Record<string, JsonObject> = {
    '/version': version,
    '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [appsGroup] },
    '/apis/apps': { kind: 'APIGroup', apiVersion: 'v1', ...appsGroup },
    '/api/v1': resourceList(''),
    '/apis/apps/v1': resourceList('apps'),
  }
  const body = documents[path]
  return body ? { aggregated: false, body } : undefined
}

/** The kind and name that a path stands for; throws 501 for every other path. */
function targetOf(path: string, query: URLSearchParams, agent: string): operations.Target {
  const [, group = '', rest = ''] = /^\/(?:api|apis\/([^/]+))\/v1\/(.+)$/.exec(path) ?? []
  const parts = rest.split('/').map(decodeURIComponent)
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2 && !['finalize', 'status'].includes(parts[2] ?? '')
  const [resource = '', name = '', subresource, ...more] = inNamespace ? parts.slice(2) : parts
  const kind = demoKinds.find((each) => each.group === group && each.resource === resource)
  const known = subresource === undefined || kind?.subresources.includes(subresource)
  if (!kind || !known || more.length > 0 || (name !== '' && kind.namespaced && !inNamespace)) {
    const kinds = demoKinds.map((each) => each.kind).join(', ')
    throw new ApiError(501, 'NotImplemented', `the demo's in-memory stand-in serves only ${kinds}; not ${path}`)
  }
  const dryRun = query.getAll('dryRun')
  return {
    kind,
    namespace: inNamespace ? (parts[1] ?? '') : '',
    name,
    ...(subresource ? { subresource } : {}),
    dryRun: dryRun.includes('All'),
    force: query.get('force') === 'true',
    fieldManager: query.get('fieldManager') ?? agent,
    fieldValidation: query.get('fieldValidation') ?? 'Warn',
  }
}

async function answerObjects(store: ObjectStore, request: IncomingMessage, response: ServerResponse, url: URL) {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  const isApply = request.method === 'PATCH' && type === 'application/apply-patch+yaml'
  const agent = isApply ? '' : ((request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown')
  const target = targetOf(url.pathname, url.searchParams, agent)
  if (request.method === 'GET') {
    read(store, target, url.searchParams, response)
    return
  }
  const body = await bodyOf(request, type)
  const dryRun = target.dryRun || JSON.stringify(at(body, 'dryRun')) === '["All"]'
  const result = write(store, request.method ?? '', { ...target, dryRun }, body, type, url.searchParams)
  const warnings = result.warnings.map((text) => `299 - ${JSON.stringify(text)}`)
  send(response, result.code, result.body, warnings.length > 0 ? { warning: warnings } : {})
}

function read(store: ObjectStore, target: operations.Target, query: URLSearchParams, response: ServerResponse): void {
  const { kind, namespace } = target
  if (target.name !== '') {
    send(response, 200, operations.found(store, target))
    return
  }
  const selector = selectorOf(query)
  if (['1', 'true'].includes(query.get('watch') ?? '')) {
    serveWatch(store, { kind, namespace, selector }, query, response)
    return
  }
  const items = store.list(kind, namespace).filter(selector)
  send(response, 200, {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion: String(store.version()) },
    items: items.map(({ kind: _kind, apiVersion: _version, ...item }) => item),
  })
}

function write(
  store: ObjectStore,
  method: string,
  target: operations.Target,
  body: Json,
  type: string,
  query: URLSearchParams,
): operations.Answer {
  const one = target.name !== ''
  if (method === 'POST' && !one) return operations.create(store, target, body)
  if (method === 'PUT' && one) return operations.replace(store, target, body)
  if (method === 'DELETE' && one) return operations.remove(store, target, body)
  if (method === 'DELETE' && target.kind.namespaced) return removeAll(store, target, query)
  if (method === 'PATCH' && one) {
    if (type === 'application/apply-patch+yaml') return operations.apply(store, target, body)
    if (type === 'application/merge-patch+json') return operations.mergePatch(store, target, body)
    throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  }
  throw new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}

function removeAll(store: ObjectStore, target: operations.Target, query: URLSearchParams): operations.Answer {
  const { kind, namespace } = target
  const items = store.list(kind, namespace).filter(selectorOf(query))
  for (const item of items) {
    const name = textAt(item, 'metadata', 'name') ?? ''
    operations.remove(store, { ...target, namespace: textAt(item, 'metadata', 'namespace') ?? '', name }, null)
  }
  const body = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata: {}, items }
  return { code: 200, body, warnings: [] }
}

async function bodyOf(request: IncomingMessage, type: string): Promise<Json> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) {
      throw new ApiError(413, 'RequestEntityTooLarge', `limit is ${maxBodyBytes} bytes`)
    }
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text === '') return null
  if (!/^application\/([a-z-]+\+)?(json|yaml)$/.test(type)) {
    throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  }
  try {
    return (type.endsWith('yaml') && !text.startsWith('{') ? load(text) : JSON.parse(text)) as Json
  } catch {
    throw new ApiError(400, 'BadRequest', 'error decoding the body: it is neither JSON nor YAML')
  }
}
