import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DrydockError } from '../../core/model/errors.ts'
import { scratchIn } from './scratch.ts'

/** Limits of one renderer process. */
export type RenderLimits = {
  /** In ms; default one minute. */
  readonly timeoutMs?: number
  /** Bytes of address space; default 4 GiB. Not every system can limit it. */
  readonly memoryBytes?: number
  /** Bytes of standard output; default 64 MiB. */
  readonly outputBytes?: number
}

/** One run of a renderer. */
export type RendererRun = {
  /** Absolute path of the program. */
  readonly program: string
  /** A fixed list: nothing in it may be an option that a user wrote. */
  readonly args: readonly string[]
  /** Folder that it starts in; also the only one that it should read. */
  readonly cwd: string
  /** Private folder of this render, which is removed after it. */
  readonly home: string
  readonly limits: RenderLimits
  readonly signal?: AbortSignal | undefined
}

/** How a renderer ended. */
export type RendererResult = { readonly code: number; readonly stdout: string; readonly stderr: string }

const STDERR_BYTES = 64 * 1024
/** Between asking a renderer to end and ending it, in ms. */
const GRACE_MS = 2_000
/** Nothing listens there: what asks for a proxy reaches no network. */
const NO_NETWORK = 'http://127.0.0.1:9'

/**
 * Runs a renderer: the one place that starts a program on files of a pull request, and so the place for a sandbox.
 * The process has nothing of our environment, a private home, no open files of ours, no program on its path, and
 * limits on time, memory and output. It isn't kept from reading files that this user may read; that is why symbolic
 * links and references to the outside are refused before.
 *
 * @throws DrydockError `render-timeout`, `render-too-large`, `renderer-missing`; the signal's reason when it is aborted
 */
export async function runRenderer(run: RendererRun): Promise<RendererResult> {
  const { timeoutMs = 60_000, memoryBytes = 4 * 1024 ** 3, outputBytes = 64 * 1024 ** 2 } = run.limits
  run.signal?.throwIfAborted()
  const name = run.program.split('/').at(-1) ?? run.program
  // The shell only sets limits: its script is fixed, and the arguments are passed on, not read.
  // The limit on CPU time ends what is left when we are killed ourselves; several cores may use it up together.
  const seconds = Math.ceil(timeoutMs / 1000) * 4
  const memory = `ulimit -v ${Math.floor(memoryBytes / 1024)} 2>/dev/null`
  const script = `ulimit -c 0; ulimit -t ${seconds}; ${memory}; exec "$0" "$@"`
  const child = spawn('/bin/sh', ['-c', script, run.program, ...run.args], {
    cwd: run.cwd,
    env: environment(run.home),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const out: Buffer[] = []
  let size = 0
  const errors: Buffer[] = []
  let errorSize = 0
  let stopped: Error | undefined
  let forced: NodeJS.Timeout | undefined
  const send = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid) process.kill(-child.pid, signal)
    } catch {
      // The group has ended.
    }
  }
  const stop = (why: Error): void => {
    if (stopped) return
    stopped = why
    send('SIGTERM')
    forced = setTimeout(() => send('SIGKILL'), GRACE_MS)
  }
  const abort = (): void => stop(run.signal?.reason instanceof Error ? run.signal.reason : new Error('aborted'))
  const timer = setTimeout(() => stop(tookTooLong(name, timeoutMs)), timeoutMs)
  run.signal?.addEventListener('abort', abort, { once: true })
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > outputBytes) stop(wroteTooMuch(name, outputBytes))
    else out.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    if (errorSize < STDERR_BYTES) errors.push(chunk)
    errorSize += chunk.length
  })
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exit) => resolve(exit ?? -1))
    })
    if (stopped) throw stopped
    if (code === 126 || code === 127) throw cantRun(name)
    const stderr = Buffer.concat(errors).subarray(0, STDERR_BYTES).toString('utf8')
    return { code, stdout: Buffer.concat(out).toString('utf8'), stderr }
  } finally {
    clearTimeout(timer)
    clearTimeout(forced)
    // What the renderer may have left running in its group.
    send('SIGKILL')
    run.signal?.removeEventListener('abort', abort)
  }
}

/** A private folder for one render; removed after use. */
export function withHome<T>(use: (home: string) => Promise<T>): Promise<T> {
  return scratchIn(undefined)(async (home) => {
    await mkdir(join(home, 'tmp'))
    return use(home)
  })
}

function environment(home: string): Record<string, string> {
  return {
    PATH: '/nonexistent',
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    LC_ALL: 'C',
    TZ: 'UTC',
    KUBECONFIG: '/dev/null',
    HTTP_PROXY: NO_NETWORK,
    HTTPS_PROXY: NO_NETWORK,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_DATA_HOME: join(home, 'data'),
    HELM_CACHE_HOME: join(home, 'helm', 'cache'),
    HELM_CONFIG_HOME: join(home, 'helm', 'config'),
    HELM_DATA_HOME: join(home, 'helm', 'data'),
    HELM_PLUGINS: join(home, 'helm', 'plugins'),
    HELM_REGISTRY_CONFIG: join(home, 'helm', 'registry.json'),
    HELM_REPOSITORY_CONFIG: join(home, 'helm', 'repositories.yaml'),
    HELM_REPOSITORY_CACHE: join(home, 'helm', 'repository'),
  }
}

function tookTooLong(name: string, timeoutMs: number): DrydockError {
  return new DrydockError('render-timeout', `${name} took longer than ${timeoutMs / 1000} seconds and was stopped.`, {
    hint: 'Look for a loop in the templates, or split the app.',
  })
}

function wroteTooMuch(name: string, bytes: number): DrydockError {
  return new DrydockError('render-too-large', `${name} wrote more than ${bytes} bytes and was stopped.`, {
    hint: 'Look for a loop in the templates, or split the app.',
  })
}

function cantRun(name: string): DrydockError {
  return new DrydockError('renderer-missing', `The program ${name} is there but can't be run.`, {
    hint: `Install ${name} for this machine, on the PATH of Drydock.`,
  })
}
