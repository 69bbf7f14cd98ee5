import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { clusterOn } from '../../../src/adapters/kubernetes/cluster.ts'
import { type ApiRequest, type Connection, connect } from '../../../src/adapters/kubernetes/connection.ts'
import type { Change } from '../../../src/core/model/change.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'
import { ClusterRefusal } from '../../../src/core/model/refusal.ts'
import { type AuthorisedPlan, authorise } from '../../../src/core/policy/authorise.ts'
import type { Cluster } from '../../../src/flows/ports.ts'

/** Kubeconfig of a control plane that tests may change. */
export const kubeconfig = process.env.DRYDOCK_TEST_KUBECONFIG

/** Says in a suite's name why it is skipped. */
export const skipped = kubeconfig ? '' : ' (skipped: DRYDOCK_TEST_KUBECONFIG names no control plane)'

export function randomName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`
}

/** A real control plane with a namespace of its own; everything made by it goes away at the end. */
export type ControlPlane = {
  readonly cluster: Cluster
  readonly connection: Connection
  readonly namespace: string
  /** Sends a request past Drydock, as another person would. */
  readonly raw: (
    method: ApiRequest['method'],
    path: string,
    body?: object,
    options?: Pick<ApiRequest, 'query' | 'contentType'>,
  ) => Promise<{ readonly status: number; readonly body: { readonly [key: string]: never } }>
  /** Deletes this path at the end. */
  readonly later: (path: string) => void
  readonly close: () => Promise<void>
}

export async function openControlPlane(prefix: string): Promise<ControlPlane> {
  const connection = await connect({ kubeconfig: kubeconfig ?? '' })
  const namespace = randomName(prefix)
  const made: string[] = [`/api/v1/namespaces/${namespace}`]
  const raw: ControlPlane['raw'] = async (method, path, body, options) => {
    const request: ApiRequest = { method, path, ...(body ? { body: body as never } : {}), ...options }
    return (await connection.send(request)) as never
  }
  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  const answer = await raw('POST', '/api/v1/namespaces', space)
  if (answer.status !== 201) throw new Error(`no namespace: ${JSON.stringify(answer.body)}`)
  return {
    cluster: clusterOn('test', connection),
    connection,
    namespace,
    raw,
    later: (path) => void made.push(path),
    close: async () => {
      for (const path of made.reverse()) await raw('DELETE', path)
      await connection.close()
    },
  }
}

/** What the writer needs to write these objects. */
export function allowed(action: Change['action'], ...objects: readonly KubeObject[]): AuthorisedPlan {
  const changes = objects.map(
    (object): Change => ({
      ...referenceOf(object),
      action,
      summary: [],
      fields: [],
      preview: 'server',
      risks: [],
    }),
  )
  const judged = authorise(
    { name: 'x', cluster: 'test', clusterUID: 'u', changes, unchanged: 0, drift: [], errors: [], policies: [] },
    { accepted: new Set<string>(), by: 'test' },
  )
  if ('refused' in judged) throw new Error('refused')
  return judged.authorised
}

/** The refusal that a request ends with. */
export async function refusalOf(request: Promise<unknown>): Promise<ClusterRefusal> {
  const thrown = await request.then(
    () => new Error('it was not refused'),
    (cause: unknown) => cause,
  )
  if (thrown instanceof ClusterRefusal) return thrown
  throw thrown
}

/** A kubeconfig of the test's control plane with another token or server; removed by `remove`. */
export function kubeconfigWith(change: {
  readonly token?: string
  readonly server?: string
  readonly bare?: boolean
}): {
  readonly path: string
  readonly remove: () => void
} {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-kubeconfig-'))
  const path = join(folder, 'kubeconfig')
  const config = new KubeConfig()
  if (!change.bare) config.loadFromFile(kubeconfig ?? '')
  const present = config.getCurrentCluster()
  const cluster = change.bare
    ? { name: 'c', server: change.server, 'insecure-skip-tls-verify': true }
    : { name: 'c', server: change.server ?? present?.server, 'certificate-authority-data': present?.caData }
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: change.token ?? 'none' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  )
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
