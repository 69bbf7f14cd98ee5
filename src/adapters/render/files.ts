import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DrydockError } from '../../core/model/errors.ts'

/** Reads the exported files by their paths from the repository's root. */
export type RootFiles = {
  /** Text of a regular file, or `undefined`. @throws DrydockError `path-refused`, `yaml-invalid` when it isn't UTF-8 */
  readonly read: (path: string) => Promise<string | undefined>
  /** All files below a folder, in order. @throws DrydockError `path-refused` at anything that is no regular file */
  readonly list: (folder: string) => Promise<readonly string[]>
}

/** The files below a root folder. */
export function rootFiles(root: string): RootFiles {
  const list = async (folder: string): Promise<readonly string[]> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])
    const found: string[] = []
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) found.push(...(await list(path)))
      else if (entry.isFile()) found.push(path)
      else throw refused(path)
    }
    return found
  }
  return {
    list,
    read: async (path) => {
      const found = await lstat(join(root, path)).catch(() => undefined)
      if (!found || found.isDirectory()) return undefined
      if (!found.isFile()) throw refused(path)
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(join(root, path)))
      } catch (error) {
        throw new DrydockError('yaml-invalid', `${path} is not text in UTF-8.`, {
          source: { path, line: 1 },
          hint: 'Save the file in UTF-8.',
          cause: error,
        })
      }
    },
  }
}

function refused(path: string): DrydockError {
  return new DrydockError('path-refused', `${path} is not a regular file.`, { source: { path, line: 1 } })
}
