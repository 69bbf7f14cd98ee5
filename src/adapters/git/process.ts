import { spawn } from 'node:child_process'
import { DrydockError } from '../../core/model/errors.ts'
import { type GitCredential, gitEnvironment, redact } from './environment.ts'

/** How one git process is run. */
export type GitRun = {
  /** The git directory; absent for `init` and for finding a repository. */
  readonly gitDir?: string
  readonly cwd?: string
  readonly input?: string | AsyncIterable<Uint8Array | string>
  /** Exit codes that are answers, not failures; default only 0. */
  readonly answers?: readonly number[]
  /** Most bytes of standard output; default 64 MiB. */
  readonly limit?: number
  /** In ms; default one minute. */
  readonly timeoutMs?: number
  readonly allow?: readonly string[]
  readonly credential?: GitCredential | undefined
}

/** What a git process answered. */
export type GitAnswer = { readonly code: number; readonly stdout: Buffer }

const STDERR_LIMIT = 64 * 1024

/**
 * Runs git without a shell, with nothing of our environment. The message of a failure is git's own, without the token.
 *
 * @throws DrydockError `git-failed`
 */
export async function runGit(args: readonly string[], run: GitRun = {}): Promise<GitAnswer> {
  const { limit = 64 * 1024 * 1024, timeoutMs = 60_000, answers = [0], credential } = run
  const child = spawn('git', [...(run.gitDir ? [`--git-dir=${run.gitDir}`] : []), '--no-pager', ...args], {
    cwd: run.cwd ?? run.gitDir,
    env: gitEnvironment({ ...(run.allow ? { allow: run.allow } : {}), credential }),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that a timeout also ends git's helpers.
    detached: true,
  })
  const kill = (): void => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }
  const out: Buffer[] = []
  let size = 0
  let stderr = ''
  let stopped: string | undefined
  const stop = (why: string): void => {
    stopped ??= why
    kill()
  }
  const timer = setTimeout(() => stop(`took longer than ${Math.round(timeoutMs / 1000)} seconds`), timeoutMs)
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > limit) stop(`answered more than ${limit} bytes`)
    else out.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_LIMIT) stderr += chunk.toString('utf8')
  })
  // Git may stop reading early; its exit code tells why.
  child.stdin.on('error', () => {})
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? -1))
  })
  try {
    const [code] = await Promise.all([ended, feed(child.stdin, run.input, stop)])
    if (stopped) throw failed(`git ${args[0]} ${stopped}.`)
    if (answers.includes(code)) return { code, stdout: Buffer.concat(out) }
    throw failed(`git ${args[0]} failed: ${redact(firstLines(stderr), credential?.token) || `exit code ${code}`}`)
  } catch (error) {
    if (error instanceof DrydockError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new DrydockError('git-failed', 'The program git was not found.', { hint: 'Install git 2.38 or newer.' })
    }
    throw failed(`git ${args[0]} could not be run.`, error)
  } finally {
    clearTimeout(timer)
  }
}

/** Like {@link runGit}, for answers that are one line of text. */
export async function gitText(args: readonly string[], run: GitRun = {}): Promise<string> {
  return (await runGit(args, run)).stdout.toString('utf8').trim()
}

/** Splits an answer of `-z` into its entries. */
export function splitZero(stdout: Buffer): string[] {
  const entries = stdout.toString('utf8').split('\0')
  if (entries.at(-1) === '') entries.pop()
  return entries
}

function failed(message: string, cause?: unknown): DrydockError {
  return new DrydockError('git-failed', message, { cause })
}

async function feed(stdin: NodeJS.WritableStream, input: GitRun['input'], stop: (why: string) => void): Promise<void> {
  if (typeof input === 'string' || input === undefined) {
    stdin.end(input ?? '')
    return
  }
  try {
    for await (const chunk of input) {
      if (!stdin.writable) return
      if (!stdin.write(chunk)) {
        await new Promise<void>((resolve) => {
          stdin.once('drain', resolve)
          stdin.once('close', resolve)
          stdin.once('error', () => resolve())
        })
      }
    }
    stdin.end()
  } catch (error) {
    stop('lost its input')
    throw error
  }
}

function firstLines(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^(fatal|error|remote): /, '').trim())
  return lines.filter(Boolean).slice(0, 5).join('; ')
}
