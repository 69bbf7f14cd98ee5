import { realpath, stat } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { DrydockError } from '../../core/model/errors.ts'
import type { GitRepository } from '../../flows/ports.ts'
import { objectId } from './names.ts'
import { gitText, runGit, splitZero } from './process.ts'
import { repositoryAt, resolveRef } from './repository.ts'

/** A repository on this machine, seen from one of its folders. */
export type LocalRepository = {
  readonly repository: GitRepository
  /** Folder of the working tree's root. */
  readonly root: string
  /** The checked-out commit; absent in a repository without commits. */
  readonly head?: string
  /** The folder's path from `root`, with `/`; `.` is the root. */
  readonly pathInside: string
  /** Paths below the folder whose changes are not committed: a plan of HEAD doesn't show them. */
  readonly uncommitted: () => Promise<readonly string[]>
}

/**
 * The repository that holds a folder, or `undefined` when it is in none. Only reads; fetches nothing.
 *
 * @throws DrydockError `path-missing` when there is no such folder, `git-failed`
 */
export async function openLocal(folder: string): Promise<LocalRepository | undefined> {
  const place = await realpath(resolve(folder)).catch(() => {
    throw new DrydockError('path-missing', `There is no folder ${folder}.`)
  })
  if (!(await stat(place)).isDirectory()) throw new DrydockError('path-missing', `${folder} is not a folder.`)
  const found = await gitText(['rev-parse', '--absolute-git-dir', '--show-toplevel'], {
    cwd: place,
    answers: [0, 128],
  }).catch((error: unknown) => {
    const file = error instanceof DrydockError && error.cause instanceof Error && 'code' in error.cause
    if (file) throw new DrydockError('path-missing', `${folder} is not a folder.`)
    throw error
  })
  const [gitDir, root] = found.split('\n')
  if (!gitDir || !root) return undefined
  const head = await resolveRef(gitDir, 'HEAD')
  const pathInside = relative(root, place).split(sep).join('/') || '.'
  return {
    repository: localRepository(gitDir),
    root,
    ...(head ? { head } : {}),
    pathInside,
    uncommitted: async () => {
      const args = ['status', '--porcelain=v1', '-z', '--no-renames', '--ignore-submodules=all', '--', place]
      return splitZero((await runGit(args, { cwd: root })).stdout).map((line) => line.slice(3))
    },
  }
}

/** A repository that has all the commits that it will ever have. */
export function localRepository(gitDir: string): GitRepository {
  return repositoryAt(gitDir, {
    fetch: async (commits) => {
      for (const commit of commits) {
        const args = ['cat-file', '-e', `${objectId(commit)}^{commit}`]
        const { code } = await runGit(args, { gitDir, answers: [0, 1, 128] })
        if (code !== 0) {
          throw new DrydockError('git-failed', `The commit ${commit} is not in this repository.`, {
            hint: 'Fetch it first: git fetch origin',
          })
        }
      }
    },
    resolve: (ref) => resolveRef(gitDir, ref),
  })
}
