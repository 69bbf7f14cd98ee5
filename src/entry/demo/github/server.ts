import { createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterPush } from './acts/pushes.ts'
import { authenticate, may, sees } from './auth.ts'
import type { RequestFault } from './faults.ts'
import { isGitPath, serveGit } from './git-http.ts'
import { GitHubError, notFound } from './github-error.ts'
import { answerGraphql, isGraphqlPath } from './graphql.ts'
import type { Json, RecordedRequest, Repository } from './model.ts'
import { type Auth, createRouter, type Reply, type RepositoryCall, type Route } from './router.ts'
import { appRoutes } from './routes/app.ts'
import { checkRoutes } from './routes/checks.ts'
import { contentRoutes } from './routes/contents.ts'
import { conversationRoutes } from './routes/conversation.ts'
import { deploymentRoutes } from './routes/deployments.ts'
import { gitDataRoutes } from './routes/git-data.ts'
import { gitObjectRoutes } from './routes/git-objects.ts'
import { pullRoutes } from './routes/pulls.ts'
import { repositoryRoutes, reset } from './routes/repositories.ts'
import { teamRoutes } from './routes/teams.ts'
import type { World } from './world.ts'
import { changed, findRepository } from './world.ts'

/** Requests an hour that an installation has, before GitHub refuses more. */
const LIMIT = 5000

const route = createRouter([
  ...appRoutes,
  ...pullRoutes,
  ...conversationRoutes,
  ...checkRoutes,
  ...deploymentRoutes,
  ...gitDataRoutes,
  ...gitObjectRoutes,
  ...contentRoutes,
  ...repositoryRoutes,
  ...teamRoutes,
])

/** Where GitHub Enterprise has its REST API. */
const PREFIX = /^\/api\/v3(?=\/)/

/** Does the request ask for the media type that has bodies in HTML and text too? */
const isFull = (request: IncomingMessage): boolean =>
  /\bapplication\/vnd\.github(\.v3)?\.full\+json\b/.test(request.headers.accept ?? '')

/** Cuts the connection without an answer. */
class Cut extends Error {}

type Answer = {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
  /** What `text` says. */
  readonly body: unknown
}

function errorBody(status: number, message: string, errors?: readonly unknown[]): Json {
  const more = errors ? { errors } : {}
  return { message, ...more, documentation_url: 'https://docs.github.com/rest', status: String(status) }
}

function refuse(fault: RequestFault): Answer | undefined {
  const wait = String(fault.retryAfter ?? 1)
  const answer = (status: number, message: string, headers: Record<string, string>): Answer => {
    const body = errorBody(status, message)
    return { status, headers, text: JSON.stringify(body), body }
  }
  switch (fault.kind) {
    case 'rate-limit': {
      const at = Math.ceil(Date.now() / 1000) + (fault.retryAfter ?? 1)
      return answer(403, 'API rate limit exceeded for installation.', {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-used': String(LIMIT),
        'x-ratelimit-reset': String(at),
      })
    }
    case 'secondary-rate-limit': {
      const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
      return answer(403, message, { 'retry-after': wait })
    }
    case 'too-many-requests':
      return answer(429, 'You have exceeded a secondary rate limit.', { 'retry-after': wait })
    case 'server-error':
      return answer(fault.status ?? 502, 'Server Error', {})
    case 'cut':
      throw new Cut()
    default:
      return undefined
  }
}

/** The repository of a request, if the caller may do this there. Throws 404 for what it may not see. */
function admit(world: World, found: Route, params: Readonly<Record<string, string>>, auth: Auth): Repository {
  const repository = findRepository(world, params.owner ?? '', params.repo ?? '')
  if (!repository || !sees(auth, repository)) throw notFound()
  if (auth.kind === 'app') throw new GitHubError(403, 'Resource not accessible by integration')
  const open = found.method === 'GET' && !repository.private
  if (!open && !found.needs.some(([name, level]) => may(auth, repository, name, level))) {
    throw new GitHubError(403, 'Resource not accessible by integration')
  }
  return repository
}

function checkCaller(found: Route, auth: Auth): void {
  if (found.allow === 'any') return
  if (found.allow === 'app' && auth.kind !== 'app') throw new GitHubError(401, 'A JSON web token could not be decoded')
  if (found.allow === 'installation' && auth.kind === 'app' && !found.ofRepository) {
    throw new GitHubError(403, 'You must authenticate with an installation access token')
  }
}

/** Cuts one page out of a list and links its neighbours. */
function paginate(reply: Reply, url: URL): { body: unknown; headers: Record<string, string> } {
  if (!reply.page) return { body: reply.body, headers: {} }
  const { items, toJson, wrap } = reply.page
  const size = Math.min(Number(url.searchParams.get('per_page') ?? 30) || 30, 100)
  const page = Math.max(Number(url.searchParams.get('page') ?? 1) || 1, 1)
  const last = Math.max(Math.ceil(items.length / size), 1)
  const link = (number: number, rel: string) => {
    const target = new URL(url)
    target.searchParams.set('per_page', String(size))
    target.searchParams.set('page', String(number))
    return `<${target}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ]
  const shown = items.slice((page - 1) * size, page * size).map((item) => toJson(item as never))
  const body = wrap ? { total_count: items.length, ...wrapped(wrap), [wrap]: shown } : shown
  return { body, headers: links.length > 0 ? { link: links.join(', ') } : {} }
}

function wrapped(wrap: string): Json {
  return wrap === 'repositories' ? { repository_selection: 'selected' } : {}
}

function parse(bytes: Buffer): Json | undefined {
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new GitHubError(400, 'Problems parsing JSON')
  }
}

/** Answers one REST request: find, admit, validate, do, validate. */
async function answerRest(
  world: World,
  request: IncomingMessage,
  url: URL,
  found: ReturnType<typeof route>,
  bytes: Buffer,
): Promise<Answer> {
  const method = request.method ?? 'GET'
  const violate = (where: 'request' | 'response', operation: string, messages: readonly string[]) => {
    for (const message of messages) world.violations.push({ where, operation, message })
  }
  const finish = (status: number, body: unknown, headers: Record<string, string>): Answer => {
    const text = body === undefined ? '' : JSON.stringify(body)
    return { status, headers, text, body }
  }
  try {
    if (method === 'POST' && isGraphqlPath(url.pathname)) {
      const answer = await answerGraphql(world, authenticate(world, request.headers.authorization), parse(bytes) ?? {})
      if (answer) return finish(200, answer, {})
    }
    if (!found) {
      violate('request', `${method} ${url.pathname.replace(PREFIX, '')}`, ['the emulator has no such operation'])
      throw notFound()
    }
    const operation = `${method} ${found.route.template}`
    const auth = authenticate(world, request.headers.authorization)
    checkCaller(found.route, auth)
    const repository = found.route.ofRepository ? admit(world, found.route, found.params, auth) : undefined
    const body = parse(bytes)
    const wrong = world.validator?.request(method, found.route.template, found.params, url.searchParams, body)
    if (world.validator && !wrong) violate('request', operation, ['GitHub has no such operation'])
    if (wrong && wrong.length > 0) {
      violate('request', operation, wrong)
      throw new GitHubError(422, `Invalid request.\n\n${wrong.join('\n')}`)
    }
    const call = {
      world,
      params: found.params,
      query: url.searchParams,
      body: body ?? {},
      auth,
      full: isFull(request),
      actor: world.app.bot,
      repository,
    } as RepositoryCall
    const reply = await found.route.handle(call)
    const page = paginate(reply, new URL(`${url.pathname}${url.search}`, world.url))
    const bad = world.validator?.response(method, found.route.template, reply.status, page.body)
    if (bad) violate('response', `${operation} ${reply.status}`, bad)
    return finish(reply.status, page.body, { ...reply.headers, ...page.headers })
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    return finish(error.status, errorBody(error.status, error.message, error.errors), {})
  }
}

function send(world: World, request: IncomingMessage, response: ServerResponse, answer: Answer): number {
  const used = world.requests.filter((each) => each.kind === 'rest').length + 1
  const etag = `W/"${createHash('sha256').update(answer.text).digest('hex')}"`
  const cacheable = request.method === 'GET' && answer.status === 200
  const same = cacheable && request.headers['if-none-match'] === etag
  const status = same ? 304 : answer.status
  response.writeHead(status, {
    'x-github-media-type': `github.v3;${isFull(request) ? ' param=full;' : ''} format=json`,
    'x-github-request-id': String(used),
    'x-ratelimit-limit': String(LIMIT),
    'x-ratelimit-remaining': String(Math.max(0, LIMIT - used)),
    'x-ratelimit-used': String(used),
    'x-ratelimit-reset': String(reset()),
    'x-ratelimit-resource': 'core',
    ...(cacheable ? { etag, 'cache-control': 'private, max-age=60, s-maxage=60' } : {}),
    ...(status === 204 || same ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...answer.headers,
  })
  response.end(same ? '' : answer.text)
  return status
}

async function handle(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const began = performance.now()
  const method = request.method ?? 'GET'
  const url = new URL(request.url ?? '/', world.url)
  const path = url.pathname.replace(PREFIX, '')
  const isGit = isGitPath(url.pathname)
  const found = isGit ? undefined : route(method, path)
  const template = found?.route.template ?? path
  const fault = world.faults.takeRequest(method, template, path)
  let seen: unknown
  const record = (status: number) => {
    const kind: RecordedRequest['kind'] = isGit ? 'git' : 'rest'
    const ms = Math.round((performance.now() - began) * 10) / 10
    const query = url.search
    world.requests.push({ kind, method, route: template, path, query, body: seen, status, ms, fault: fault?.kind })
    changed(world)
  }
  try {
    if (fault?.kind === 'delay') await sleep(fault.ms ?? 100)
    const refused = fault && refuse(fault)
    if (isGit && !refused) {
      const auth = authenticate(world, request.headers.authorization)
      await serveGit(world, request, response, url, auth, async (repository, moved) => {
        for (const each of moved) await afterPush(world, repository, each, world.app.bot)
      })
      return record(response.statusCode)
    }
    const bytes = await buffer(request)
    const answer = refused ?? (await answerRest(world, request, url, found, bytes))
    if (bytes.length > 0) seen = readable(bytes)
    if (fault?.kind === 'lost-reply') throw new Cut()
    // Recorded first: who has the answer must find it among the requests.
    record(answer.status)
    send(world, request, response, answer)
  } catch (error) {
    if (error instanceof Cut) {
      record(0)
      request.socket.destroy()
    } else if (error instanceof GitHubError) {
      record(error.status)
      const challenge = error.status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {}
      response.writeHead(error.status, { 'content-type': 'text/plain', ...challenge }).end(error.message)
    } else throw error
  }
}

function readable(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The listener of the emulator: REST under `/api/v3` and `/`, Git under `/owner/name.git`. */
export function createListener(world: World): RequestListener {
  return (request, response) => {
    handle(world, request, response).catch((error: unknown) => {
      // A bug of the emulator must not look like GitHub.
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      world.violations.push({ where: 'response', operation: `${request.method} ${request.url}`, message })
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ message: 'The GitHub emulator failed.' }))
    })
  }
}
