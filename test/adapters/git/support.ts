import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Log } from '../../../src/flows/ports.ts'

/** A folder that is removed after the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A working repository for tests. */
export type TestRepository = {
  readonly folder: string
  readonly git: (...args: string[]) => string
  /** Writes files (`undefined`: deletes), commits, returns the commit's id. */
  readonly commit: (files: Record<string, string | undefined>, message?: string) => string
  /** Adds an entry of any mode (`120000`, `160000`) by its content or id, commits. */
  readonly commitEntry: (mode: string, path: string, content: string) => string
}

export function testRepository(folder = scratch()): TestRepository {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'Ann',
        GIT_AUTHOR_EMAIL: 'ann@example.com',
        GIT_COMMITTER_NAME: 'Ann',
        GIT_COMMITTER_EMAIL: 'ann@example.com',
      },
    }).trim()
  git('init', '--quiet', '--initial-branch=main')
  const finish = (message: string): string => {
    git('commit', '--quiet', '--allow-empty', '-m', message)
    return git('rev-parse', 'HEAD')
  }
  return {
    folder,
    git,
    commit: (files, message = 'change') => {
      for (const [path, content] of Object.entries(files)) {
        const file = join(folder, path)
        if (content === undefined) rmSync(file)
        else {
          mkdirSync(dirname(file), { recursive: true })
          writeFileSync(file, content)
        }
        git('add', '--all', '--force', '--', path)
      }
      return finish(message)
    },
    commitEntry: (mode, path, content) => {
      let id = content
      if (mode !== '160000') {
        const file = join(folder, '.git', 'entry')
        writeFileSync(file, content)
        id = git('hash-object', '-w', '--no-filters', file)
      }
      git('update-index', '--add', '--cacheinfo', `${mode},${id},${path}`)
      return finish(`add ${path}`)
    },
  }
}

/**
 * A git server over HTTP that lets only this password in; `seen` are the URLs asked for.
 * With `onlyTips` it gives no commit by its id, unless a ref points at it.
 */
export async function gitServer(
  root: string,
  password: string,
  onlyTips = false,
): Promise<{ readonly url: string; readonly seen: string[] }> {
  const expected = `Basic ${Buffer.from(`x-access-token:${password}`).toString('base64')}`
  const seen: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    seen.push(request.url ?? '')
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_COUNT: '2',
        GIT_CONFIG_KEY_0: 'uploadpack.allowAnySHA1InWant',
        GIT_CONFIG_VALUE_0: String(!onlyTips),
        GIT_CONFIG_KEY_1: 'safe.directory',
        GIT_CONFIG_VALUE_1: '*',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        ...(request.headers['content-encoding'] ? { HTTP_CONTENT_ENCODING: request.headers['content-encoding'] } : {}),
        ...(request.headers['git-protocol'] && !onlyTips
          ? { GIT_PROTOCOL: String(request.headers['git-protocol']) }
          : {}),
      },
    })
    request.pipe(backend.stdin)
    const chunks: Buffer[] = []
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    backend.on('close', () => {
      const answer = Buffer.concat(chunks)
      const end = answer.indexOf('\r\n\r\n')
      const headers = answer.subarray(0, end).toString('latin1').split('\r\n')
      const status = headers.find((line) => line.startsWith('Status: '))?.slice(8, 11)
      response.statusCode = Number(status ?? 200)
      for (const line of headers) {
        const colon = line.indexOf(': ')
        if (!line.startsWith('Status')) response.setHeader(line.slice(0, colon), line.slice(colon + 2))
      }
      response.end(answer.subarray(end + 4))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

/** A log that keeps its lines. */
export function memoryLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const add = (message: string, fields?: Record<string, unknown>): void => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
  }
  return { lines, debug: add, info: add, warn: add, error: add }
}

/** The promise's rejection, or a failure of the test when there is none. */
export async function thrown(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('Expected a rejection.')
}
