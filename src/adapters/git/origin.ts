import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { gitText } from './process.ts'

/** `scheme://host/…/owner/name.git`, or `user@host:owner/name.git`. */
const remote = /^(?:[a-z+]+:\/\/|[^/]*@)[^/:]+(?::\d+)?[:/](?:.*\/)?([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/

/**
 * What a checkout is called on a cluster: `owner/name` of its remote `origin`, as the server calls it. Without one,
 * `local/<folder>-<hash of its path>`: two folders of one name must never prune each other's objects. Never the URL: it
 * may hold a token.
 */
export async function repositoryNameOf(root: string, inGit: boolean): Promise<string> {
  const url = inGit
    ? (await gitText(['config', '--get', 'remote.origin.url'], { cwd: root, answers: [0, 1] })).trim()
    : ''
  const match = remote.exec(url)
  if (match) return `${match[1]}/${match[2]}`
  // A clone of a folder is the same repository as that folder.
  const source = await realpath(url.startsWith('/') ? url : root).catch(() => root)
  return `local/${basename(source)}-${createHash('sha256').update(source).digest('hex').slice(0, 8)}`
}
