import type { Account, Installation, Json, Repository, Token } from './model.ts'
import type { World } from './world.ts'

/** Who asks. */
export type Auth =
  | { readonly kind: 'app' }
  | { readonly kind: 'installation'; readonly installation: Installation; readonly token: Token }
  | { readonly kind: 'anonymous' }

/** A request that was let in. */
export type Call = {
  readonly world: World
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Json
  readonly auth: Auth
  /** Are the bodies of comments asked for in HTML and text too? */
  readonly full: boolean
  /** The App's bot: what is written is written by it. */
  readonly actor: Account
}

/** A request about a repository that the caller may see. */
export type RepositoryCall = Call & { readonly repository: Repository }

/** One page of a list: `wrap` names the field of an object that holds it, with `total_count` beside it. */
type Page = { readonly items: readonly unknown[]; readonly toJson: (item: never) => unknown; readonly wrap?: string }

/** An answer; `page` is cut and linked by the server. */
export type Reply = {
  readonly status: number
  readonly body?: unknown
  readonly page?: Page
  readonly raw?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** A permission of an installation and the level needed. */
export type Need = readonly [name: string, level: 'read' | 'write']

/** One operation. The template is the path's template in GitHub's OpenAPI. */
export type Route = {
  readonly method: string
  readonly template: string
  readonly allow: 'app' | 'installation' | 'any'
  /** One of these is enough. */
  readonly needs: readonly Need[]
  readonly ofRepository: boolean
  readonly handle: (call: RepositoryCall) => Promise<Reply> | Reply
}

/** An operation on a repository, for a token that has one of these permissions. */
export function onRepository(
  method: string,
  path: string,
  needs: readonly Need[],
  handle: (call: RepositoryCall) => Promise<Reply> | Reply,
): Route {
  const template = `/repos/{owner}/{repo}${path}`
  return { method, template, allow: 'installation', needs, ofRepository: true, handle }
}

/** An operation that is not about one repository. */
export function operation(
  method: string,
  template: string,
  allow: Route['allow'],
  handle: (call: Call) => Promise<Reply> | Reply,
): Route {
  return { method, template, allow, needs: [], ofRepository: false, handle }
}

/** 200 with a body. */
export function ok(body: unknown): Reply {
  return { status: 200, body }
}

/** 201 with a body. */
export function created(body: unknown): Reply {
  return { status: 201, body }
}

/** A list, one page of it at a time. */
export function list<T>(items: readonly T[], toJson: (item: T) => unknown, wrap?: string): Reply {
  return { status: 200, page: { items, toJson, ...(wrap ? { wrap } : {}) } }
}

/** Parameters that may hold slashes when they come last. */
const GREEDY = new Set(['ref', 'path', 'branch', 'basehead', 'environment_name'])

type Compiled = { readonly route: Route; readonly parts: readonly string[]; readonly literals: number }

/** Finds the route of a request. More literal templates win. */
export type Router = (
  method: string,
  path: string,
) => { readonly route: Route; readonly params: Readonly<Record<string, string>> } | undefined

function parameterName(part: string): string | undefined {
  return part.startsWith('{') ? part.slice(1, -1) : undefined
}

function match(parts: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  for (const [at, part] of parts.entries()) {
    const name = parameterName(part)
    const last = at === parts.length - 1
    const greedy = last && name !== undefined && GREEDY.has(name)
    const text = greedy ? segments.slice(at).join('/') : segments[at]
    if (text === undefined || (text === '' && name !== 'path')) return undefined
    if (name === undefined && text !== part) return undefined
    if (name !== undefined) params[name] = decodeURIComponent(text)
    if (last && !greedy && segments.length !== parts.length) return undefined
  }
  return params
}

/** Makes the router of these routes. */
export function createRouter(routes: readonly Route[]): Router {
  const compiled: readonly Compiled[] = routes
    .map((route) => {
      const parts = route.template.split('/').slice(1)
      return { route, parts, literals: parts.filter((part) => !parameterName(part)).length }
    })
    .sort((a, b) => b.literals - a.literals)
  return (method, path) => {
    const segments = path.split('/').slice(1)
    for (const { route, parts } of compiled) {
      if (route.method !== method) continue
      const params = match(parts, segments)
      if (params) return { route, params }
    }
    return undefined
  }
}
