import { createHash } from 'node:crypto'
import { DrydockError } from '../../core/model/errors.ts'
import type { GitRepository } from '../../flows/ports.ts'
import { blobReader } from './blob-reader.ts'
import { exportTree } from './export.ts'
import { objectId } from './names.ts'
import { gitText, runGit, splitZero } from './process.ts'
import { modeOf, refusal, treeReader } from './tree.ts'

/** The half of a repository that depends on where its commits come from. */
export type Origin = Pick<GitRepository, 'fetch' | 'resolve'>

/** Bytes of a file that is read into memory. */
const READ_LIMIT = 64 * 1024 * 1024

/** The reading half of a repository, on any git directory. */
export function repositoryAt(gitDir: string, origin: Origin): GitRepository {
  const tree = treeReader(gitDir)
  const readBlob = blobReader(gitDir)
  return {
    ...origin,

    mergeBase: async (one, other) => {
      const args = ['merge-base', objectId(one), objectId(other)]
      return (await gitText(args, { gitDir, answers: [0, 1] })) || undefined
    },

    mergeTree: async (base, head) => {
      const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', objectId(base), objectId(head)]
      const { code, stdout } = await runGit(args, { gitDir, answers: [0, 1] })
      const [tree = '', ...conflicts] = splitZero(stdout)
      return code === 0 ? { tree: objectId(tree) } : { conflicts: [...new Set(conflicts)] }
    },

    changedPaths: async (from, to) => {
      const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', objectId(from), objectId(to)]
      return splitZero((await runGit(args, { gitDir })).stdout)
    },

    read: async (treeish, path) => {
      const entry = await tree.at(treeish, path)
      if (!entry) return undefined
      const refused = refusal(entry)
      if (refused) throw refused
      if (entry.size > READ_LIMIT) throw tooLarge(path)
      return (await readBlob(entry.id)).toString('utf8')
    },

    list: async (treeish, folder = '') => {
      const below = folder.replace(/^(\.\/)+|\/+$/g, '')
      const root = below === '' || below === '.'
      const entries = await tree.below(treeish, root ? [] : [below])
      return entries
        .filter((entry) => root || entry.path.startsWith(`${below}/`))
        .map(({ path, type }) => ({ path, type }))
    },

    fingerprint: async (treeish, paths) => {
      const hash = createHash('sha256')
      for (const { path, type, id } of await tree.below(treeish, paths)) hash.update(`${type} ${id} ${path}\0`)
      return hash.digest('hex')
    },

    blobs: async (treeish, paths) => {
      // No path would mean all of them.
      if (paths.length === 0) return new Map()
      const wanted = new Set(paths)
      const entries = (await tree.below(treeish, paths)).filter((entry) => wanted.has(entry.path))
      return new Map(entries.map((entry) => [entry.path, { mode: modeOf(entry), id: entry.id }]))
    },

    export: (treeish, paths, destination) => exportTree(gitDir, tree, treeish, paths, destination),

    firstParents: async (from, to, limit) => {
      const range = [`--max-count=${Math.max(0, Math.floor(limit))}`, objectId(to), `^${objectId(from)}`]
      const text = await gitText(['rev-list', '--first-parent', '--reverse', ...range], { gitDir })
      return text === '' ? [] : text.split('\n')
    },

    isAncestor: async (ancestor, descendant) => {
      const args = ['merge-base', '--is-ancestor', objectId(ancestor), objectId(descendant)]
      return (await runGit(args, { gitDir, answers: [0, 1] })).code === 0
    },

    describe: async (commit) => {
      const format = '--format=%s%x00%an%x00%cI'
      const args = ['rev-list', '--max-count=1', '--no-commit-header', format, objectId(commit)]
      const [subject = '', author = '', date = ''] = (await gitText(args, { gitDir })).split('\0')
      return { subject, author, date }
    },
  }
}

/** The commit that a ref of this git directory names, or `undefined`. A text that git would take as an option names none. */
export async function resolveRef(gitDir: string, ref: string): Promise<string | undefined> {
  if (!/^[A-Za-z0-9_@][^\s:?*[\\\p{Cc}]*$/u.test(ref) || ref.includes('..')) return undefined
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
  return (await gitText(args, { gitDir, answers: [0, 1, 128] })).split('\n').at(-1) || undefined
}

function tooLarge(path: string): DrydockError {
  return new DrydockError('render-too-large', `${path} is larger than ${READ_LIMIT / 1024 / 1024} MiB.`, {
    source: { path, line: 1 },
  })
}
