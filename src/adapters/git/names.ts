import { DrydockError } from '../../core/model/errors.ts'

const OBJECT_ID = /^[0-9a-f]{40}([0-9a-f]{24})?$/

/** Tells whether a text is a full object id (SHA-1 or SHA-256). */
export function isObjectId(text: string): boolean {
  return OBJECT_ID.test(text)
}

/**
 * Lets only full object ids through, so that no text of a user can be read as an option or a revision expression.
 *
 * @throws DrydockError `git-failed`
 */
export function objectId(text: string): string {
  if (isObjectId(text)) return text
  throw new DrydockError('git-failed', `${JSON.stringify(text.slice(0, 80))} is not the full id of a commit or tree.`)
}

/**
 * A path of the repository as git has it: `./` and a trailing `/` are dropped, the root is the empty string.
 *
 * @throws DrydockError `path-refused` for an absolute path and for one with `..` or a zero byte
 */
export function treePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (path.startsWith('/') || path.includes('\0') || parts.includes('..')) {
    throw new DrydockError('path-refused', `The path ${JSON.stringify(path)} leads out of the repository.`, {
      hint: 'Use a path from the root of the repository, without "..".',
    })
  }
  return parts.join('/')
}
