import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DrydockError } from '../../../core/model/errors.ts'
import type { JsonObject, LiveObject } from '../../../core/model/object.ts'
import type { ObjectReference } from '../../../core/model/reference.ts'
import { apiClient, type Endpoint } from './client.ts'
import { runController } from './controller.ts'
import { apiVersionOf, demoKinds, pathOf } from './kinds.ts'

/** A cluster that was started for the demo. */
export type DemoCluster = {
  /** What it is, in a few words for people. */
  readonly description: string
  /** Path of a kubeconfig file with its one context, {@link DemoCluster.context}. */
  readonly kubeconfig: string
  readonly context: string
  readonly url: string
  /**
   * Changes an object by a JSON merge patch as somebody's `kubectl edit` would; `manager` is the field manager
   * (`kubectl-edit`). Throws `unknown-kind` or `cluster-refused`.
   */
  readonly edit: (reference: ObjectReference, patch: JsonObject, manager: string) => Promise<LiveObject>
  /** Stops it and removes its files; safe to call twice. */
  readonly close: () => Promise<void>
}

/** A temporary folder of a demo's cluster, readable by this user only. */
export function demoFolder(): string {
  return mkdtempSync(join(tmpdir(), 'drydock-demo-'))
}

/** Makes a demo's cluster of an API server that runs: writes its kubeconfig and runs the controller against it. */
export function demoCluster(
  endpoint: Endpoint,
  what: { readonly description: string; readonly folder: string; readonly stop: () => Promise<void> },
): DemoCluster {
  const context = 'drydock-demo'
  const kubeconfig = join(what.folder, 'kubeconfig')
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(endpoint, context), undefined, 2), { mode: 0o600 })
  const client = apiClient(endpoint)
  const controller = new AbortController()
  const running = runController(client, controller.signal)
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    controller.abort()
    await running
    client.close()
    await what.stop()
    rmSync(what.folder, { recursive: true, force: true, maxRetries: 5 })
  }
  return {
    description: what.description,
    kubeconfig,
    context,
    url: endpoint.url,
    edit: async (reference, patch, manager) => {
      const kind = demoKinds.find((each) => each.kind === reference.kind && apiVersionOf(each) === reference.apiVersion)
      if (!kind) throw new DrydockError('unknown-kind', `The demo has no ${reference.apiVersion} ${reference.kind}.`)
      const path = pathOf(kind, reference.namespace, reference.name)
      const reply = await client.request('PATCH', `${path}?fieldManager=${encodeURIComponent(manager)}`, patch)
      if (reply.status !== 200) throw new DrydockError('cluster-refused', String(reply.body.message))
      return reply.body as LiveObject
    },
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

function kubeconfigOf(endpoint: Endpoint, context: string): JsonObject {
  const trust = endpoint.ca
    ? { 'certificate-authority-data': Buffer.from(endpoint.ca).toString('base64') }
    : // Without TLS there is nothing to verify; @kubernetes/client-node wants it said.
      { 'insecure-skip-tls-verify': true }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: context, cluster: { server: endpoint.url, ...trust } }],
    users: [{ name: context, user: endpoint.token ? { token: endpoint.token } : {} }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    'current-context': context,
  }
}
