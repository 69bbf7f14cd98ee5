import { generateKeyPairSync } from 'node:crypto'
import nock from 'nock'
import { Probot } from 'probot'
import { expect, onTestFinished } from 'vitest'
import { createForges, type ForgesOptions } from '../../../src/adapters/github/forges.ts'
import type { Log } from '../../../src/flows/ports.ts'

const privateKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey

export const appId = 7
export const token = `ghs_${'S3cret'.repeat(6)}`
export const repository = { owner: 'acme', name: 'shop' }
export const sha = 'a'.repeat(40)

const silent = () => {}
const quiet: Log = { debug: silent, info: silent, warn: silent, error: silent }
const probotLog = { ...quiet, fatal: silent, trace: silent, child: () => probotLog } as unknown as Probot['log']

/** A request that GitHub got. */
export type Seen = { readonly method: string; readonly path: string; readonly body: unknown; readonly headers: Headers }

/** GitHub behind nock: answers what a test says, in order, and remembers every request. Anything else is an error. */
export function github(baseUrl = 'https://api.github.com', options: Partial<ForgesOptions> = {}) {
  nock.disableNetConnect()
  // nock answers a request that no test expects with 501, which would pass for a fault of GitHub's.
  const strays: string[] = []
  const stray = (request: { readonly method?: string; readonly path?: string; readonly url?: string }) =>
    strays.push(`${request.method} ${request.path ?? request.url}`)
  nock.emitter.on('no match', stray)
  onTestFinished(() => {
    nock.emitter.off('no match', stray)
    expect(strays).toEqual([])
  })
  onTestFinished(() => {
    nock.abortPendingRequests()
    nock.cleanAll()
    nock.enableNetConnect()
  })
  const seen: Seen[] = []
  const { origin, pathname } = new URL(baseUrl)
  const prefix = pathname.replace(/\/$/, '')
  const scope = nock(origin)

  /** Answers the next request to this route. A status of 0 does it, then loses the answer. */
  const on = (
    route: string,
    status: number,
    answer: object | string | ((seen: Seen) => object) = {},
    headers: Record<string, string> = {},
  ) => {
    const [method = 'GET', path = '/'] = route.split(' ')
    // A path without a query takes any query.
    const whole = new RegExp(
      `^${(prefix + path).replace(/[.?+*()[\]]/g, '\\$&')}${path.includes('?') ? '' : '(\\?.*)?'}$`,
    )
    const interceptor = scope.intercept(whole, method)
    if (status === 0) {
      interceptor.replyWithError(new Error('socket hang up'))
      return
    }
    interceptor.reply(async (request: Request) => {
      const text = await request.text()
      const url = new URL(request.url)
      const one = {
        method,
        path: url.pathname + url.search,
        body: text ? JSON.parse(text) : undefined,
        headers: request.headers,
      }
      seen.push(one)
      const data = typeof answer === 'function' ? answer(one) : answer
      return [status, data, { 'content-type': 'application/json; charset=utf-8', ...headers }]
    })
  }
  /** Answers requests for a token. */
  const tokens = (times = 1, answer: object = {}) => {
    for (let i = 0; i < times; i += 1)
      on('POST /app/installations/5/access_tokens', 201, {
        token: i === 0 ? token : `${token}${i}`,
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
        ...answer,
      })
  }
  const probot = new Probot({ appId, privateKey, secret: 'x'.repeat(16), baseUrl, log: probotLog })
  const forges = createForges({ probot, appId, log: quiet, pace: false, secondMs: 1, ...options })
  const requests = () => seen.map(({ method, path }) => `${method} ${path}`)
  return {
    on,
    tokens,
    seen,
    requests,
    forges,
    open: () => forges.open(repository, 5),
    pending: () => nock.pendingMocks(),
  }
}

/** What a rejected promise was rejected with, with everything that a log would show of it. */
export async function refusal(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { readonly code?: string; readonly hint?: string },
  )
  if (!error) throw new Error('it was not refused')
  return { code: error.code, message: error.message, hint: error.hint ?? '', error }
}

/** Body of the last request. */
export function lastBody<T>(seen: readonly Seen[]): T {
  const last = seen.at(-1)
  if (!last) throw new Error('there was no request')
  return last.body as T
}
