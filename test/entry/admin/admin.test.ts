import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DrydockError, DrydockErrors, problem } from '../../../src/core/model/errors.ts'
import { askServer } from '../../../src/entry/admin/client.ts'
import { socketIn } from '../../../src/entry/admin/protocol.ts'
import { type AdminServer, startAdmin } from '../../../src/entry/admin/server.ts'
import type { AdminOperations } from '../../../src/flows/operate/admin.ts'
import type { Log } from '../../../src/flows/ports.ts'

const lines: string[] = []
const write = (message: string) => void lines.push(message)
const log: Log = { debug: write, info: write, warn: write, error: write }

const operations: AdminOperations = {
  echo: async (input, by) => ({ ...input, by }),
  refuse: async () => {
    throw new DrydockError('usage', 'Not like this.', { hint: 'Like that.' })
  },
  'refuse-twice': async () => {
    throw new DrydockErrors([problem('held', 'one'), problem('held', 'two')])
  },
  break: async () => {
    throw new TypeError('secret detail')
  },
}

let dataDir = ''
let open: AdminServer[] = []
const start = async (folder = dataDir) => {
  const server = await startAdmin({ dataDir: folder, operations, log })
  open.push(server)
  return server
}
const ask = (operation: string, input = {}) => askServer(dataDir, operation, { by: 'ann', input })

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'drydock-admin-'))
})
afterEach(async () => {
  for (const each of open) await each.close()
  open = []
  await rm(dataDir, { recursive: true, force: true })
})

it('carries out an operation with what it was given, and by whom', async () => {
  await start()
  const input = { text: 'ü \u0000 \ud83d\ude80', large: 9007199254740993n, list: [1, null, { a: true }] }
  expect(await ask('echo', input)).toEqual({ result: { ...input, by: 'ann' } })
})

it('answers many at once', async () => {
  await start()
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask('echo', { n })))
  expect(answers.map((each) => each?.result)).toEqual(Array.from({ length: 50 }, (_, n) => ({ n, by: 'ann' })))
})

it('tells what went wrong as the operation said it, and nothing of a bug', async () => {
  await start()
  await expect(ask('refuse')).rejects.toMatchObject({
    problems: [{ code: 'usage', message: 'Not like this.', hint: 'Like that.' }],
  })
  await expect(ask('refuse-twice')).rejects.toMatchObject({ problems: [{ message: 'one' }, { message: 'two' }] })
  await expect(ask('break')).rejects.toMatchObject({ problems: [{ code: 'internal' }] })
  await expect(ask('break')).rejects.not.toThrow('secret detail')
})

it('knows no other operations', async () => {
  await start()
  for (const name of ['nothing', 'constructor', '__proto__', '']) {
    await expect(ask(name)).rejects.toMatchObject({ problems: [{ code: 'usage' }] })
  }
})

it('is open to the owner only, and leaves nothing behind', async () => {
  const server = await start()
  expect((await stat(socketIn(dataDir))).mode & 0o777).toBe(0o600)
  expect(await readdir(dataDir)).toEqual(['admin.sock'])
  await server.close()
  expect(await readdir(dataDir)).toEqual([])
})

it('is not there when no server runs', async () => {
  expect(await ask('echo')).toBeUndefined()
  await writeFile(socketIn(dataDir), 'no socket')
  expect(await ask('echo')).toBeUndefined()
  expect(await askServer(join(dataDir, 'none'), 'echo', { by: 'ann', input: {} })).toBeUndefined()
})

it('is not there after its server was killed, and the next one takes its place', async () => {
  const script = join(dataDir, 'victim.mjs')
  const path = socketIn(dataDir)
  await writeFile(
    script,
    `import net from 'node:net'\nnet.createServer().listen(${JSON.stringify(path)}, () => process.send('up'))\n`,
  )
  const victim = fork(script)
  await new Promise((up) => victim.once('message', up))
  const ended = new Promise((done) => victim.once('exit', done))
  victim.kill('SIGKILL')
  await ended
  expect(existsSync(path)).toBe(true)
  expect(await ask('echo')).toBeUndefined()
  await start()
  expect(await ask('echo')).toEqual({ result: { by: 'ann' } })
})

it('says so when the server ends without an answer, or answers something else', async () => {
  for (const said of ['', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello']) {
    const broken = createServer((socket) => void socket.resume().end(said))
    await new Promise<void>((done) => broken.listen(socketIn(dataDir), done))
    await expect(ask('echo')).rejects.toMatchObject({ code: 'store-failed' })
    await new Promise((done) => broken.close(done))
  }
})

it('refuses what is no request of Drydock, and stays', async () => {
  await start()
  const answer = await new Promise<string>((done) => {
    const socket = connect(socketIn(dataDir))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('close', () => done(text))
    socket.write('POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4\r\n\r\nnull')
  })
  expect(answer).toContain('400 Bad Request')
  await expect(ask('echo', { large: 'x'.repeat(2_000_000) })).rejects.toThrow()
  expect(await ask('echo')).toEqual({ result: { by: 'ann' } })
})

it('is left out, and that is logged, where the path is too long for a socket', async () => {
  const deep = join(dataDir, 'x'.repeat(100))
  await mkdir(deep)
  await start(deep)
  expect(lines.at(-1)).toContain('too long for a socket')
  expect(await readdir(deep)).toEqual([])
})

it('says who may ask when this user may not', async () => {
  await start()
  await chmod(socketIn(dataDir), 0)
  const isRoot = process.getuid?.() === 0
  // Root may ask always.
  if (isRoot) process.seteuid?.(65_534)
  try {
    await expect(ask('echo')).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('as root') })
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})
