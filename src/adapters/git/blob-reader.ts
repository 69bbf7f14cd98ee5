import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { DrydockError } from '../../core/model/errors.ts'
import { gitEnvironment } from './environment.ts'

/** Reads the content of blobs by their ids. */
export type BlobReader = (id: string) => Promise<Buffer>

/** A process that nobody asked anything for so long (ms) is ended. */
const IDLE_MS = 2_000

/**
 * One `git cat-file --batch` for many reads, since starting git takes longer than reading. It is started when it is
 * needed, keeps no process of ours alive, and is ended when it is idle.
 */
export function blobReader(gitDir: string): BlobReader {
  let child: ChildProcessWithoutNullStreams | undefined
  let idle: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  const start = (): ChildProcessWithoutNullStreams => {
    const args = [`--git-dir=${gitDir}`, 'cat-file', '--batch']
    const started = spawn('git', args, { cwd: gitDir, env: gitEnvironment({}), stdio: ['pipe', 'pipe', 'pipe'] })
    // A read that waits for it is told by `close`.
    for (const part of [started, started.stdin]) part.on('error', () => {})
    started.stderr.resume()
    started.on('close', () => {
      if (child === started) child = undefined
    })
    return started
  }

  const stop = (): void => {
    child?.kill()
    child = undefined
  }

  const readNow = async (id: string): Promise<Buffer> => {
    child ??= start()
    hold(child, true)
    const content = await ask(child, id)
    if (content === undefined) {
      stop()
      throw new DrydockError('git-failed', `The object ${id} can't be read from the local copy.`)
    }
    return content
  }

  return (id) => {
    clearTimeout(idle)
    waiting++
    const turn = last
      .then(() => readNow(id))
      .finally(() => {
        if (--waiting > 0) return
        if (child) hold(child, false)
        idle = setTimeout(stop, IDLE_MS)
        idle.unref()
      })
    last = turn.catch(() => {})
    return turn
  }
}

/** Asks for one blob; `undefined` when there is none or the process ended. */
function ask(child: ChildProcessWithoutNullStreams, id: string): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = []
    let size = 0
    let start = 0
    let end: number | undefined
    const finish = (content: Buffer | undefined): void => {
      child.stdout.off('data', receive)
      child.off('close', lost)
      resolve(content)
    }
    const lost = (): void => finish(undefined)
    const receive = (chunk: Buffer): void => {
      chunks.push(chunk)
      size += chunk.length
      if (end === undefined) {
        const head = Buffer.concat(chunks)
        chunks = [head]
        start = head.indexOf(10) + 1
        if (start === 0) return
        const [found, type, length] = head
          .subarray(0, start - 1)
          .toString('latin1')
          .split(' ')
        if (found !== id || type !== 'blob') {
          lost()
          return
        }
        end = start + Number(length)
      }
      // A line feed follows the content.
      if (size > end) finish(Buffer.concat(chunks).subarray(start, end))
    }
    child.stdout.on('data', receive)
    child.once('close', lost)
    child.stdin.write(`${id}\n`)
  })
}

/** Lets this process of ours end while git waits, but not while we wait for git. */
function hold(child: ChildProcessWithoutNullStreams, on: boolean): void {
  for (const part of [child, child.stdin, child.stdout, child.stderr]) {
    const handle = part as unknown as { ref?: () => void; unref?: () => void }
    if (on) handle.ref?.()
    else handle.unref?.()
  }
}
