import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Probot } from 'probot'
import { DrydockError } from '../../core/model/errors.ts'
import type { Log, Store } from '../../flows/ports.ts'
import { drydockApp } from './app.ts'
import { bodyLimit, createBodyReader } from './body.ts'
import type { WebhookMetrics } from './metrics.ts'
import { probotLog } from './probot-log.ts'
import { checkSettings, type ServerSettings } from './settings.ts'

/** What the server needs of the rest of Drydock. */
export type ServerParts = {
  readonly store: Pick<Store, 'accept' | 'plansAtHead'>
  readonly log: Log
  readonly metrics: WebhookMetrics
  /** Serves all other paths (a Hono app: health, metrics, pages). */
  readonly pages: { readonly fetch: (request: Request) => Response | Promise<Response> }
  /** Largest body in bytes; GitHub's own limit by default. */
  readonly bodyLimit?: number
  /** Time that the store has for a delivery, in ms; default 8000. */
  readonly storeTimeout?: number
}

/** A server that takes GitHub's webhooks. */
export type WebhookServer = {
  /** Listens. Throws `usage` when the port is taken. */
  readonly start: () => Promise<{ readonly port: number }>
  /** Takes no new connection, lets running requests and their writes end. */
  readonly stop: () => Promise<void>
  /** The Probot app, for whoever asks GitHub in the App's name. */
  readonly probot: Probot
  readonly appId: number
}

/** Time that a sender has for its whole request, in ms. */
const requestTimeout = 30_000

/** Makes the server. Throws `usage` for settings that can't or must not be started with. */
export function createServer(settings: ServerSettings, parts: ServerParts): WebhookServer {
  const checked = checkSettings(settings)
  const { log } = parts
  const probot = new Probot({ ...checked, log: probotLog(log) })
  const running = new Set<Promise<unknown>>()
  const track = (work: Promise<unknown>) => {
    const settled = work.then(
      () => {},
      () => {},
    )
    running.add(settled)
    settled.then(() => running.delete(settled))
  }
  const receive = createReceiver(probot, checked.webhookPath, parts)
  const pages = getRequestListener(parts.pages.fetch)
  let stopping = false
  const http = createHttpServer({ requestTimeout, connectionsCheckingInterval: 5000 }, (request, response) => {
    if (stopping) response.shouldKeepAlive = false
    track(new Promise((resolve) => response.once('close', resolve)))
    const served = pathOf(request) === checked.webhookPath ? receive(request, response) : pages(request, response)
    track(
      Promise.resolve(served).catch((error: unknown) => {
        log.error('Request failed', { error: error instanceof Error ? error.message : 'unknown' })
        if (!response.headersSent) response.writeHead(500)
        response.end()
      }),
    )
  })

  return {
    probot,
    appId: checked.appId,
    start: async () => {
      await withoutEventClients(probot)
      await probot.load(drydockApp({ ...parts, appId: checked.appId, storeTimeout: parts.storeTimeout ?? 8000, track }))
      await new Promise<void>((resolve, reject) => {
        http.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, checked)))
        http.listen({ port: checked.port, host: checked.host }, resolve)
      })
      const { port } = http.address() as AddressInfo
      log.info('Listening', { host: checked.host, port, webhooks: checked.webhookPath })
      return { port }
    },
    stop: async () => {
      stopping = true
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      while (running.size > 0) await Promise.all(running)
      // What is left are idle connections that would be kept alive.
      http.closeAllConnections()
      await closed
    },
  }
}

/**
 * Probot makes a GitHub client for each event from the installation that the payload names, and fails where that is
 * not a number. Our handler asks GitHub nothing, so it gets an inert one.
 */
async function withoutEventClients(probot: Probot): Promise<void> {
  const app = await probot.auth()
  const { auth } = app
  const inert = { hook: { before: () => {} } }
  const forEvent = (options: unknown) => (options as { readonly type?: unknown } | undefined)?.type === 'event-octokit'
  app.auth = Object.assign(async (...args: unknown[]) => (forEvent(args[0]) ? inert : auth(...args)), auth)
}

/** Reads a webhook within limits, then hands it to Probot, which verifies the signature and calls the application. */
function createReceiver(probot: Probot, path: string, parts: ServerParts) {
  const readBody = createBodyReader(parts.bodyLimit ?? bodyLimit)
  // Probot tells its own log of each refusal already; the middleware would do so a second time.
  const silent = probotLog({ debug: () => {}, info: () => {}, warn: () => {}, error: () => {} })
  let middleware: ReturnType<Probot['getNodeMiddleware']> | undefined

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now()
    response.once('finish', () => parts.metrics.acknowledged((performance.now() - started) / 1000))
    middleware ??= probot.getNodeMiddleware({ log: silent, path })
    const handle = await middleware
    if (request.method === 'POST' && isSigned(request)) {
      const body = await readBody(request)
      if (typeof body !== 'string') {
        parts.metrics.count(undefined, 'refused')
        parts.log.warn('Webhook refused', { reason: body.reason })
        refuse(request, response, body.status, body.reason)
        return
      }
      Object.assign(request, { body })
    }
    await handle(request, response)
    if (response.statusCode >= 400 && response.statusCode < 500) parts.metrics.count(undefined, 'refused')
  }
}

/** Whether it is worth reading the body: Probot refuses requests without these headers before it looks at one. */
function isSigned({ headers }: IncomingMessage): boolean {
  return (
    /^\s*application\/json\s*(?:;|$)/.test(headers['content-type'] ?? '') &&
    ['x-hub-signature-256', 'x-github-event', 'x-github-delivery'].every((name) => headers[name] !== undefined)
  )
}

/** Answers, and closes the connection: the rest of the body would have to be read before the next request. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number | undefined, reason: string): void {
  if (status === undefined) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify({ error: reason }))
  // The sender may still be writing: it would miss the answer if the connection were cut at once.
  request.resume()
  const cut = setTimeout(() => request.destroy(), 1000)
  request.once('close', () => clearTimeout(cut))
}

function pathOf(request: IncomingMessage): string {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  return path.replace(/\/+$/, '') || '/'
}

function cannotListen(error: NodeJS.ErrnoException, { host, port }: { readonly host: string; readonly port: number }) {
  return error.code === 'EADDRINUSE'
    ? new DrydockError('usage', `Port ${port} is in use.`, {
        hint: 'Set PORT to a free one, or stop what listens there.',
      })
    : new DrydockError('usage', `Drydock cannot listen on ${host}:${port} (${error.code ?? error.message}).`, {
        hint: 'Check HOST and PORT.',
      })
}
