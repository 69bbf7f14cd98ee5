/**
 * From a stored webhook to the start of its job: median, 95th percentile and maximum of 200, one after the other.
 *
 *   npx node bench/jobs.ts                                   PGlite in memory
 *   DRYDOCK_TEST_DATABASE_URL=… npx node bench/jobs.ts       PostgreSQL
 */
import { openDatabase } from '../src/adapters/postgres/open-database.ts'

const quiet = () => undefined
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const databaseUrl = process.env.DRYDOCK_TEST_DATABASE_URL
const database = await openDatabase({ log, ...(databaseUrl ? { databaseUrl } : { dataDir: 'memory://' }) })
let started = (_at: number): void => undefined
await database.jobs.start(async () => started(performance.now()))
const repository = { owner: 'acme', name: `bench-${process.pid}`, installationId: 1 }
const times: number[] = []
for (let number = 1; number <= 200; number += 1) {
  const start = new Promise<number>((resolve) => {
    started = resolve
  })
  const id = `${process.pid}-${number}`
  await database.store.accept({ id, event: 'pull_request', meaning: id }, [
    { kind: 'plan', repository, number, reason: 'opened' },
  ])
  const stored = performance.now()
  times.push((await start) - stored)
}
times.sort((one, other) => one - other)
const at = (share: number) => Math.max(0, times[Math.ceil(times.length * share) - 1] ?? 0).toFixed(1)
process.stdout.write(
  `${databaseUrl ? 'PostgreSQL' : 'PGlite'}: median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms\n`,
)
await database.jobs.stop(1000)
await database.close()
