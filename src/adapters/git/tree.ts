import { createHash } from 'node:crypto'
import { DrydockError } from '../../core/model/errors.ts'
import type { TreeEntry } from '../../flows/ports.ts'
import { objectId, treePath } from './names.ts'
import { runGit, splitZero } from './process.ts'

/** One entry of a tree with what git knows of it. */
export type GitEntry = TreeEntry & {
  readonly id: string
  /** In bytes; 0 for a submodule. */
  readonly size: number
}

const TYPES: Record<string, TreeEntry['type']> = {
  '100644': 'file',
  '100755': 'executable',
  '120000': 'symlink',
  '160000': 'submodule',
}

/** All files below these paths (a path that is a file: itself), recursive, in git's order. */
export async function entriesBelow(
  gitDir: string,
  treeish: string,
  paths: readonly string[],
): Promise<readonly GitEntry[]> {
  const wanted = paths.map(treePath)
  const all = wanted.includes('')
  const entries = new Map<string, GitEntry>()
  // A few hundred paths at a time: an argument list has a limit.
  for (let start = 0; start === 0 || (!all && start < wanted.length); start += 200) {
    const some = all ? [] : wanted.slice(start, start + 200)
    const { stdout } = await runGit(['ls-tree', '-r', '-z', '-l', '--full-tree', objectId(treeish), '--', ...some], {
      gitDir,
      limit: 256 * 1024 * 1024,
    })
    for (const line of splitZero(stdout)) {
      const entry = parseEntry(line)
      if (entry) entries.set(entry.path, entry)
    }
  }
  return [...entries.values()]
}

/** Finds the entry at exactly a path, or `undefined`; a folder is no entry. */
export type EntryFinder = (treeish: string, path: string) => Promise<GitEntry | undefined>

/** Listings of folders that are kept; a tree never changes. */
const MAX_LISTINGS = 500

/** Remembers the folders that it looked into: who reads one file of a folder mostly reads more of them. */
export function entryFinder(gitDir: string): EntryFinder {
  const listings = new Map<string, Promise<ReadonlyMap<string, GitEntry>>>()
  return async (treeish, path) => {
    const wanted = treePath(path)
    if (wanted === '') return undefined
    const folder = wanted.slice(0, wanted.lastIndexOf('/') + 1)
    const key = `${objectId(treeish)}:${folder}`
    const listing = listings.get(key) ?? listFolder(gitDir, treeish, folder)
    // The newest are last; a failure is not kept.
    listings.delete(key)
    listings.set(key, listing)
    listing.catch(() => listings.delete(key))
    const [oldest] = listings.size > MAX_LISTINGS ? listings.keys() : []
    if (oldest !== undefined) listings.delete(oldest)
    return (await listing).get(wanted)
  }
}

/** The files that lie directly in a folder (`a/b/`; the root is empty), by their paths. */
async function listFolder(gitDir: string, treeish: string, folder: string): Promise<ReadonlyMap<string, GitEntry>> {
  const where = folder === '' ? [] : [folder]
  const { stdout } = await runGit(['ls-tree', '-z', '-l', '--full-tree', treeish, '--', ...where], { gitDir })
  const entries = splitZero(stdout).map(parseEntry)
  return new Map(entries.filter((each) => each !== undefined).map((each) => [each.path, each]))
}

/** The refusal of an entry that a renderer must not see, or `undefined` for a regular file. */
export function refusal(entry: TreeEntry): DrydockError | undefined {
  const source = { path: entry.path, line: 1 }
  if (entry.type === 'symlink') {
    return new DrydockError('path-refused', `${entry.path} is a symbolic link.`, {
      source,
      hint: 'Symbolic links are not followed, since they can lead out of the repository. Put a copy in its place.',
    })
  }
  if (entry.type === 'submodule') {
    return new DrydockError('path-refused', `${entry.path} is a submodule.`, {
      source,
      hint: 'Submodules are not fetched. Put the files into this repository.',
    })
  }
  const odd = entry.path
    .split('/')
    .some((part) => part === '' || part === '.' || part === '..' || /^\.git$/i.test(part))
  if (!odd) return undefined
  return new DrydockError('path-refused', `The path ${JSON.stringify(entry.path)} can't be written safely.`)
}

function parseEntry(line: string): GitEntry | undefined {
  const tab = line.indexOf('\t')
  const [mode = '', , id = '', size = ''] = line.slice(0, tab).split(/ +/)
  const type = TYPES[mode]
  // Modes that old tools wrote, like 100664, are regular files to git too.
  const known = type ?? (mode.startsWith('100') ? 'file' : undefined)
  return known && { path: line.slice(tab + 1), type: known, id, size: Number(size) || 0 }
}

/** A hash over names, modes and blob ids: equal for equal content. */
export async function fingerprintOf(gitDir: string, treeish: string, paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const { path, type, id } of await entriesBelow(gitDir, treeish, paths)) hash.update(`${type} ${id} ${path}\0`)
  return hash.digest('hex')
}
