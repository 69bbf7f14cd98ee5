/** Composition of the server: webhooks in, jobs out, GitHub and clusters at the far end. */
import { createHmac, randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pino from 'pino'
import { createGit } from './adapters/git/git.ts'
import { createForges } from './adapters/github/forges.ts'
import { clustersOf } from './adapters/kubernetes/clusters.ts'
import { openDatabase } from './adapters/postgres/open-database.ts'
import { createRenderer } from './adapters/render/renderer.ts'
import { scratchIn } from './adapters/render/scratch.ts'
import { operationsOf } from './administer.ts'
import type { ServerConfig } from './core/config/server.ts'
import { packing } from './core/history/pack.ts'
import { parseStoreKeys } from './core/history/store-key.ts'
import { DrydockError } from './core/model/errors.ts'
import { startAdmin } from './entry/admin/server.ts'
import { createHealth, createRegistry } from './entry/dashboard/health.ts'
import { webhookMetrics } from './entry/webhook/metrics.ts'
import { createServer } from './entry/webhook/server.ts'
import { handleJob } from './entry/worker/worker.ts'
import { startReleasing } from './flows/holds/release-held.ts'
import { PlanWatch } from './flows/plan/watch-plans.ts'
import type { Log } from './flows/ports.ts'
import { createRenderCache } from './flows/render/render-cache.ts'
import type { ServerWorld } from './flows/server-world.ts'
import { createOvertaking } from './flows/sync/overtaking.ts'

/** What the environment says; read once, in main.ts. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A server that runs. */
export type RunningServer = {
  readonly port: number
  /** Requests sent to the API servers so far, by cluster and verb. */
  readonly stop: () => Promise<void>
}

/** Time that running jobs have when the server is told to stop, in ms: less than Kubernetes' 30 s. */
const graceMs = 20_000

/** Runs the GitHub App until it is told to stop. Returns the exit code. */
export async function serve(env: Environment, config: ServerConfig, signal: AbortSignal): Promise<number> {
  const server = await startServer(env, config)
  await new Promise<void>((done) => {
    if (signal.aborted) done()
    signal.addEventListener('abort', () => done(), { once: true })
  })
  await server.stop()
  return 0
}

/** Starts everything: state, jobs, webhooks. Throws `usage` for settings that it can't or must not start with. */
export async function startServer(env: Environment, config: ServerConfig): Promise<RunningServer> {
  const log = logOf(env)
  const dataDir = resolve(env.DATA_DIR || '.drydock')
  const settings = {
    appId: required(env, 'APP_ID'),
    privateKey: required(env, 'PRIVATE_KEY'),
    secret: env.WEBHOOK_SECRET ?? '',
    production: env.NODE_ENV === 'production',
    ...(env.HOST ? { host: env.HOST } : {}),
    ...(env.PORT ? { port: Number(env.PORT) } : {}),
    ...(env.GHE_HOST ? { gheHost: env.GHE_HOST } : {}),
    ...(env.GHE_PROTOCOL ? { gheProtocol: env.GHE_PROTOCOL } : {}),
    ...(env.WEBHOOK_PATH ? { webhookPath: env.WEBHOOK_PATH } : {}),
  }
  const keys = parseStoreKeys(env.STORE_KEY)
  if (keys.length === 0) log.info('STORE_KEY is not set: the history keeps no values of Secrets')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const database = await openDatabase({ databaseUrl: env.DATABASE_URL, dataDir: join(dataDir, 'database'), log })
  let watch: PlanWatch | undefined
  const closing: (() => Promise<void>)[] = []
  try {
    const registry = createRegistry()
    const pages = createHealth({ checks: { database: database.ready }, registry, log })
    const server = createServer(settings, {
      store: database.store,
      log,
      metrics: webhookMetrics(registry),
      pages,
    })
    // GitHub's pace of one write a second is not that of an Enterprise Server.
    const forges = createForges({ probot: server.probot, appId: server.appId, log, pace: !env.GHE_HOST })
    const clusters = clustersOf(config.clusters)
    const world: ServerWorld = {
      clusters,
      forges,
      log,
      store: database.store,
      packing: packing(...keys),
      overtaking: createOvertaking(),
      clock: { now: () => new Date() },
      newId: randomUUID,
      // Not in the database, and the same in all processes and after a restart.
      stateKey: createHmac('sha256', settings.privateKey).update('states of live objects').digest('hex'),
      scratch: scratchIn(join(dataDir, 'scratch')),
      renders: createRenderCache(),
      renderer: createRenderer({ path: env.PATH ?? '' }),
      git: createGit({
        folder: join(dataDir, 'git'),
        baseUrl: env.GHE_HOST ? `${env.GHE_PROTOCOL || 'https'}://${env.GHE_HOST}` : 'https://github.com',
        token: forges.installationToken,
        log,
      }),
    }
    const plans = new PlanWatch({ ...world, timers: { after } })
    watch = plans
    await database.jobs.start((job, signal) => handleJob(world, plans, job, signal))
    const { port } = await server.start()
    await plans.start()
    const admin = await startAdmin({ dataDir, operations: await operationsOf(world), log })
    closing.push(admin.close)
    const releasing = startReleasing(world, every)
    closing.push(releasing.stop)
    log.info('Drydock listens', { port, clusters: Object.keys(config.clusters) })
    return {
      port,
      stop: async () => {
        log.info('Drydock stops')
        for (const close of closing) await close()
        await server.stop()
        await database.jobs.stop(graceMs)
        await plans.stop()
        await clusters.close()
        await database.close()
      },
    }
  } catch (thrown) {
    for (const close of closing) await close().catch(() => undefined)
    await database.jobs.stop(0).catch(() => undefined)
    await watch?.stop()
    await database.close()
    throw thrown
  }
}

/** Runs work after a time, in ms; what waits doesn't keep the process alive. */
function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

/** Runs work again and again, each time after so many ms; what waits doesn't keep the process alive. */
function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms)
  timer.unref()
  return () => clearInterval(timer)
}

function required(env: Environment, name: string): string {
  const value = env[name]
  if (value) return value
  throw new DrydockError('usage', `${name} is not set.`, {
    hint: 'Create a GitHub App from app.yml and set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET; docs/guide.md shows how.',
  })
}

/** One JSON object a line on standard output; errors with their stack, which only operators see. */
function logOf(env: Environment): Log {
  const logger = pino({ level: env.LOG_LEVEL || 'info', serializers: { err: pino.stdSerializers.err } })
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: Record<string, unknown>) =>
    logger[level](fields ?? {}, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
