import { issueToken } from '../auth.ts'
import { appJson } from '../build/common.ts'
import { installationJson } from '../build/installation.ts'
import { fullRepositoryJson } from '../build/repository.ts'
import { GitHubError, notFound } from '../github-error.ts'
import type { HookDelivery, Installation, Json } from '../model.ts'
import { type Call, created, list, ok, operation, type Route } from '../router.ts'
import { redeliver } from '../webhooks.ts'
import { findRepository, installationOf } from '../world.ts'

function installationAt({ world, params }: Call): Installation {
  const found = world.installations.find((each) => each.id === Number(params.installation_id))
  if (!found) throw notFound()
  return found
}

function deliveryAt({ world, params }: Call): HookDelivery {
  const found = world.deliveries.find((each) => each.id === Number(params.delivery_id))
  if (!found) throw notFound()
  return found
}

function deliveryItem(delivery: HookDelivery): Json {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.at,
    redelivery: delivery.redelivery,
    duration: delivery.duration,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  }
}

/** Newest first, `cursor` being the id to go on below. */
function listDeliveries({ world, query }: Call) {
  const size = Math.min(Number(query.get('per_page') ?? 30), 100)
  const cursor = query.get('cursor')
  const below = cursor ? Number(cursor) : Number.POSITIVE_INFINITY
  const found = world.deliveries.filter((each) => each.id < below).reverse()
  const page = found.slice(0, size)
  const last = page.at(-1)
  const url = `${world.url}/api/v3/app/hook/deliveries?per_page=${size}&cursor=${last?.id}`
  const more = found.length > size ? { link: `<${url}>; rel="next"` } : {}
  return { status: 200, body: page.map(deliveryItem), headers: more }
}

function createToken(call: Call) {
  const { body, world } = call
  const installation = installationAt(call)
  const { text, token } = issueToken(world, installation, {
    repositories: body.repositories as string[] | undefined,
    repositoryIds: body.repository_ids as number[] | undefined,
    permissions: body.permissions as Record<string, string> | undefined,
  })
  return created({
    token: text,
    expires_at: new Date(token.expiresAt).toISOString(),
    permissions: token.permissions,
    repository_selection: 'selected',
    ...(token.repositories ? { repositories: token.repositories.map((each) => fullRepositoryJson(world, each)) } : {}),
  })
}

/** The App itself: its installations, their tokens, its webhook deliveries. */
export const appRoutes: readonly Route[] = [
  operation('GET', '/app', 'app', ({ world }) =>
    ok({ ...appJson(world), installations_count: world.installations.length }),
  ),
  operation('GET', '/app/installations', 'app', ({ world }) =>
    list(world.installations, (each) => installationJson(world, each)),
  ),
  operation('GET', '/app/installations/{installation_id}', 'app', (call) =>
    ok(installationJson(call.world, installationAt(call))),
  ),
  operation('POST', '/app/installations/{installation_id}/access_tokens', 'app', createToken),
  operation('GET', '/repos/{owner}/{repo}/installation', 'app', ({ world, params }) => {
    const repository = findRepository(world, params.owner ?? '', params.repo ?? '')
    const installation = repository && installationOf(world, repository)
    if (!installation) throw notFound()
    return ok(installationJson(world, installation))
  }),
  operation('GET', '/installation/repositories', 'installation', ({ world, auth }) => {
    if (auth.kind !== 'installation') throw new GitHubError(403, 'Resource not accessible by integration')
    const covered = auth.token.repositories ?? auth.installation.repositories
    return list(covered, (each) => fullRepositoryJson(world, each), 'repositories')
  }),
  operation('GET', '/app/hook/config', 'app', ({ world }) =>
    ok({ url: world.webhookUrl ?? '', content_type: 'json', insecure_ssl: '0', secret: '********' }),
  ),
  operation('GET', '/app/hook/deliveries', 'app', listDeliveries),
  operation('GET', '/app/hook/deliveries/{delivery_id}', 'app', (call) => {
    const delivery = deliveryAt(call)
    return ok({
      ...deliveryItem(delivery),
      url: call.world.webhookUrl ?? '',
      request: { headers: delivery.requestHeaders, payload: delivery.payload },
      response: { headers: {}, payload: delivery.responseBody },
    })
  }),
  operation('POST', '/app/hook/deliveries/{delivery_id}/attempts', 'app', (call) => {
    redeliver(call.world, deliveryAt(call))
    return { status: 202, body: {} }
  }),
]
