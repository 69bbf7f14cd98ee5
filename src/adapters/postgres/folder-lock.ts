import { link, readFile, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DrydockError } from '../../core/model/errors.ts'

/** In ms: how often a holder shows that it lives, and after how long another machine may take that it doesn't. */
const BEAT_MS = 2_000
const SILENT_MS = 15_000

/** Who holds a folder. `machine` and `startedAt` tell a process from a later one with the same number. */
type Holder = { readonly pid: number; readonly machine: string; readonly startedAt: string }

/** Folders that this process holds: its own number in a lock file that isn't ours is a predecessor's (containers). */
const held = new Set<string>()

/**
 * Takes a folder for this process alone, by a file made in one step. A lock whose process is gone is taken over; from
 * another machine or container, when it was silent for 15 s. Throws `busy` with the holder.
 */
export async function lockFolder(folder: string): Promise<{ readonly release: () => Promise<void> }> {
  const path = join(folder, 'drydock.lock')
  const own: Holder = { pid: process.pid, machine: await machine(), startedAt: await startOf(process.pid) }
  const text = `${JSON.stringify(own)}\n`
  if (!(await take(path, text)) && !(await takeOver(path, text, own))) throw await busy(path, folder)
  held.add(path)
  const beat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => {})
  }, BEAT_MS).unref()
  return {
    release: async () => {
      clearInterval(beat)
      if (held.delete(path)) await rm(path, { force: true })
    },
  }
}

/** Writes the whole file elsewhere and links it, so that nobody ever reads half of it. */
async function take(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${process.pid}.${crypto.randomUUID()}`
  await writeFile(draft, text, { mode: 0o600 })
  try {
    await link(draft, path)
    return true
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false
    throw thrown
  } finally {
    await rm(draft, { force: true })
  }
}

/** Removes a dead process's lock and takes it, under a second lock: two at once would remove each other's new one. */
async function takeOver(path: string, text: string, own: Holder): Promise<boolean> {
  const guard = `${path}.taking`
  if (!(await isDead(path, own))) return false
  if (!(await take(guard, text))) {
    if ((await silence(guard)) > SILENT_MS) await rm(guard, { force: true })
    return false
  }
  try {
    if (!(await isDead(path, own))) return false
    await rm(path, { force: true })
    return await take(path, text)
  } finally {
    await rm(guard, { force: true })
  }
}

async function isDead(path: string, own: Holder): Promise<boolean> {
  const holder = await read(path)
  if (!holder) return (await silence(path)) > SILENT_MS
  if (holder.machine !== own.machine) return (await silence(path)) > SILENT_MS
  if (holder.pid === own.pid) return !held.has(path)
  try {
    process.kill(holder.pid, 0)
  } catch (thrown) {
    if (codeOf(thrown) === 'ESRCH') return true
  }
  return holder.startedAt !== (await startOf(holder.pid))
}

async function busy(path: string, folder: string): Promise<DrydockError> {
  const holder = await read(path)
  const who = holder ? `the process ${holder.pid} on ${holder.machine.split(' ')[0]}` : 'another process'
  return new DrydockError('busy', `The data folder ${folder} is in use by ${who}.`, {
    hint: 'Stop that process, or ask the server that it runs; or set DATA_DIR to another folder, or DATABASE_URL.',
  })
}

async function read(path: string): Promise<Holder | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof found !== 'object' || found === null) return undefined
    const { pid, machine, startedAt } = found as Record<string, unknown>
    if (typeof pid !== 'number' || typeof machine !== 'string' || typeof startedAt !== 'string') return undefined
    return { pid, machine, startedAt }
  } catch {
    return undefined
  }
}

/** In ms since the file was touched; endless when it's gone. */
async function silence(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** Host, boot and process namespace: within one of each, a process number means something. */
async function machine(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  return `${hostname()} ${boot.trim()} ${namespace}`
}

/** When a process started, as Linux says (field 22 of `stat`, in ticks since boot); empty elsewhere or when gone. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
}
