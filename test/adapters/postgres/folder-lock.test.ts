import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockFolder } from '../../../src/adapters/postgres/folder-lock.ts'

let folder = ''
const path = () => join(folder, 'drydock.lock')
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The lock file as this process writes it, changed. */
async function leftBehind(change: Record<string, unknown>, ageMs = 0): Promise<void> {
  const lock = await lockFolder(folder)
  const text = await readFile(path(), 'utf8')
  await lock.release()
  await writeFile(path(), JSON.stringify({ ...(JSON.parse(text) as object), ...change }))
  const then = new Date(Date.now() - ageMs)
  await utimes(path(), then, then)
}

it('lets one in, names the holder to the next, and is free after the release', async () => {
  const lock = await lockFolder(folder)
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringContaining(`process ${process.pid} on ${hostname()}`),
    hint: expect.stringContaining('DATABASE_URL'),
  })
  await lock.release()
  await (await lockFolder(folder)).release()
})

it('takes over from a process that is gone', async () => {
  await leftBehind({ pid: 0x3fffff0 })
  await (await lockFolder(folder)).release()
})

it('takes over from an earlier process that had our number, as after the restart of a container', async () => {
  await leftBehind({ startedAt: '1' })
  await (await lockFolder(folder)).release()
})

it.runIf(process.platform === 'linux')('takes over when the number now belongs to another process', async () => {
  await leftBehind({ pid: process.ppid, startedAt: '1' })
  await (await lockFolder(folder)).release()
})

it('leaves a living process on this machine its folder, however silent', async () => {
  const startedAt = await readFile(`/proc/${process.ppid}/stat`, 'utf8').catch(() => '')
  const field = startedAt.slice(startedAt.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  await leftBehind({ pid: process.ppid, startedAt: field }, 60_000)
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'busy' })
})

it('believes another machine as long as it shows life', async () => {
  await leftBehind({ machine: 'elsewhere 1 2' }, 1_000)
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringContaining('on elsewhere'),
  })
  await leftBehindSilently()
  await (await lockFolder(folder)).release()
})

async function leftBehindSilently(): Promise<void> {
  const then = new Date(Date.now() - 60_000)
  await utimes(path(), then, then)
}

it('lets one of several take a dead lock over', async () => {
  await leftBehind({ pid: 0x3fffff0 })
  const answers = await Promise.allSettled(Array.from({ length: 10 }, () => lockFolder(folder)))
  const taken = answers.filter((answer) => answer.status === 'fulfilled')
  expect(taken).toHaveLength(1)
  await taken[0]?.value.release()
})
