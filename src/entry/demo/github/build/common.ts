import type { Account, Json, Repository, Role } from '../model.ts'
import type { World } from '../world.ts'
import { fullName, roleOf } from '../world.ts'

/** A GraphQL node id: opaque, and never the same for two things. */
export function nodeId(kind: string, id: number): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url')
}

/** Root of the REST API. */
export function apiUrl(world: World): string {
  return `${world.url}/api/v3`
}

/** A repository's address in the REST API. */
export function repositoryApi(world: World, repository: Repository): string {
  return `${apiUrl(world)}/repos/${fullName(repository)}`
}

/** A repository's address for people. */
export function repositoryHtml(world: World, repository: Repository): string {
  return `${world.url}/${fullName(repository)}`
}

/** `simple-user`. */
export function userJson(world: World, account: Account): Json {
  const url = `${apiUrl(world)}/users/${encodeURIComponent(account.login)}`
  const page = account.type === 'Bot' ? `apps/${account.login.replace('[bot]', '')}` : account.login
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('User', account.id),
    avatar_url: `${world.url}/avatars/u/${account.id}`,
    gravatar_id: '',
    url,
    html_url: `${world.url}/${page}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    site_admin: false,
  }
}

/** `organization` of a webhook. */
export function organizationJson(world: World, account: Account): Json {
  const url = `${apiUrl(world)}/orgs/${account.login}`
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('Organization', account.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.url}/avatars/u/${account.id}`,
    description: null,
  }
}

/** `integration`: the App, in the form that REST and webhooks share. */
export function appJson(world: World): Json {
  const { app } = world
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('App', app.id),
    owner: userJson(world, app.owner),
    name: app.slug,
    description: 'Plans and applies Kubernetes changes from pull requests',
    external_url: `${world.url}/apps/${app.slug}/about`,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: app.events,
  }
}

/** What an author is to a repository. */
export function association(repository: Repository, author: Account): string {
  if (author === repository.owner) return 'OWNER'
  const wrote = [...repository.pulls.values()].some((pull) => pull.author === author && pull.merged)
  const among: Record<Role, string> = {
    admin: 'MEMBER',
    maintain: 'MEMBER',
    write: 'COLLABORATOR',
    triage: 'COLLABORATOR',
    read: wrote ? 'CONTRIBUTOR' : 'NONE',
    none: wrote ? 'CONTRIBUTOR' : 'NONE',
  }
  return among[roleOf(repository, author)]
}

const REACTIONS = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes']

/** `reaction-rollup` of a list of emoji. */
export function reactionsJson(url: string, contents: readonly string[]): Json {
  const counts = REACTIONS.map((name) => [name, contents.filter((each) => each === name).length])
  return { url: `${url}/reactions`, total_count: contents.length, ...Object.fromEntries(counts) }
}
