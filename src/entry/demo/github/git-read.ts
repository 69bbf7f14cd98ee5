import { git, gitBytes } from './git.ts'
import type { CommitInfo, Repository, Signature } from './model.ts'

/** One file of a difference. */
export type FileDiff = {
  readonly path: string
  readonly previous: string | undefined
  readonly status: 'added' | 'removed' | 'modified' | 'renamed'
  readonly additions: number
  readonly deletions: number
  readonly blob: string
  readonly patch: string | undefined
}

/** One entry of a tree. */
export type TreeEntry = {
  readonly mode: string
  readonly type: string
  readonly sha: string
  readonly size: number
  readonly path: string
}

const FORMAT = ['%H', '%T', '%P', '%an', '%ae', '%at', '%cn', '%ce', '%ct', '%B'].join('%x1f')

function signature(name = '', email = '', seconds = '0'): Signature {
  return { name, email, date: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z') }
}

/** Commits that `arguments` of git-log select, newest first. */
export async function log(repository: Repository, args: readonly string[]): Promise<readonly CommitInfo[]> {
  const out = await git(repository.folder, ['log', '-z', `--format=${FORMAT}`, ...args, '--'])
  const commits = out
    .split('\0')
    .filter(Boolean)
    .map((record) => {
      const [sha = '', tree = '', parents = '', an, ae, at, cn, ce, ct, message = ''] = record.split('\x1f')
      return {
        sha,
        tree,
        parents: parents.split(' ').filter(Boolean),
        author: signature(an, ae, at),
        committer: signature(cn, ce, ct),
        message: message.trimEnd(),
      }
    })
  for (const commit of commits) repository.commits.set(commit.sha, commit)
  return commits
}

/** One commit. Throws when there is none. */
export async function readCommit(repository: Repository, sha: string): Promise<CommitInfo> {
  const known = repository.commits.get(sha)
  if (known) return known
  const [commit] = await log(repository, ['-1', sha])
  if (!commit) throw new Error(`There is no commit ${sha}.`)
  return commit
}

/** Files that differ between two commits, with their patches. */
export async function diffFiles(folder: string, from: string, to: string): Promise<readonly FileDiff[]> {
  const raw = (await git(folder, ['diff', '-M', '--raw', '--no-abbrev', '-z', from, to])).split('\0')
  const patches = (await git(folder, ['diff', '-M', '--no-color', '--src-prefix=a/', '--dst-prefix=b/', from, to]))
    .split(/^(?=diff --git )/m)
    .filter(Boolean)
  const files: FileDiff[] = []
  for (let at = 0; at + 1 < raw.length; ) {
    const [, , , blob = '', letter = 'M'] = (raw[at] ?? '').split(' ')
    const renamed = letter.startsWith('R')
    const patch = patches[files.length]
    const start = patch?.search(/^@@ /m) ?? -1
    const hunks = start >= 0 && patch ? patch.slice(start).trimEnd() : undefined
    const lines = hunks?.split('\n') ?? []
    files.push({
      path: (renamed ? raw[at + 2] : raw[at + 1]) ?? '',
      previous: renamed ? raw[at + 1] : undefined,
      status: renamed ? 'renamed' : letter === 'A' ? 'added' : letter === 'D' ? 'removed' : 'modified',
      additions: lines.filter((line) => line.startsWith('+')).length,
      deletions: lines.filter((line) => line.startsWith('-')).length,
      blob,
      patch: hunks,
    })
    at += renamed ? 3 : 2
  }
  return files
}

/** Entries of a tree (or below a path of a commit: `<commit>:<path>`). `undefined`: there is no such tree. */
export async function listTree(
  folder: string,
  treeish: string,
  recursive = false,
): Promise<readonly TreeEntry[] | undefined> {
  const type = await git(folder, ['cat-file', '-t', treeish], { accept: [128] })
  if (!['tree', 'commit'].includes(type.trim())) return undefined
  const out = await git(folder, ['ls-tree', '-z', '-l', ...(recursive ? ['-r', '-t'] : []), treeish])
  return out
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const [head = '', path = ''] = line.split('\t')
      const [mode = '', kind = '', sha = '', size = '0'] = head.split(/ +/)
      return { mode, type: kind, sha, size: Number(size) || 0, path }
    })
}

/** Bytes of a file and its blob, or `undefined` when there is no such file. */
export async function readBlob(
  folder: string,
  name: string,
): Promise<{ readonly sha: string; readonly bytes: Buffer } | undefined> {
  const sha = (
    await git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', name], { accept: [1, 128] })
  ).trim()
  if (!sha) return undefined
  const type = (await git(folder, ['cat-file', '-t', sha], { accept: [128] })).trim()
  return type === 'blob' ? { sha, bytes: await gitBytes(folder, ['cat-file', 'blob', sha]) } : undefined
}
