import type { Forge } from '../ports.ts'

/** A comment that a command stands in. */
type Asked = { readonly number: number; readonly commentId: number }

/**
 * Says something in the one reply of a command: made by what is said first, edited by what is said later. It is found again
 * by its marker among our App's own comments, also after a crash or a reply of GitHub's that was lost.
 */
export function replier(forge: Forge, { number, commentId }: Asked): (text: string) => Promise<void> {
  let known: number | undefined
  return async (text) => {
    const marker = `drydock:reply:${commentId}`
    const body = `<!-- ${marker} -->\n${text}`
    const found = known ?? (await forge.findComment(number, marker))
    known = found ?? (await forge.createComment(number, body))
    if (found !== undefined) await forge.updateComment(found, body)
  }
}
