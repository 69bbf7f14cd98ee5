import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createGit } from '../../../src/adapters/git/git.ts'
import { openMirror } from '../../../src/adapters/git/mirror.ts'
import { gitServer, memoryLog, scratch, testRepository, thrown } from './support.ts'

const TOKEN = 'ghs_CANARYcanary0123456789'

/** Puts a git on the path that records its arguments, then runs the real one. */
function recordArguments(folder: string): string {
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const record = join(folder, 'arguments')
  writeFileSync(join(folder, 'git'), `#!/bin/sh\nprintf '%s\\n' "$@" >> ${record}\nexec ${real} "$@"\n`)
  chmodSync(join(folder, 'git'), 0o755)
  const path = process.env.PATH
  process.env.PATH = `${folder}:${path}`
  onTestFinished(() => {
    process.env.PATH = path
  })
  return record
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
}

test('a commit is fetched by its id, and the token is in no argument, URL, file, log or error', async () => {
  const root = scratch()
  const source = testRepository(join(root))
  const commit = source.commit({ 'a.yaml': 'x' })
  source.git('update-ref', 'refs/pull/1/head', commit)
  const server = await gitServer(root, TOKEN)
  const record = recordArguments(scratch())
  const folder = join(scratch(), 'mirrors', 'm.git')
  const log = memoryLog()
  let token = TOKEN
  const mirror = await openMirror({ folder, url: `${server.url}/.git`, token: async () => token, log })
  await mirror.fetch([commit])
  expect(await mirror.read(commit, 'a.yaml')).toBe('x')
  expect(await mirror.resolve('main')).toBe(commit)

  token = `${TOKEN}-revoked`
  const refused = await thrown(mirror.fetch([source.commit({ 'a.yaml': 'y' })]))
  expect(refused).toMatchObject({ code: 'git-failed' })

  const encoded = Buffer.from(`x-access-token:${TOKEN}`).toString('base64').slice(0, 30)
  const places = [
    readFileSync(record, 'utf8'),
    server.seen.join('\n'),
    log.lines.join('\n'),
    `${refused.message} ${refused.stack} ${JSON.stringify(refused)}`,
    ...filesBelow(folder).map((file) => readFileSync(file, 'latin1')),
  ]
  expect(readFileSync(record, 'utf8')).toContain('fetch')
  for (const place of places) {
    expect(place).not.toContain('CANARY')
    expect(place).not.toContain(encoded)
  }
})

test('what is here is not fetched again, and asks for no token', async () => {
  const source = testRepository()
  const first = source.commit({ a: '1' })
  const second = source.commit({ a: '2' })
  let tokens = 0
  const mirror = await openMirror({
    folder: join(scratch(), 'm.git'),
    url: `file://${source.folder}`,
    token: async () => `token-${++tokens}`,
    log: memoryLog(),
    allowFile: true,
  })
  await Promise.all([mirror.fetch([second]), mirror.fetch([second, first])])
  expect(tokens).toBe(1)
  expect(await mirror.changedPaths(first, second)).toEqual(['a'])
})

test('a server that gives no commit by id is asked for its branches', async () => {
  const source = testRepository()
  const first = source.commit({ a: '1' })
  source.commit({ a: '2' })
  const server = await gitServer(source.folder, TOKEN, true)
  const folder = join(scratch(), 'm.git')
  const mirror = await openMirror({ folder, url: `${server.url}/.git`, token: async () => TOKEN, log: memoryLog() })
  await mirror.fetch([first])
  expect(await mirror.read(first, 'a')).toBe('1')
  const gone = await thrown(mirror.fetch(['a'.repeat(40)]))
  expect(gone).toMatchObject({ code: 'git-failed', message: expect.stringContaining('not in the repository') })
})

test('other protocols, credentials in the URL and odd repository names are refused', async () => {
  const folder = join(scratch(), 'm.git')
  const options = { folder, token: async () => 'a-token', log: memoryLog() }
  for (const url of ['ext::sh -c touch% /tmp/x', '/etc', 'https://u:p@example.com/x.git', '--upload-pack=x']) {
    expect(await thrown(openMirror({ ...options, url }))).toMatchObject({ code: 'git-failed' })
  }
  const source = testRepository()
  const commit = source.commit({ a: '1' })
  const noFile = await openMirror({ ...options, url: `file://${source.folder}` })
  expect((await thrown(noFile.fetch([commit]))).message).toContain("transport 'file' not allowed")
  const git = createGit({ folder, baseUrl: 'https://example.com', token: async () => 'a-token', log: memoryLog() })
  expect(await thrown(git.open({ owner: '..', name: 'x' }, 1))).toMatchObject({ code: 'git-failed' })
  expect(await thrown(git.open({ owner: 'a', name: 'x/../../y' }, 1))).toMatchObject({ code: 'git-failed' })
})
