import { setTimeout as sleep } from 'node:timers/promises'
import type { Probot, ProbotOctokit } from 'probot'
import type { Log } from '../../flows/ports.ts'
import { patiently, type Timing } from './patience.ts'
import { statusOf } from './refusal.ts'
import type { Permissions } from './tokens.ts'

/** Octokit as Probot makes it: with retry, pagination and pacing. */
export type Client = ProbotOctokit

/** Longest time for one request, in ms. */
const requestTimeout = 30_000

/**
 * Answers after which the retry plugin doesn't send again. Beside its own list: 409, which time doesn't heal, and 429,
 * which {@link patiently} handles by what GitHub asks for.
 */
const doNotRetry = [400, 401, 403, 404, 409, 410, 422, 429, 451]

/** How clients behave beside what they are for. */
export type ClientOptions = Timing & {
  /** `true`: one write a second for an installation, as GitHub asks of its users. */
  readonly pace: boolean
}

/** What the groups of a forge's methods share. */
export type ForgeParts = ClientOptions & {
  readonly client: Client
  readonly appId: number
  /** The repository as parameters of Octokit. */
  readonly at: { readonly owner: string; readonly repo: string }
  /** A client for this repository whose token can do this and nothing else. */
  readonly clientWith: (permissions: Permissions) => Promise<Client>
  /** Login of the App's bot, in whose name pull requests are opened. */
  readonly botLogin: () => Promise<string>
}

type RequestOptions = { readonly method?: string; readonly headers?: object; readonly request?: object }
type Send = (options: RequestOptions) => Promise<{ readonly data: unknown; readonly headers: Record<string, unknown> }>

/** The token of a client; `forget` after GitHub refused it. */
export type TokenSource = { readonly get: () => Promise<string>; readonly forget: () => void }

function settings(options: ClientOptions, id: string) {
  // The plugin's own handling of rate limits is left out: patiently() bounds the wait.
  const limits = { onRateLimit: () => false, onSecondaryRateLimit: () => false }
  return {
    log: octokitLog(options.log),
    retry: { doNotRetry, retryAfterBaseValue: options.secondMs },
    throttle: { enabled: options.pace, id, ...limits },
  }
}

/** A client that speaks as the App itself: for installations and tokens. */
export async function appClient(probot: Probot, options: ClientOptions): Promise<Client> {
  const base = await probot.auth()
  const Octokit = base.constructor as typeof ProbotOctokit
  const client = new Octokit(settings(options, 'app'))
  client.hook.wrap('request', (send, request) =>
    patiently(async () => whole(await send({ ...request, request: { ...request.request, ...signal() } })), options),
  )
  return client
}

/** A client whose requests carry a token of our choosing instead of the installation's all-powerful one. */
export function tokenClient(app: Client, id: string, token: TokenSource, options: ClientOptions): Client {
  const Octokit = app.constructor as typeof ProbotOctokit
  const authStrategy = () => ({ hook: (send: Send, request: RequestOptions) => sendAs(token, send, request, options) })
  return new Octokit({ ...settings(options, id), authStrategy })
}

/** Sends with the token; one that GitHub refuses is replaced, twice at most (a new token takes a moment to spread). */
async function sendAs(token: TokenSource, send: Send, request: RequestOptions, options: ClientOptions) {
  for (let attempt = 1; ; attempt += 1) {
    const headers = {
      ...request.headers,
      authorization: `token ${await token.get()}`,
      ...(request.method === 'GET' ? { 'cache-control': 'no-cache' } : {}),
    }
    try {
      return await patiently(
        async () => whole(await send({ ...request, headers, request: { ...request.request, ...signal() } })),
        options,
      )
    } catch (error) {
      if (statusOf(error) !== 401 || attempt === 3) throw error
      token.forget()
      await sleep((attempt - 1) * options.secondMs)
    }
  }
}

const signal = () => ({ signal: AbortSignal.timeout(requestTimeout) })

/**
 * Octokit gives a JSON answer that was cut off as text, and pagination takes an empty text for an empty list.
 * Such an answer counts as lost.
 */
function whole<T extends { readonly data: unknown; readonly headers: Record<string, unknown> }>(answer: T): T {
  if (typeof answer.data === 'string' && String(answer.headers['content-type']).includes('json'))
    throw Object.assign(new Error('the answer was cut off'), { status: 500, request: { request: {} } })
  return answer
}

/** Octokit's log without request bodies. */
function octokitLog(log: Log) {
  const write = (level: keyof Log) => (first: unknown, second?: unknown) =>
    log[level](typeof first === 'string' ? first : String(second ?? 'GitHub client'))
  return { debug: write('debug'), info: write('debug'), warn: write('warn'), error: write('error') }
}
