/** Why a text can't be a path inside the repository, or `undefined` when it can. */
export function pathFault(path: string): string | undefined {
  if (path.trim() === '') return 'must not be empty; `.` is the root of the repository'
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'must be relative to the root of the repository'
  if (path.includes('\\')) return 'must use `/` between folders'
  if (/\p{Cc}|\p{Cf}/u.test(path)) return 'must not hold control characters'
  const segments = path.split('/')
  if (segments.includes('..')) return 'must not leave its folder: `..` is not allowed'
  // A program that gets the path as an argument would read it as an option.
  if (segments.some((each) => each.startsWith('-'))) return 'must not hold a folder whose name starts with `-`'
  if (segments.some((each) => each.toLowerCase() === '.git')) return 'must not point into `.git`'
  return undefined
}

/** A path without `./`, doubled and trailing `/`; `.` is the root. */
export function normalisePath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  return segments.length === 0 ? '.' : segments.join('/')
}

/**
 * Why a value file of Helm can't be read, or `undefined` when it can: it is relative to the app's path and may lie
 * elsewhere in the repository, but not outside. Helm itself would also fetch a URL.
 */
export function valueFileFault(appPath: string, file: string): string | undefined {
  if (file.includes('://')) return 'must be a file of this repository, not a URL'
  const stack = appPath === '.' ? [] : appPath.split('/')
  for (const segment of file.split('/')) {
    if (segment !== '..') stack.push(segment)
    else if (stack.pop() === undefined) return 'must not leave the repository'
  }
  return pathFault(file.startsWith('/') ? file : stack.join('/'))
}

/** Every folder that holds one of these files, at any depth; `.` is the root. In order of their names. */
export function foldersOf(files: readonly string[]): readonly string[] {
  const folders = new Set<string>(['.'])
  for (const file of files) {
    for (let slash = file.lastIndexOf('/'); slash > 0; slash = file.lastIndexOf('/', slash - 1)) {
      const folder = file.slice(0, slash)
      if (folders.has(folder)) break
      folders.add(folder)
    }
  }
  return [...folders].sort()
}
