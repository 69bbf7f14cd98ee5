import { join } from 'node:path'
import { DrydockError } from '../../core/model/errors.ts'
import type { Git, GitRepository, Log, RepositoryName } from '../../flows/ports.ts'
import { openMirror } from './mirror.ts'

/** What the mirrors of a server need. */
export type MirrorsOptions = {
  /** Folder that holds all mirrors; each is at `<owner>/<name>.git`, in lower case. */
  readonly folder: string
  /** `https://github.com`, or the address of GitHub Enterprise Server. */
  readonly baseUrl: string
  /** An installation token that may read this repository. */
  readonly token: (repository: RepositoryName, installationId: number) => Promise<string>
  readonly log: Log
}

/** One mirror for each repository on GitHub, opened once in this process. */
export function createGit(options: MirrorsOptions): Git {
  const opened = new Map<string, Promise<GitRepository>>()
  const installations = new Map<string, number>()
  return {
    open: (repository, installationId) => {
      const { owner, name } = repository
      if (![owner, name].every((part) => /^[A-Za-z0-9_.-]+$/.test(part) && part !== '.' && part !== '..')) {
        return Promise.reject(new DrydockError('git-failed', 'This is not the name of a repository on GitHub.'))
      }
      const key = `${owner}/${name}`.toLowerCase()
      // An app that was installed anew has a new id; the mirror stays.
      installations.set(key, installationId)
      const known = opened.get(key)
      if (known) return known
      const opening = openMirror({
        folder: join(options.folder, `${key}.git`),
        url: `${options.baseUrl.replace(/\/+$/, '')}/${owner}/${name}.git`,
        token: () => options.token(repository, installations.get(key) ?? installationId),
        log: options.log,
      })
      opened.set(key, opening)
      opening.catch(() => opened.delete(key))
      return opening
    },
  }
}
