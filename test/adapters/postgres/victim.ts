/** A process to be killed: accepts deliveries, takes their jobs, never ends them, and says so on standard output. */
import { openDatabase } from '../../../src/adapters/postgres/open-database.ts'
import { planJob } from './sample-jobs.ts'

const address = JSON.parse(process.env.VICTIM_ADDRESS ?? '{}') as { databaseUrl?: string; dataDir?: string }
const nothing = () => {}
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const database = await openDatabase({ ...address, log })

let running = 0
const both = Promise.withResolvers<void>()
await database.jobs.start(async () => {
  running += 1
  if (running === 2) both.resolve()
  await new Promise(() => {})
})
await database.store.accept({ id: 'k1', event: 'pull_request', meaning: 'k1' }, [planJob(1), planJob(2)])
await database.store.accept({ id: 'k2', event: 'pull_request', meaning: 'k2' }, [planJob(1, 'pushed')])
await both.promise
process.stdout.write('running\n')
