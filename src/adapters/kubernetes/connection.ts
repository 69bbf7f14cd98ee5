import type { KubeConfig } from '@kubernetes/client-node'
import { type Dispatcher, fetch, type Response } from 'undici'
import { DrydockError } from '../../core/model/errors.ts'
import { parseJson, stringifyJson } from '../../core/model/json.ts'
import type { Json } from '../../core/model/object.ts'

/** Which kubeconfig context to use. Without any of these: what `KUBECONFIG` or `~/.kube/config` say, or the cluster we run in. */
export type ClusterTarget = {
  readonly context?: string
  readonly kubeconfig?: string
  readonly inCluster?: boolean
}

/** One request to an API server, as raw JSON. */
export type ApiRequest = {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Json
  readonly contentType?: string
  readonly accept?: string
  /** In ms; default 30,000. */
  readonly timeoutMs?: number
}

/** What came back; a status of 400 and more is an answer too, not an exception. */
export type ApiResponse = {
  readonly status: number
  readonly body: Json
  /** Texts of `Warning:` headers (RFC 7234, 299). */
  readonly warnings: readonly string[]
  /** `Retry-After`, in ms; of a server that asks for more than a minute, a minute. */
  readonly retryAfterMs?: number
}

/** A connection to one API server. */
export type Connection = {
  readonly server: string
  /** Namespace of the kubeconfig context. */
  readonly send: (request: ApiRequest) => Promise<ApiResponse>
  /** A streaming GET on a connection of its own: 100 streams would fill a shared one. Call `close` when done. */
  readonly stream: (
    path: string,
    signal: AbortSignal,
  ) => Promise<{ readonly response: Response; readonly close: () => void }>
  /** Requests sent so far, by verb (`dry-run` counted apart). */
  readonly counts: ReadonlyMap<string, number>
  readonly close: () => Promise<void>
}

/**
 * Opens a connection with the authentication of @kubernetes/client-node (exec, OIDC, certificates), which is loaded when
 * first needed: it costs 0.35 s. Its own requests open a TLS connection each, so the first dispatcher is kept here.
 * Throws `cluster-unreachable` when the kubeconfig has no such context.
 */
export async function connect(target: ClusterTarget): Promise<Connection> {
  const { KubeConfig, RequestContext, HttpMethod } = await import('@kubernetes/client-node')
  const config = load(new KubeConfig(), target)
  const current = config.getCurrentCluster()
  const server = current?.server.replace(/\/$/, '')
  // What @kubernetes/client-node falls back to when there is nothing to load.
  if (!server || (server === 'http://localhost:8080' && config.getCurrentContext() === 'loaded-context')) {
    throw new DrydockError('cluster-unreachable', 'The kubeconfig names no cluster to talk to.', {
      hint: 'Set KUBECONFIG, pass --context, or name a context in the server configuration.',
    })
  }
  if (server.startsWith('http://') && !current?.skipTLSVerify) {
    throw new DrydockError('cluster-unreachable', `The kubeconfig names ${server}, which has no TLS.`, {
      hint: 'Use https://; where this is meant (a test), say `insecure-skip-tls-verify: true` for the cluster.',
    })
  }
  const counts = new Map<string, number>()
  let shared: Dispatcher | undefined

  const authenticate = async (url: string, method: string, own: boolean) => {
    const context = new RequestContext(url, method as (typeof HttpMethod)[keyof typeof HttpMethod])
    try {
      await config.applySecurityAuthentication(context)
    } catch (cause) {
      throw new DrydockError('cluster-unreachable', `The credentials for ${server} could not be used.`, {
        cause,
        hint: 'Check the user of this context: `kubectl auth whoami`.',
      })
    }
    const fresh = context.getDispatcher() as unknown as Dispatcher | undefined
    if (own) return { headers: context.getHeaders(), dispatcher: fresh }
    if (shared === undefined) shared = fresh
    else if (fresh !== shared) void fresh?.close()
    return { headers: context.getHeaders(), dispatcher: shared }
  }

  const send = async (request: ApiRequest): Promise<ApiResponse> => {
    const query = new URLSearchParams(request.query).toString()
    const url = `${server}${request.path}${query ? `?${query}` : ''}`
    const verb = request.query?.dryRun ? `${request.method} dry-run` : request.method
    counts.set(verb, (counts.get(verb) ?? 0) + 1)
    // The server ends a connection with a refusal of its credentials; requests on it at that moment are asked again, if
    // asking twice is as good as once.
    const again = request.method === 'GET' || request.contentType === 'application/apply-patch+yaml'
    for (let left = again ? 2 : 0; ; left -= 1) {
      const { headers, dispatcher } = await authenticate(url, request.method, false)
      try {
        const response = await fetch(url, {
          method: request.method,
          headers: {
            ...headers,
            accept: request.accept ?? 'application/json',
            ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
          },
          ...(request.body === undefined ? {} : { body: stringifyJson(request.body) }),
          ...(dispatcher ? { dispatcher } : {}),
          redirect: 'error',
          signal: AbortSignal.timeout(request.timeoutMs ?? 30_000),
        })
        const text = await response.text()
        const retryAfter = Number(response.headers.get('retry-after') || 'none')
        return {
          status: response.status,
          body: readBody(text),
          warnings: readWarnings(response.headers.get('warning')),
          ...(retryAfter >= 0 ? { retryAfterMs: Math.min(retryAfter * 1000, 60_000) } : {}),
        }
      } catch (cause) {
        if (left > 0 && wasCut(cause)) continue
        throw unreachable(server, cause)
      }
    }
  }

  const stream = async (path: string, signal: AbortSignal) => {
    const url = `${server}${path}`
    counts.set('WATCH', (counts.get('WATCH') ?? 0) + 1)
    const { headers, dispatcher } = await authenticate(url, 'GET', true)
    const close = () => void dispatcher?.destroy().catch(() => undefined)
    try {
      const response = await fetch(url, {
        headers: { ...headers, accept: 'application/json' },
        ...(dispatcher ? { dispatcher } : {}),
        redirect: 'error',
        signal,
      })
      return { response, close }
    } catch (cause) {
      close()
      throw unreachable(server, cause)
    }
  }

  // Not `close`: that would wait for requests to a server that says nothing.
  return { server, send, stream, counts, close: async () => void (await shared?.destroy()) }
}

function load(config: KubeConfig, target: ClusterTarget): KubeConfig {
  try {
    if (target.inCluster) config.loadFromCluster()
    else if (target.kubeconfig) config.loadFromFile(target.kubeconfig)
    else config.loadFromDefault()
  } catch (cause) {
    throw new DrydockError('cluster-unreachable', `The kubeconfig could not be read: ${readingFault(cause)}.`, {
      hint: 'Check KUBECONFIG, or `kubeconfig` in the server configuration.',
    })
  }
  if (target.context) {
    const names = config.getContexts().map((context) => context.name)
    if (!names.includes(target.context)) {
      throw new DrydockError('cluster-unreachable', `The kubeconfig has no context "${target.context}".`, {
        hint: names.length > 0 ? `It has: ${names.join(', ')}.` : 'It has none at all.',
      })
    }
    config.setCurrentContext(target.context)
  }
  return config
}

/** Ended by the other side while the request was under way. */
function wasCut(cause: unknown): boolean {
  const code = (cause as { cause?: { code?: string } }).cause?.code ?? ''
  return ['UND_ERR_INFO', 'UND_ERR_SOCKET', 'ECONNRESET', 'ERR_HTTP2_GOAWAY_SESSION'].includes(code)
}

/** Why a kubeconfig could not be read. A YAML error quotes the lines around it, which may hold a token: only the place stays. */
function readingFault(cause: unknown): string {
  const { reason, mark, code, path } = cause as {
    reason?: string
    mark?: { line?: number }
    code?: string
    path?: string
  }
  if (reason) return `${reason}${mark?.line === undefined ? '' : ` at line ${mark.line + 1}`}`
  return code === 'ENOENT' ? `there is no file ${path ?? 'of this name'}` : (code ?? 'it is not a kubeconfig')
}

function readBody(text: string): Json {
  if (text === '') return null
  try {
    return parseJson(text)
  } catch {
    return { kind: 'Status', message: text.slice(0, 500) }
  }
}

/** `299 - "text"`, several separated by commas; quotes inside are escaped by a backslash. */
function readWarnings(header: string | null): readonly string[] {
  if (!header) return []
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1'))
}

function unreachable(server: string, cause: unknown): DrydockError {
  const error = cause as Error & { cause?: { code?: string; message?: string } }
  const why =
    error.name === 'TimeoutError'
      ? 'it did not answer in time'
      : (error.cause?.code ?? error.cause?.message ?? error.message)
  return new DrydockError(
    'cluster-unreachable',
    `The API server ${new URL(server).host} could not be reached: ${why}.`,
    {
      cause,
      hint: 'Nothing is known about the live state, so nothing was planned or changed. Try again with /plan when it is back.',
    },
  )
}
