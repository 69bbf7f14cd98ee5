import { readFileSync } from 'node:fs'
import { Agent, fetch } from 'undici'
import type { DemoCluster } from '../../../../src/entry/demo/cluster/demo-cluster.ts'

/** What an API server answered, as plain JSON. */
export type Said = { status: number; body: Record<string, unknown>; warnings: string | null }

/** Sends requests to a demo's cluster by nothing but its kubeconfig. */
export type Talk = {
  send: (method: string, path: string, body?: unknown, type?: string, accept?: string) => Promise<Said>
  apply: (path: string, object: unknown, options?: string) => Promise<Said>
  edit: (path: string, patch: unknown, options?: string) => Promise<Said>
  /** Lines of a watch until `enough` says so. */
  watch: (path: string, enough: (events: WatchEvent[]) => boolean) => Promise<WatchEvent[]>
  close: () => Promise<void>
}

type WatchEvent = {
  type: string
  object: { metadata: Record<string, unknown>; status?: Record<string, unknown> }
}

export function talkTo(cluster: DemoCluster): Talk {
  const config = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8'))
  const { server, 'certificate-authority-data': authority } = config.clusters[0].cluster
  const { token } = config.users[0].user
  const dispatcher = new Agent(authority ? { connect: { ca: Buffer.from(authority, 'base64').toString() } } : {})
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}

  const send: Talk['send'] = async (method, path, body, type = 'application/json', accept = 'application/json') => {
    const headers = { ...authorization, accept, ...(body === undefined ? {} : { 'content-type': type }) }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(server + path, { method, headers, dispatcher, ...(text ? { body: text } : {}) })
    const answer = await response.text()
    const body_ = answer.startsWith('{') ? JSON.parse(answer) : { text: answer }
    return { status: response.status, body: body_, warnings: response.headers.get('warning') }
  }
  return {
    send,
    apply: (path, object, options = 'fieldManager=drydock&force=true&fieldValidation=Strict') =>
      send('PATCH', `${path}?${options}`, object, 'application/apply-patch+yaml'),
    edit: (path, patch, options = 'fieldManager=kubectl-edit') =>
      send('PATCH', `${path}?${options}`, patch, 'application/merge-patch+json'),
    watch: async (path, enough) => {
      const stop = new AbortController()
      const response = await fetch(server + path, { headers: authorization, dispatcher, signal: stop.signal })
      const events: WatchEvent[] = []
      let rest = ''
      for await (const chunk of response.body ?? []) {
        const lines = (rest + Buffer.from(chunk as Uint8Array).toString()).split('\n')
        rest = lines.pop() ?? ''
        events.push(...lines.map((line) => JSON.parse(line)))
        if (enough(events)) break
      }
      stop.abort()
      return events
    },
    close: () => dispatcher.close(),
  }
}

/** Paths of the demo's kinds in one namespace. */
export function paths(namespace: string) {
  const core = `/api/v1/namespaces/${namespace}`
  return {
    namespace: core,
    deployment: (name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
    configMap: (name: string) => `${core}/configmaps/${name}`,
    secret: (name: string) => `${core}/secrets/${name}`,
    service: (name: string) => `${core}/services/${name}`,
    serviceAccount: (name: string) => `${core}/serviceaccounts/${name}`,
  }
}

/** A Deployment that uses what the demo's examples use. */
export function deployment(change: (object: DeploymentLike) => void = () => undefined): DeploymentLike {
  const object: DeploymentLike = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          serviceAccountName: 'web',
          containers: [
            {
              name: 'web',
              image: 'registry.example/web:1.4.2',
              ports: [{ name: 'http', containerPort: 8080 }],
              env: [
                { name: 'LEVEL', value: 'info' },
                { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              ],
              envFrom: [{ configMapRef: { name: 'web' } }],
              readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
              livenessProbe: { tcpSocket: { port: 8080 } },
              resources: { requests: { cpu: '0.5', memory: '1024Mi' }, limits: { memory: '1Gi' } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              volumeMounts: [{ name: 'files', mountPath: '/files', readOnly: true }],
            },
          ],
          volumes: [
            { name: 'files', configMap: { name: 'web' } },
            { name: 'scratch', emptyDir: {} },
          ],
        },
      },
    },
  }
  change(object)
  return object
}

type Loose = { [key: string]: unknown }
export type DeploymentLike = {
  apiVersion: string
  kind: string
  metadata: Loose & { name: string }
  spec: Loose & { template: { metadata: Loose; spec: Loose & { containers: Loose[] } } }
}
