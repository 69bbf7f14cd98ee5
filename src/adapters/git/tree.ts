import { DrydockError } from '../../core/model/errors.ts'
import type { TreeEntry } from '../../flows/ports.ts'
import { type Listing, listingCache } from './listings.ts'
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

/** The mode of an entry as git writes it now. */
export function modeOf(entry: TreeEntry): string {
  return Object.entries(TYPES).find(([, type]) => type === entry.type)?.[0] ?? '100644'
}

/** Reads trees of one repository. */
export type TreeReader = {
  /** All files below these paths (a path that is a file: itself), recursive, path by path in git's order. */
  readonly below: (treeish: string, paths: readonly string[]) => Promise<readonly GitEntry[]>
  /** The entry at exactly a path, or `undefined`; a folder is no entry. */
  readonly at: (treeish: string, path: string) => Promise<GitEntry | undefined>
}

/** One for all repositories, so that many of them take no more memory than one. */
const listings = listingCache()

/**
 * Remembers what it listed, for full ids only: what these name never changes. A render asks for the same folder four
 * times (inputs, kind, fingerprint, export), and each question to git takes longer than the answer.
 */
export function treeReader(gitDir: string): TreeReader {
  const keyOf = (tree: string, folder: string, how: 'recursive' | 'shallow'): string =>
    `${gitDir}\0${tree}\0${folder}\0${how}`
  return {
    below: async (treeish, paths) => {
      const tree = objectId(treeish)
      const wanted = [...new Set(paths.map(treePath))]
      const folders = wanted.length === 0 || wanted.includes('') ? [''] : wanted
      const known = new Map(folders.map((folder) => [folder, listings.get(keyOf(tree, folder, 'recursive'))]))
      const missing = folders.filter((folder) => !known.get(folder))
      // A few hundred paths at a time: an argument list has a limit.
      for (let start = 0; start < missing.length; start += 200) {
        const some = missing.slice(start, start + 200)
        const listed = list(gitDir, tree, some[0] === '' ? [] : some, ['-r'])
        for (const folder of some) {
          const own = some.length === 1 ? listed : listed.then((all) => partOf(all, folder))
          listings.set(keyOf(tree, folder, 'recursive'), own)
          known.set(folder, own)
        }
      }
      const entries = new Map<string, GitEntry>()
      for (const listing of known.values()) for (const [path, entry] of (await listing) ?? []) entries.set(path, entry)
      return [...entries.values()]
    },

    at: async (treeish, path) => {
      const tree = objectId(treeish)
      const wanted = treePath(path)
      if (wanted === '') return undefined
      for (const folder of foldersAbove(wanted)) {
        const known = listings.get(keyOf(tree, folder, 'recursive'))
        if (known) return (await known).get(wanted)
      }
      // Who reads one file of a folder mostly reads more of them.
      const folder = wanted.slice(0, wanted.lastIndexOf('/') + 1)
      const key = keyOf(tree, folder, 'shallow')
      const listing = listings.get(key) ?? list(gitDir, tree, folder === '' ? [] : [folder], [])
      listings.set(key, listing)
      return (await listing).get(wanted)
    },
  }
}

async function list(
  gitDir: string,
  tree: string,
  paths: readonly string[],
  options: readonly string[],
): Promise<Listing> {
  const args = ['ls-tree', ...options, '-z', '-l', '--full-tree', tree, '--', ...paths]
  const { stdout } = await runGit(args, { gitDir, limit: 256 * 1024 * 1024 })
  const entries = splitZero(stdout).map(parseEntry)
  return new Map(entries.filter((each) => each !== undefined).map((each) => [each.path, each]))
}

function partOf(all: Listing, folder: string): Listing {
  return new Map([...all].filter(([path]) => path === folder || path.startsWith(`${folder}/`)))
}

/** `a/b/c.yaml`: itself, then `a/b`, `a` and the root. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/')
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), '']
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
