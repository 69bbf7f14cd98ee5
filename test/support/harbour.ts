import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startInMemoryCluster } from '../../src/entry/demo/cluster/in-memory.ts'
import { type Emulator, makeAppCredentials, startEmulator } from '../../src/entry/demo/github/emulator.ts'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { startServer } from '../../src/serve.ts'

/** Kubeconfig of a disposable cluster with controllers, for tests that need a real one. */
export const realCluster = process.env.DRYDOCK_TEST_KUBECONFIG

const credentials = makeAppCredentials()

/** Everything that a story needs: an emulated GitHub, a cluster, and Drydock between them. */
export type Harbour = {
  readonly emulator: Emulator
  /** Starts Drydock (again) on the same state; with `elsewhere`, its cluster is that of another kubeconfig. */
  readonly start: (elsewhere?: string) => Promise<void>
  readonly stop: () => Promise<void>
  /** Starts it as a process of its own; returns how to kill that, as a power cut would. */
  readonly launch: () => Promise<() => Promise<void>>
  /** What Drydock reads from its environment, for one that runs as a process of its own. */
  readonly environment: Readonly<Record<string, string>>
  readonly kubeconfig: string
  /** Waits until the check `drydock` on the head of a pull request is complete; returns its conclusion. */
  readonly planned: (repository: RepositoryStory, number: number) => Promise<string | null>
  /** Waits until the comment tells how the sync ended; returns the comment. */
  readonly synced: (repository: RepositoryStory, number: number) => Promise<string>
  readonly close: () => Promise<void>
}

/** Opens a harbour. With a real cluster in `DRYDOCK_TEST_KUBECONFIG` on that, else on the demo's stand-in. */
export async function openHarbour(options: { readonly started?: boolean } = {}): Promise<Harbour> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-harbour-'))
  const standIn = realCluster ? undefined : await startInMemoryCluster()
  const kubeconfig = realCluster ?? standIn?.kubeconfig ?? ''
  const emulator = await startEmulator({
    appId: credentials.appId,
    appKeyPem: credentials.privateKeyPem,
    webhookSecret: credentials.webhookSecret,
    folder: join(folder, 'github'),
  })
  const environment = {
    PATH: process.env.PATH ?? '',
    KUBECONFIG: kubeconfig,
    APP_ID: String(credentials.appId),
    PRIVATE_KEY: credentials.privateKeyPem,
    WEBHOOK_SECRET: credentials.webhookSecret,
    GHE_HOST: emulator.host,
    GHE_PROTOCOL: 'http',
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
  }
  let server: Awaited<ReturnType<typeof startServer>> | undefined
  const start = async (elsewhere = kubeconfig) => {
    server = await startServer(environment, { clusters: { default: { inCluster: false, kubeconfig: elsewhere } } })
    emulator.setWebhookUrl(`http://127.0.0.1:${server.port}/api/github/webhooks`)
  }
  const stop = async () => {
    await server?.stop()
    server = undefined
  }
  const launch = async () => {
    const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
      env: { ...environment, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as { msg: string; port?: number }
      if (said.msg !== 'Drydock listens') continue
      emulator.setWebhookUrl(`http://127.0.0.1:${said.port}/api/github/webhooks`)
      child.stdout.resume()
      return async () => {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }
    }
    throw new Error('Drydock ended before it listened')
  }
  if (options.started ?? true) await start()
  return {
    emulator,
    start,
    stop,
    launch,
    environment,
    kubeconfig,
    planned: (repository, number) =>
      emulator
        .waitFor(
          () => {
            const runs = repository
              .checkRuns(repository.pullRequest(number).headSha)
              .filter((run) => run.name === 'drydock')
            return (
              runs.length > 0 &&
              runs.every((run) => run.status === 'completed') && { conclusion: runs.at(-1)?.conclusion ?? null }
            )
          },
          { what: `the plan of #${number}`, timeoutMs: 60_000 },
        )
        .then((found) => found.conclusion),
    synced: (repository, number) =>
      emulator.waitFor(
        () =>
          repository.comments(number).find((comment) => /^### (✅ Synced|❌ .*sync|⏸|❌ Failed)/im.test(comment.body))
            ?.body,
        { what: `the sync of #${number}`, timeoutMs: 150_000 },
      ),
    close: async () => {
      await stop()
      await emulator.close()
      await standIn?.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A name that no other test uses. */
export function fresh(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`
}

/** Writes to GitHub since a moment, without the tokens that reading needs too. */
export function writesSince(emulator: Emulator, start: number): readonly string[] {
  return emulator.requests
    .slice(start)
    .filter((request) => request.kind === 'rest' && request.method !== 'GET' && !request.path.includes('access_tokens'))
    .map((request) => `${request.method} ${request.route}`)
}
