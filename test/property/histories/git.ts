import { createHash } from 'node:crypto'
import { DrydockError } from '../../../src/core/model/errors.ts'
import type { GitRepository } from '../../../src/flows/ports.ts'
import { configurationOf, filesOf, type Tree } from './tree.ts'

/** A commit with what the model knows of it. */
type Commit = {
  readonly id: string
  readonly parent?: string
  readonly tree: Tree
  /** Pull request that it is the merge of; absent for a direct push. */
  readonly number?: number
  readonly files: ReadonlyMap<string, string>
}

/** A repository with one branch, in memory. Folders of a checkout are kept in memory too. */
export type MemoryGit = {
  readonly head: () => Commit
  readonly commit: (tree: Tree, number?: number) => Commit
  /** Sets the branch to another commit, as a forced push does. */
  readonly reset: (id: string) => void
  readonly find: (id: string) => Commit
  /** Commits from a commit back to the first one. */
  readonly line: (from: string) => readonly Commit[]
  /** The merge commit of each pull request. */
  readonly merges: () => ReadonlyMap<number, string>
  /** The text of a blob that somebody asked about. */
  readonly textOf: (blob: string) => string | undefined
  readonly repository: GitRepository
  /** Files of a scratch folder. */
  readonly checkout: (folder: string) => ReadonlyMap<string, string>
  readonly forget: (folder: string) => void
}

export function memoryGit(first: Tree): MemoryGit {
  const commits = new Map<string, Commit>()
  const checkouts = new Map<string, Map<string, string>>()
  let head: Commit
  let made = 0
  const texts = new Map<string, string>()
  const blobOf = (text: string): string => {
    const id = createHash('sha1').update(text).digest('hex')
    texts.set(id, text)
    return id
  }
  const find = (id: string): Commit => {
    const found = commits.get(id)
    if (!found) throw new DrydockError('git-failed', `There is no commit ${id}.`)
    return found
  }
  const commit = (tree: Tree, number?: number, parent?: string): Commit => {
    made += 1
    const files = new Map([...configurationOf(tree), ...filesOf(tree)])
    const id = createHash('sha1').update(`${made}\n${parent}`).digest('hex')
    head = { id, tree, files, ...(parent ? { parent } : {}), ...(number ? { number } : {}) }
    commits.set(id, head)
    return head
  }
  const line = (from: string): readonly Commit[] => {
    const found = find(from)
    return found.parent ? [found, ...line(found.parent)] : [found]
  }
  const inside = (path: string, folder = '.') => folder === '.' || path === folder || path.startsWith(`${folder}/`)
  const below = (id: string, paths: readonly string[]) =>
    [...find(id).files].filter(([path]) => paths.some((each) => inside(path, each)))
  head = commit(first)

  const repository: GitRepository = {
    fetch: async (ids) => void ids.map(find),
    resolve: async (ref) => (commits.has(ref) ? ref : undefined),
    mergeBase: async (one, other) => {
      const others = new Set(line(other).map((each) => each.id))
      return line(one).find((each) => others.has(each.id))?.id
    },
    mergeTree: async (_base, id) => ({ tree: id }),
    changedPaths: async (from, to) => {
      const [before, after] = [find(from).files, find(to).files]
      return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path))
    },
    read: async (id, path) => find(id).files.get(path),
    list: async (id, folder) => below(id, [folder ?? '.']).map(([path]) => ({ path, type: 'file' as const })),
    blobs: async (id, paths) => {
      const there = [...find(id).files].filter(([path]) => paths.includes(path))
      return new Map(there.map(([path, text]) => [path, { mode: '100644', id: blobOf(text) }]))
    },
    export: async (id, paths, destination) => {
      const found = below(id, paths)
      if (found.length === 0) throw new DrydockError('path-missing', `${paths.join(', ')} is not there.`)
      checkouts.set(destination, new Map(found))
    },
    fingerprint: async (id, paths) => JSON.stringify(below(id, paths)),
    firstParents: async (from, to, limit) => {
      const all = line(to).map((each) => each.id)
      const end = all.indexOf(from)
      return all.slice(0, end < 0 ? limit : Math.min(end, limit)).toReversed()
    },
    isAncestor: async (ancestor, descendant) => line(descendant).some((each) => each.id === ancestor),
    describe: async (id) => ({ subject: `commit ${id.slice(0, 7)}`, author: 'alice', date: '2026-01-01T00:00:00Z' }),
  }
  return {
    head: () => head,
    commit: (tree, number) => commit(tree, number, head.id),
    reset: (id) => {
      head = find(id)
    },
    find,
    line,
    merges: () => new Map([...commits.values()].flatMap(({ number, id }) => (number ? [[number, id] as const] : []))),
    textOf: (blob) => texts.get(blob),
    repository,
    checkout: (folder) => checkouts.get(folder) ?? new Map(),
    forget: (folder) => void checkouts.delete(folder),
  }
}
