import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'
import type { Database } from '../../../src/adapters/postgres/open-database.ts'
import { onEachBackend } from './places.ts'

const script = fileURLToPath(new URL('./victim.ts', import.meta.url))

onEachBackend('a process that was killed', (place, backend) => {
  let victim: ChildProcess | undefined
  let survivor: Database | undefined
  afterEach(async () => {
    victim?.kill('SIGKILL')
    await survivor?.close()
  })

  it('loses nothing that it acknowledged, and another process does its jobs within seconds, in order', async () => {
    const seen: string[] = []
    const open = async () => {
      survivor = await place.open()
      await survivor.jobs.start(async (job) => {
        seen.push(job.kind === 'plan' ? `${job.number} ${job.reason}` : job.kind)
      })
      return survivor
    }
    const process = spawn(globalThis.process.execPath, [script], {
      env: { ...globalThis.process.env, VICTIM_ADDRESS: JSON.stringify(place.address()) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    victim = process
    await once(process.stdout, 'data')
    if (backend === 'pglite') {
      // The folder is the victim's for as long as it lives.
      await expect(place.open()).rejects.toMatchObject({
        code: 'busy',
        message: expect.stringContaining(`${process.pid}`),
      })
    }
    // A replica that lives all the time; on PGlite, the process that is started again.
    if (backend === 'postgres') await open()
    process.kill('SIGKILL')
    await once(process, 'exit')
    const killed = performance.now()
    if (backend === 'pglite') await open()

    await vi.waitFor(() => expect(seen).toHaveLength(3), { timeout: 28_000, interval: 20 })
    expect(performance.now() - killed).toBeLessThan(25_000)
    expect(seen.indexOf('1 opened')).toBeLessThan(seen.indexOf('1 pushed'))
    expect(seen.toSorted()).toEqual(['1 opened', '1 pushed', '2 opened'])
    expect(await survivor?.store.accept({ id: 'k2', event: 'pull_request', meaning: 'k2' }, [])).toBe(false)
  }, 60_000)
})
