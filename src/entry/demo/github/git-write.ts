import { rm } from 'node:fs/promises'
import { git } from './git.ts'

/** What a path of a tree shall be: an object of the repository, or nothing (`sha` is null). */
export type TreeChange = { readonly path: string; readonly mode: string; readonly sha: string | null }

/** Type of each of these objects, `undefined` where there is none. */
export async function typesOf(folder: string, ids: readonly string[]): Promise<readonly (string | undefined)[]> {
  const input = ids.map((id) => `${id}\n`).join('')
  const out = await git(folder, ['cat-file', '--batch-check=%(objecttype)'], { input })
  return out.split('\n').map((line) => (line.endsWith(' missing') || line === '' ? undefined : line))
}

/**
 * Makes the tree that another one becomes by these changes, in their order. `index` is a file that is not there, for git's
 * use. Returns its id. The objects and paths must have been looked at.
 */
export async function writeTree(
  folder: string,
  index: string,
  base: string | undefined,
  changes: readonly TreeChange[],
): Promise<string> {
  const env = { GIT_INDEX_FILE: index }
  const input = changes.map(({ path, mode, sha }) =>
    sha === null ? `0 ${'0'.repeat(40)}\t${path}\0` : `${mode} ${sha}\t${path}\0`,
  )
  try {
    await git(folder, base ? ['read-tree', base] : ['read-tree', '--empty'], { env })
    await git(folder, ['update-index', '-z', '--index-info'], { env, input: input.join('') })
    return (await git(folder, ['write-tree'], { env })).trim()
  } finally {
    await rm(index, { force: true })
  }
}
