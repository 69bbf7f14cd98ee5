/** Composition of the demo: an emulated GitHub, a cluster, and the App between them, all on this machine. */
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { connect } from './adapters/kubernetes/connection.ts'
import { DrydockError } from './core/model/errors.ts'
import { textAt } from './core/model/object.ts'
import type { Terminal } from './entry/cli/terminal.ts'
import { startApiServer } from './entry/demo/cluster/api-server.ts'
import type { DemoCluster } from './entry/demo/cluster/demo-cluster.ts'
import { startInMemoryCluster } from './entry/demo/cluster/in-memory.ts'
import { makeAppCredentials, startEmulator } from './entry/demo/github/emulator.ts'
import { demoPage } from './entry/demo/page/page.ts'
import { pullsOf } from './entry/demo/pulls.ts'
import { beforeStory, playStory } from './entry/demo/story.ts'
import { type Environment, startServer } from './serve.ts'

/** Choices of `drydock demo`. */
type DemoOptions = { readonly context?: string; readonly exit?: boolean; readonly port?: number }

/** Plays the story. Returns the exit code; with `exit` at its end, else when it is told to stop. */
export async function playDemo(
  env: Environment,
  options: DemoOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-demo-'))
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })]
  try {
    const cluster = await openCluster(env, options)
    closing.push(cluster.close)
    terminal.out(`Cluster: ${cluster.description}\n`)
    const credentials = makeAppCredentials()
    const emulator = await startEmulator({
      appId: credentials.appId,
      appKeyPem: credentials.privateKeyPem,
      webhookSecret: credentials.webhookSecret,
      folder: join(folder, 'github'),
    })
    closing.push(emulator.close)
    const server = await startServer(
      {
        PATH: env.PATH,
        KUBECONFIG: cluster.kubeconfig,
        APP_ID: String(credentials.appId),
        PRIVATE_KEY: credentials.privateKeyPem,
        WEBHOOK_SECRET: credentials.webhookSecret,
        GHE_HOST: emulator.host,
        GHE_PROTOCOL: 'http',
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: join(folder, 'data'),
        LOG_LEVEL: env.LOG_LEVEL || 'silent',
      },
      {
        clusters: {
          default: {
            inCluster: false,
            context: cluster.context,
            ...(cluster.kubeconfig ? { kubeconfig: cluster.kubeconfig } : {}),
          },
        },
      },
    )
    closing.push(server.stop)
    emulator.setWebhookUrl(`http://127.0.0.1:${server.port}/api/github/webhooks`)
    const all = await readExamples()
    const repository = await emulator.createRepository({ owner: 'acme', name: 'gitops', files: beforeStory(all) })
    repository.setPermission('alice', 'write')
    repository.setPermission('bob', 'maintain')
    repository.setPermission('carol', 'write')
    repository.setPermission('you', 'write')
    const address = await openPage(demoPage(pullsOf(repository)), options.port ?? 0, closing)
    terminal.out(`Page:    ${address}\n`)
    await playStory({ emulator, repository, cluster, say: terminal.out }, { all })
    if (!options.exit) {
      terminal.out(`\nRead and comment the pull requests at ${address} (try /plan, /help). Ctrl-C ends the demo.\n`)
      if (!signal.aborted) await once(signal, 'abort')
    }
    return 0
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}

type StageCluster = Pick<DemoCluster, 'description' | 'edit' | 'close' | 'context'> & { readonly kubeconfig?: string }

/** The cluster that was asked for, else a real API server where its binaries are, else the stand-in. */
async function openCluster(env: Environment, options: DemoOptions): Promise<StageCluster> {
  if (options.context !== undefined) return existingCluster(options.context)
  return env.KUBEBUILDER_ASSETS ? startApiServer(env.KUBEBUILDER_ASSETS) : startInMemoryCluster()
}

async function existingCluster(context: string): Promise<StageCluster> {
  const connection = await connect({ context })
  return {
    description: `the kubeconfig context "${context}" at ${connection.server}`,
    context,
    edit: async (reference, patch, manager) => {
      const path = `/apis/${reference.apiVersion}/namespaces/${reference.namespace}/${reference.kind.toLowerCase()}s/${reference.name}`
      const contentType = 'application/merge-patch+json'
      const answer = await connection.send({
        method: 'PATCH',
        path,
        query: { fieldManager: manager },
        body: patch,
        contentType,
      })
      if (answer.status !== 200)
        throw new DrydockError('cluster-refused', textAt(answer.body, 'message') ?? `HTTP ${answer.status}`)
      return answer.body as never
    },
    close: connection.close,
  }
}

async function readExamples(): Promise<Readonly<Record<string, string>>> {
  const root = fileURLToPath(new URL('../examples/gitops', import.meta.url))
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(
    files.map(async (file) => [file.slice(root.length + 1), await readFile(file, 'utf8')] as const),
  )
  return Object.fromEntries(texts)
}

async function openPage(
  page: { readonly fetch: (request: Request) => Response | Promise<Response> },
  port: number,
  closing: (() => Promise<unknown>)[],
): Promise<string> {
  const http = createServer(getRequestListener(page.fetch))
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  closing.push(async () => {
    http.close()
    http.closeAllConnections()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
}
