import { DrydockError } from '../../core/model/errors.ts'
import type { KindInfo, Kinds } from '../../core/model/kinds.ts'
import { at, isArray, type Json, textAt } from '../../core/model/object.ts'
import type { Connection } from './connection.ts'

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

/**
 * Asks what the cluster serves, by aggregated discovery (KEP-3352, two requests; GA in 1.30). A group whose own server
 * is down comes back as `Stale` or empty: it is listed as unavailable, never as absent.
 */
export async function discover(connection: Connection): Promise<Kinds> {
  const answers = await Promise.all(
    ['/api', '/apis'].map((path) => connection.send({ method: 'GET', path, accept: aggregated })),
  )
  const all: KindInfo[] = []
  const unavailable: string[] = []
  for (const answer of answers) {
    if (answer.status !== 200 || textAt(answer.body, 'kind') !== 'APIGroupDiscoveryList') {
      throw new DrydockError(
        'cluster-unreachable',
        `The API server does not answer discovery (HTTP ${answer.status}).`,
        {
          hint: 'Drydock needs Kubernetes 1.30 or newer, and credentials that may read the API list.',
        },
      )
    }
    for (const group of items(at(answer.body, 'items'))) {
      const name = textAt(group, 'metadata', 'name') ?? ''
      for (const version of items(at(group, 'versions'))) {
        const apiVersion = name ? `${name}/${textAt(version, 'version')}` : (textAt(version, 'version') ?? '')
        const resources = items(at(version, 'resources'))
        if (textAt(version, 'freshness') === 'Stale' && resources.length === 0) unavailable.push(name)
        for (const resource of resources) all.push(...kindOf(apiVersion, resource))
      }
    }
  }
  const index = new Map(all.map((info) => [`${info.apiVersion} ${info.kind}`, info]))
  return { all, unavailable, find: (apiVersion, kind) => index.get(`${apiVersion} ${kind}`) }
}

function kindOf(apiVersion: string, resource: Json): readonly KindInfo[] {
  const kind = textAt(resource, 'responseKind', 'kind')
  const plural = textAt(resource, 'resource')
  const verbs = items(at(resource, 'verbs')).filter((verb) => typeof verb === 'string')
  // What can't be fetched (TokenReview, bindings) can't be a manifest either.
  if (!kind || !plural || !verbs.includes('get')) return []
  return [{ apiVersion, kind, resource: plural, namespaced: textAt(resource, 'scope') === 'Namespaced', verbs }]
}

function items(value: Json | undefined): readonly Json[] {
  return isArray(value) ? value : []
}
