import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DrydockError, DrydockErrors } from '../../core/model/errors.ts'
import { treePath } from './names.ts'
import { runGit } from './process.ts'
import { type GitEntry, refusal, type TreeReader } from './tree.ts'

/** Most files and bytes that one export may have. */
const FILE_LIMIT = 50_000
const BYTE_LIMIT = 256 * 1024 * 1024
/** Bytes of content that are held in memory at once. */
const BATCH_BYTES = 16 * 1024 * 1024

/**
 * Writes files of a tree as they are stored: no filter, no line ending conversion, no link.
 *
 * @throws DrydockError `path-missing`, `path-refused`, `render-too-large`, `git-failed`
 */
export async function exportTree(
  gitDir: string,
  tree: TreeReader,
  treeish: string,
  paths: readonly string[],
  destination: string,
): Promise<void> {
  const entries = await tree.below(treeish, paths)
  for (const path of paths) await requirePresent(tree, treeish, treePath(path), entries)
  const refused = entries.map(refusal).filter((each) => each !== undefined)
  if (refused.length > 0) throw new DrydockErrors(refused.slice(0, 20).map((each) => each.toProblem()))
  const bytes = entries.reduce((sum, entry) => sum + entry.size, 0)
  if (entries.length > FILE_LIMIT || bytes > BYTE_LIMIT) {
    const amount = `${entries.length} files, ${Math.round(bytes / 1024 / 1024)} MiB`
    throw new DrydockError('render-too-large', `The folders to render hold too much: ${amount}.`, {
      hint: `At most ${FILE_LIMIT} files and ${BYTE_LIMIT / 1024 / 1024} MiB. Point the app at a smaller folder.`,
    })
  }
  const folders = new Set(entries.map((entry) => dirname(entry.path)))
  for (const folder of folders) await mkdir(join(destination, folder), { recursive: true })
  for (const batch of batches(entries)) await writeBatch(gitDir, batch, destination)
}

async function requirePresent(
  tree: TreeReader,
  treeish: string,
  path: string,
  entries: readonly GitEntry[],
): Promise<void> {
  if (path === '' || entries.some((entry) => entry.path === path || entry.path.startsWith(`${path}/`))) return
  // A link on the way is the better answer than "missing".
  const parts = path.split('/')
  for (let length = 1; length < parts.length; length++) {
    const above = await tree.at(treeish, parts.slice(0, length).join('/'))
    const refused = above && refusal(above)
    if (refused) throw refused
  }
  throw new DrydockError('path-missing', `There is no file or folder ${path} in this commit.`, {
    hint: 'Correct the path, or add the missing files.',
  })
}

function* batches(entries: readonly GitEntry[]): Iterable<readonly GitEntry[]> {
  let batch: GitEntry[] = []
  let bytes = 0
  for (const entry of entries) {
    if (batch.length > 0 && bytes + entry.size > BATCH_BYTES) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(entry)
    bytes += entry.size
  }
  if (batch.length > 0) yield batch
}

async function writeBatch(gitDir: string, entries: readonly GitEntry[], destination: string): Promise<void> {
  const { stdout } = await runGit(['cat-file', '--batch'], {
    gitDir,
    input: entries.map((entry) => `${entry.id}\n`).join(''),
    limit: BYTE_LIMIT + entries.length * 200,
  })
  let offset = 0
  for (const entry of entries) {
    const end = stdout.indexOf(10, offset)
    const [, type, size] = stdout.subarray(offset, end).toString('latin1').split(' ')
    if (type !== 'blob' || Number(size) !== entry.size) {
      throw new DrydockError('git-failed', `The content of ${entry.path} is missing in the local copy.`)
    }
    await write(join(destination, entry.path), stdout.subarray(end + 1, end + 1 + entry.size), entry.path)
    offset = end + 1 + entry.size + 1
  }
}

async function write(file: string, content: Buffer, path: string): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    // Two names that are one on a file system that ignores case, or a name that it can't hold.
    throw new DrydockError('path-refused', `The file ${path} can't be written beside the others.`, {
      source: { path, line: 1 },
      hint: 'Rename it: another file may differ only in upper and lower case.',
      cause: error,
    })
  }
}
