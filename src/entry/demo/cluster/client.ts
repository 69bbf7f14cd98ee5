import http from 'node:http'
import https from 'node:https'
import { createInterface } from 'node:readline'
import type { JsonObject } from '../../../core/model/object.ts'

/** Where an API server listens, and how to be let in. */
export type Endpoint = { readonly url: string; readonly token?: string; readonly ca?: string }

/** What an API server answered. */
export type Reply = { readonly status: number; readonly body: JsonObject }

/** The few requests that the demo itself makes of its cluster. */
export type Client = {
  /** Throws only when no answer came; a refusal is a {@link Reply}. */
  readonly request: (method: string, path: string, body?: JsonObject) => Promise<Reply>
  /** The events of a watch, starting with what is there; ends when the server ends it or by the signal. */
  readonly watch: (path: string, signal: AbortSignal) => AsyncIterable<JsonObject>
  readonly close: () => void
}

/** A client of the demo's cluster. PATCH sends a JSON merge patch. */
export function apiClient(endpoint: Endpoint): Client {
  const secure = endpoint.url.startsWith('https:')
  const module = secure ? https : http
  const agent = new module.Agent({ keepAlive: true })
  const headers = endpoint.token ? { authorization: `Bearer ${endpoint.token}` } : {}
  const ca = endpoint.ca ? { ca: endpoint.ca } : {}

  const open = (
    method: string,
    path: string,
    body: JsonObject | undefined,
    options: https.RequestOptions,
  ): Promise<http.IncomingMessage> =>
    new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
      const request = module.request(
        new URL(path, endpoint.url),
        { method, headers: { ...headers, 'content-type': type }, ...ca, ...options },
        resolve,
      )
      request.on('error', reject)
      request.end(body ? JSON.stringify(body) : undefined)
    })

  return {
    request: async (method, path, body) => {
      const response = await open(method, path, body, { agent })
      const text = await textOf(response)
      const isJson = (response.headers['content-type'] ?? '').includes('json')
      return { status: response.statusCode ?? 0, body: isJson ? (JSON.parse(text) as JsonObject) : { message: text } }
    },
    watch: async function* (path, signal) {
      const response = await open('GET', `${path}?watch=1`, undefined, { signal, agent: false })
      for await (const line of createInterface({ input: response })) yield JSON.parse(line) as JsonObject
    },
    close: () => agent.destroy(),
  }
}

async function textOf(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
