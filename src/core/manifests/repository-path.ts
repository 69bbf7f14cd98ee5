import { DrydockError } from '../model/errors.ts'
import type { SourcePosition } from '../model/manifest.ts'

/**
 * A path that a file names, relative to that file's folder, as a path from the root (`.`: the root).
 *
 * @throws DrydockError `path-refused` when it is absolute or leaves the repository
 */
export function resolveInside(folder: string, path: string, source: SourcePosition): string {
  const stack = folder === '.' ? [] : folder.split('/')
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') stack.push(part)
    else if (stack.pop() === undefined) throw refused(path, source)
  }
  if (path.startsWith('/') || path.includes('\0')) throw refused(path, source)
  return stack.join('/') || '.'
}

/** A file in a folder, as a path from the root. */
export function inFolder(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`
}

/** Is the path the folder itself, or below it? */
export function isBelow(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`)
}

function refused(path: string, source: SourcePosition): DrydockError {
  return new DrydockError('path-refused', `${source.path} refers to ${path}, which is outside the repository.`, {
    source,
    hint: 'Refer only to files of this repository, by a relative path.',
  })
}
