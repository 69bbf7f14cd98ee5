import type { Forge, IssueComment } from '../../flows/ports.ts'
import type { ForgeParts } from './client.ts'
import { commentBody } from './limits.ts'
import { createOnce } from './patience.ts'
import { ask, askFor } from './refusal.ts'

/** Clocks of GitHub and of this machine may differ by this much, in ms. */
const clockSkew = 60_000

/**
 * Asks for a comment's HTML too, which alone tells whether it came by e-mail. Spelt out: Octokit's `mediaType` sends
 * `application/vnd.github.v3.full`, which GitHub doesn't document.
 */
const withHtml = 'application/vnd.github.full+json'

/** Comments of pull requests (GitHub keeps them with the issues) and reactions to them. */
export function commentMethods(parts: ForgeParts) {
  const { client, at, appId } = parts

  /** Our own comments only: the App's id can't be forged, a marker in a text can. */
  const ours = async (issue: number, since?: Date) => {
    const list = await client.paginate(client.rest.issues.listComments, {
      ...at,
      issue_number: issue,
      per_page: 100,
      ...(since ? { since: since.toISOString() } : {}),
    })
    return list.filter((each) => each.performed_via_github_app?.id === appId)
  }

  const methods: Pick<Forge, 'comment' | 'createComment' | 'updateComment' | 'findComment' | 'react'> = {
    comment: async (id) => {
      const found = await askFor(`show comment ${id}`, 'pull_requests: read', () =>
        client.rest.issues.getComment({ ...at, comment_id: id, headers: { accept: withHtml } }),
      )
      return found && commentOf(found.data)
    },
    createComment: async (issue, body) => {
      const since = new Date(Date.now() - clockSkew)
      const text = commentBody(body)
      const create = async () => {
        const request = { ...at, issue_number: issue, body: text, request: { retries: 0 } }
        return (await client.rest.issues.createComment(request)).data.id
      }
      const find = async () => (await ours(issue, since)).find((each) => sameComment(each.body ?? '', text))?.id
      return ask(`comment on #${issue}`, 'pull_requests: write', () => createOnce(create, find, parts))
    },
    updateComment: async (id, body) => {
      const done = await askFor(`update comment ${id}`, 'pull_requests: write', () =>
        client.rest.issues.updateComment({ ...at, comment_id: id, body: commentBody(body) }),
      )
      return done !== undefined
    },
    findComment: async (issue, marker) => {
      const list = await ask(`list the comments of #${issue}`, 'pull_requests: read', () => ours(issue))
      return list.find((each) => each.body?.includes(marker))?.id
    },
    react: async (comment, reaction) => {
      // Safe to do twice: GitHub keeps one reaction of a kind for each user. A deleted comment needs none.
      await askFor(`react to comment ${comment}`, 'pull_requests: write', () =>
        client.rest.reactions.createForIssueComment({ ...at, comment_id: comment, content: reaction }),
      )
    },
  }
  return methods
}

const markerOf = (body: string) => /^<!--.*?-->/.exec(body)?.[0]

/** A comment that carries our marker is the one we meant, else its whole text must be the same. */
function sameComment(stored: string, sent: string): boolean {
  const marker = markerOf(sent)
  return marker ? stored.startsWith(marker) : stored.replaceAll('\r\n', '\n').trim() === sent.trim()
}

/**
 * What GitHub makes of a mail, in fragments: what is new, quoted, or a signature. Nobody can write it in a comment: the
 * tags in a text are escaped, and users' HTML loses its classes.
 */
const mailFragment = /<div class="email-(?:fragment|(?:quoted|signature|hidden)-reply)"/

function commentOf(data: {
  readonly id: number
  readonly body?: string
  readonly body_html?: string
  readonly user: { readonly login: string; readonly id: number; readonly type: string } | null
  readonly created_at: string
  readonly updated_at: string
  readonly performed_via_github_app?: unknown
}): IssueComment {
  return {
    id: data.id,
    body: data.body ?? '',
    author: data.user?.login ?? 'ghost',
    authorId: data.user?.id ?? 0,
    // Only a person is obeyed: a comment without an author counts as a bot's.
    bot: data.user?.type !== 'User' || Boolean(data.performed_via_github_app),
    edited: data.created_at !== data.updated_at,
    emailed: mailFragment.test(data.body_html ?? ''),
    createdAt: data.created_at,
    updatedAt: data.updated_at,
  }
}
