import { createReadStream } from 'node:fs'
import { lstat, mkdtemp, readdir, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve, sep } from 'node:path'
import { detectRenderKind } from '../../core/manifests/detect.ts'
import { renderInputs } from '../../core/manifests/inputs.ts'
import { isBelow } from '../../core/manifests/repository-path.ts'
import { DrydockError } from '../../core/model/errors.ts'
import type { GitRepository } from '../../flows/ports.ts'
import { localRepository } from './local.ts'
import { gitText, runGit } from './process.ts'

/** A folder that is in no repository, as a repository of one commit. */
export type Snapshot = {
  readonly repository: GitRepository
  /** The one commit; the same for the same content. */
  readonly head: string
  /** Folder that the paths start from. */
  readonly root: string
  /** The folder's path from `root`, with `/`; `.` is the root. */
  readonly pathInside: string
  /** Removes the temporary repository. */
  readonly dispose: () => Promise<void>
}

type FoundFile = { readonly path: string; readonly mode: '100644' | '100755' | '120000'; readonly size: number }

const FILE_LIMIT = 50_000
const BYTE_LIMIT = 256 * 1024 * 1024

/**
 * Takes a folder as it is now. The root is the folder, or, where a kustomization or chart in it refers to folders above,
 * what they have in common; of those only what is referred to is taken.
 *
 * @throws DrydockError `path-missing`, `render-too-large`, `git-failed`
 */
export async function snapshot(folder: string): Promise<Snapshot> {
  const place = await realpath(resolve(folder)).catch(() => {
    throw new DrydockError('path-missing', `There is no folder ${folder}.`)
  })
  if (!(await lstat(place)).isDirectory()) throw new DrydockError('path-missing', `${folder} is not a folder.`)
  const below = (await walk(place)).map((file) => ({ ...file, path: join(place, file.path) }))
  const outside = await outsideFiles(place, below)
  const files = [...below, ...outside]
  check(folder, files)
  const root = commonFolder([place, ...outside.map((file) => file.path)], place)
  const gitDir = await mkdtemp(join(await realpath(tmpdir()), 'drydock-snapshot-'))
  const dispose = (): Promise<void> => rm(gitDir, { recursive: true, force: true })
  try {
    await runGit(['init', '--bare', '--quiet', '--template=', '--initial-branch=main', gitDir], { cwd: gitDir })
    await runGit(['fast-import', '--quiet', '--force'], { gitDir, input: importStream(root, files) })
    const head = await gitText(['rev-parse', '--verify', 'refs/heads/main'], { gitDir })
    const pathInside = relative(root, place).split(sep).join('/') || '.'
    return { repository: localRepository(gitDir), head, root, pathInside, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** All files below a folder, by their paths from it, without `.git`. Links are taken as links, never followed. */
async function walk(folder: string, prefix = '', found: FoundFile[] = []): Promise<readonly FoundFile[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true })
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.toLowerCase() === '.git') continue
    const path = join(prefix, entry.name)
    if (entry.isDirectory()) await walk(folder, path, found)
    else if (entry.isFile() || entry.isSymbolicLink()) found.push(await describe(join(folder, path), path))
    if (found.length > FILE_LIMIT) break
  }
  return found
}

async function describe(file: string, path: string): Promise<FoundFile> {
  const found = await lstat(file)
  if (found.isSymbolicLink()) return { path, mode: '120000', size: 0 }
  return { path, mode: found.mode & 0o111 ? '100755' : '100644', size: found.size }
}

/** What the kustomizations and charts in the folder read outside of it. Their mistakes are reported by the render. */
async function outsideFiles(place: string, below: readonly FoundFile[]): Promise<readonly FoundFile[]> {
  const paths = below.map((file) => relative('/', file.path).split(sep).join('/'))
  const start = relative('/', place).split(sep).join('/') || '.'
  const folders = new Set([start, ...paths.map((path) => path.slice(0, path.lastIndexOf('/')))])
  const outside = new Map<string, FoundFile>()
  const read = async (path: string): Promise<string | undefined> => {
    const found = await lstat(join('/', path)).catch(() => undefined)
    return found?.isFile() && found.size < 16 * 1024 * 1024 ? readFile(join('/', path), 'utf8') : undefined
  }
  const list = async (path: string): Promise<readonly string[]> => {
    const found = await lstat(join('/', path)).catch(() => undefined)
    if (!found?.isDirectory()) return []
    return (await walk(join('/', path))).map((file) => `${path}/${file.path.split(sep).join('/')}`)
  }
  for (const folder of folders) {
    const direct = paths.filter((path) => isBelow(path, folder))
    if (detectRenderKind(folder, direct) === 'plain') continue
    const inputs = await renderInputs({ path: folder, render: 'auto' }, read, list).catch(() => [])
    for (const input of inputs.filter((each) => !isBelow(each, start))) {
      const entries = await list(input)
      for (const path of entries.length > 0 ? entries : [input]) {
        if (!isBelow(path, start)) outside.set(path, await describe(join('/', path), join('/', path)))
      }
    }
  }
  return [...outside.values()]
}

function check(folder: string, files: readonly FoundFile[]): void {
  const bytes = files.reduce((sum, file) => sum + file.size, 0)
  if (files.length <= FILE_LIMIT && bytes <= BYTE_LIMIT) return
  throw new DrydockError('render-too-large', `${folder} holds too much to be planned.`, {
    hint: `At most ${FILE_LIMIT} files and ${BYTE_LIMIT / 1024 / 1024} MiB. Name the folder with the manifests.`,
  })
}

function commonFolder(paths: readonly string[], place: string): string {
  let folder = place.split(sep)
  for (const path of paths) {
    const parts = path.split(sep)
    const differs = folder.findIndex((part, index) => parts[index] !== part)
    if (differs >= 0) folder = folder.slice(0, differs)
  }
  return folder.join(sep) || sep
}

/** The format of `git fast-import`: contents go in as they are, no filter sees them. */
async function* importStream(root: string, files: readonly FoundFile[]): AsyncIterable<Uint8Array | string> {
  // A fixed date: the same content has the same commit.
  yield 'commit refs/heads/main\ncommitter Drydock <drydock@localhost> 0 +0000\ndata 8\nSnapshot\n'
  for (const file of files) {
    const path = relative(root, file.path).split(sep).join('/')
    yield `M ${file.mode} inline ${quote(path)}\n`
    if (file.mode === '120000') {
      const target = Buffer.from(await readlink(file.path))
      yield `data ${target.length}\n`
      yield target
    } else {
      yield `data ${file.size}\n`
      // A file that grows while it is read must not spoil the stream.
      if (file.size > 0) yield* createReadStream(file.path, { end: file.size - 1 })
    }
    yield '\n'
  }
}

function quote(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
