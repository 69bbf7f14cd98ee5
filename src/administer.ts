/** Composition of what an operator asks for: by the server that runs here, else on the database itself. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { ServerConfig } from './core/config/server.ts'
import { DrydockError } from './core/model/errors.ts'
import type { Json, JsonObject } from './core/model/object.ts'
import { askServer } from './entry/admin/client.ts'
import type { AdminOperations } from './flows/operate/admin.ts'
import type { HistoryWorld } from './flows/operate/show-history.ts'
import type { Log } from './flows/ports.ts'

/** What the environment says; read once, in main.ts. */
type Environment = Readonly<Record<string, string | undefined>>

/**
 * Carries out one operation. Throws what it throws; `usage` where there is neither a server nor a database, `busy` where
 * another process has the database and doesn't listen.
 */
export async function administer(
  env: Environment,
  config: ServerConfig,
  log: Log,
  operation: string,
  input: JsonObject,
): Promise<Json> {
  const dataDir = resolve(env.DATA_DIR || '.drydock')
  const by = operator(env)
  const answer = await askServer(dataDir, operation, { by, input })
  if (answer) return answer.result
  const databaseDir = join(dataDir, 'database')
  if (!env.DATABASE_URL && !existsSync(databaseDir)) {
    throw new DrydockError('usage', `No server runs with the data folder ${dataDir}, and it holds no database.`, {
      hint: 'Run this on the machine of the server, with its DATA_DIR or DATABASE_URL.',
    })
  }
  const [{ openDatabase }, { clustersOf }] = await Promise.all([
    import('./adapters/postgres/open-database.ts'),
    import('./adapters/kubernetes/clusters.ts'),
  ])
  const { packing } = await import('./core/history/pack.ts')
  const { parseStoreKeys } = await import('./core/history/store-key.ts')
  const database = await openDatabase({ databaseUrl: env.DATABASE_URL, dataDir: databaseDir, log })
  const clusters = clustersOf(config.clusters)
  try {
    const clock = { now: () => new Date() }
    const world = { store: database.store, packing: packing(...parseStoreKeys(env.STORE_KEY)), clusters, clock, log }
    const found = (await operationsOf(world))[operation]
    if (!found) throw new DrydockError('internal', `There is no operation ${operation}.`)
    return await found(input, by)
  } finally {
    await clusters.close()
    await database.close()
  }
}

/** Everything that an operator may ask for. */
export async function operationsOf(world: HistoryWorld): Promise<AdminOperations> {
  const [{ auditOperations }, { freezeOperations }, { historyOperations }] = await Promise.all([
    import('./flows/operate/audit-log.ts'),
    import('./flows/operate/freeze.ts'),
    import('./flows/operate/show-history.ts'),
  ])
  return { ...auditOperations(world), ...freezeOperations(world), ...historyOperations(world) }
}

/** Who asks, as this machine knows them; a container's user often has no name. */
function operator(env: Environment): string {
  if (env.SUDO_USER) return env.SUDO_USER
  try {
    return userInfo().username
  } catch {
    return env.USER || `user ${process.getuid?.() ?? 'unknown'}`
  }
}
