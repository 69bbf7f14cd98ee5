import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect } from 'vitest'
import { connect } from '../../../src/adapters/kubernetes/connection.ts'
import { findPrograms } from '../../../src/adapters/render/programs.ts'
import { homeNamespace } from '../../../src/core/model/inventory.ts'
import type { Json } from '../../../src/core/model/object.ts'

const kubeconfig = process.env.DRYDOCK_TEST_KUBECONFIG ?? ''
const program = resolve('bin/drydock.js')

/** Tests that need a disposable cluster, side by side: they mostly wait for it. */
export function onCluster(name: string, tests: () => void): void {
  if (kubeconfig) describe.concurrent(name, { timeout: 60_000 }, tests)
  else describe.skip(`${name} (skipped, because DRYDOCK_TEST_KUBECONFIG names no disposable cluster)`, tests)
}

/** How a command ended, and what it printed. */
type Ran = {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly ms: number
}

/** How a command is run. */
type How = {
  readonly env?: Readonly<Record<string, string>>
  /** Called while the process runs. */
  readonly during?: (pid: number) => unknown
  /** Reads the beginning of the output and hangs up, as `| head` does. */
  readonly head?: boolean
  /** Node's own arguments. */
  readonly node?: readonly string[]
}

/** A folder of its own to run commands in, with a name that nobody else uses on the cluster. */
export type Desk = {
  /** Also a namespace that is deleted after the test. */
  readonly name: string
  readonly folder: string
  readonly write: (files: Readonly<Record<string, string | undefined>>) => void
  /** Writes the files and commits all; makes the repository first. */
  readonly commit: (files: Readonly<Record<string, string | undefined>>) => string
  /** Runs `drydock`, one at a time; fails when a process or a temporary file of it is left behind. */
  readonly drydock: (line: string, how?: How) => Promise<Ran>
}

/** Where helm and kubectl are; unpacked once for all tests. */
let renderers: Promise<readonly string[]> | undefined

async function findRenderers(): Promise<readonly string[]> {
  const programs = findPrograms(process.env.PATH ?? '')
  return [await programs.helm(), await programs.kustomize()].map(({ file }) => dirname(file))
}

/** Not by test: those that wait for the cluster run side by side. */
const cleanups: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  await (await connection)?.close()
})

/** A new folder of its own. */
export function desk(): Desk {
  const name = `cli-${randomBytes(4).toString('hex')}`
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'drydock-test-cli-')))
  const folder = join(top, name)
  const temporary = join(top, 'tmp')
  for (const each of [folder, temporary, join(top, 'home')]) mkdirSync(each)
  cleanups.push(async () => {
    rmSync(top, { recursive: true, force: true })
    if (kubeconfig) await forget(name)
  })

  const write: Desk['write'] = (files) => {
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, path)
      if (text === undefined) rmSync(file, { recursive: true })
      else {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, text.replaceAll('NAME', name))
      }
    }
  }
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    }).trim()

  return {
    name,
    folder,
    write,
    commit: (files) => {
      if (!existsSync(join(folder, '.git'))) git('init', '--quiet', '--initial-branch=main')
      write(files)
      git('add', '--all')
      git('commit', '--quiet', '--allow-empty', '-m', 'change')
      return git('rev-parse', 'HEAD')
    },
    drydock: async (line, { env = {}, during, head = false, node = [] } = {}) => {
      renderers ??= findRenderers()
      const path = [...(await renderers), process.env.PATH].join(delimiter)
      const started = performance.now()
      const child = spawn(process.execPath, [...node, program, ...line.split(' ').filter(Boolean)], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own, as a shell gives to each command.
        detached: true,
        env: { PATH: path, HOME: join(top, 'home'), TMPDIR: temporary, USER: 'ann', KUBECONFIG: kubeconfig, ...env },
      })
      let out = ''
      let err = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text
        if (head) child.stdout.destroy()
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        err += text
      })
      const ended = new Promise<number | null>((done) => child.on('close', done))
      const { pid } = child
      if (pid === undefined) throw new Error('The program did not start.')
      cleanups.push(async () => {
        // A test that gave up waiting leaves its process.
        if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL')
      })
      await during?.(pid)
      const code = await ended
      await until(async () => processesOf(top).length === 0, 2_000)
      expect(processesOf(top), `processes of "drydock ${line}" are left`).toEqual([])
      expect(readdirSync(temporary), `files of "drydock ${line}" are left`).toEqual([])
      return { code, out, err, ms: performance.now() - started }
    },
  }
}

/** Node's arguments that make the launcher believe in an old Node, as on a machine that has one. */
export const asOldNode = [
  '--import',
  `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.19.0'}})`,
]

let connection: ReturnType<typeof connect> | undefined

/** Asks the cluster past Drydock. */
export async function ask(
  method: 'GET' | 'PATCH' | 'POST' | 'DELETE',
  path: string,
  body?: Json,
): Promise<{ readonly status: number; readonly body: Record<string, never> }> {
  connection ??= connect({ kubeconfig })
  const answer = await (await connection).send({
    method,
    path,
    ...(body === undefined ? {} : { body }),
    ...(method === 'PATCH'
      ? { contentType: 'application/merge-patch+json', query: { fieldManager: 'kubectl-edit' } }
      : {}),
  })
  return { status: answer.status, body: answer.body as Record<string, never> }
}

/** Deletes a desk's namespace and what Drydock remembers of its apps. */
async function forget(name: string): Promise<void> {
  await ask('DELETE', `/api/v1/namespaces/${name}`)
  const parents = `/api/v1/namespaces/${homeNamespace}/configmaps`
  const { body } = await ask('GET', parents)
  const items = ((body as { items?: unknown }).items ?? []) as readonly {
    readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> }
  }[]
  for (const { metadata } of items) {
    const repository = metadata.annotations?.['drydock.dev/repository']
    if (repository?.startsWith(`local/${name}-`)) await ask('DELETE', `${parents}/${metadata.name}`)
  }
}

export const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: NAME\n'

/** A ConfigMap in the desk's namespace. */
export const configMap = (name: string, value = 'v'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: NAME\ndata:\n  key: ${value}\n`

/** Asks again until it is so, or the time (in ms) is up. */
export async function until(isSo: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await isSo()) && performance.now() < end) await delay(50)
}

/** Command lines of the processes that live in a folder, by their own words; where there is no /proc, nobody knows. */
function processesOf(folder: string): readonly string[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const [command, environment] = ['cmdline', 'environ'].map((name) =>
          readFileSync(`/proc/${pid}/${name}`, 'utf8'),
        )
        const all = `${command}${environment}${readlinkSync(`/proc/${pid}/cwd`)}`
        return all.includes(folder) ? [`${pid} ${command?.replaceAll('\0', ' ')}`] : []
      } catch {
        return []
      }
    })
}
