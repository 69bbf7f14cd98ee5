import {
  commentOf,
  createComment,
  deleteComment,
  issueOf,
  openIssue,
  react,
  updateComment,
} from '../acts/conversation.ts'
import { closePull } from '../acts/pulls.ts'
import { nodeId, userJson } from '../build/common.ts'
import { commentJson, issueJson, renderedBodies } from '../build/pull.ts'
import { GitHubError } from '../github-error.ts'
import type { Comment, Json, Reaction } from '../model.ts'
import { created, list, type Need, ok, onRepository, type RepositoryCall, type Route } from '../router.ts'
import type { World } from '../world.ts'
import { changed, timestamp } from '../world.ts'

const READ: readonly Need[] = [
  ['issues', 'read'],
  ['pull_requests', 'read'],
]
const WRITE: readonly Need[] = [
  ['issues', 'write'],
  ['pull_requests', 'write'],
]

function commentAt({ repository, params }: RepositoryCall): Comment {
  return commentOf(repository, params.comment_id)
}

function ownComment(call: RepositoryCall): Comment {
  const comment = commentAt(call)
  if (comment.author !== call.actor) throw new GitHubError(403, 'Resource not accessible by integration')
  return comment
}

function reactionJson(world: World, reaction: Reaction): Json {
  return {
    id: reaction.id,
    node_id: nodeId('Reaction', reaction.id),
    user: userJson(world, reaction.user),
    content: reaction.content,
    created_at: reaction.createdAt,
  }
}

function updateIssue({ world, repository, params, body, actor }: RepositoryCall) {
  const issue = issueOf(repository, params.issue_number)
  if (typeof body.title === 'string') issue.title = body.title
  if (typeof body.body === 'string') issue.body = body.body
  if (body.state === 'closed' && issue.state === 'open') {
    if ('headSha' in issue) closePull(world, repository, issue, actor)
    issue.state = 'closed'
    issue.closedAt = timestamp()
  } else if (body.state === 'open' && !('headSha' in issue)) {
    issue.state = 'open'
    issue.closedAt = null
  }
  issue.updatedAt = timestamp()
  changed(world)
  return ok(issueJson(world, repository, issue))
}

/** Issues, comments and reactions. */
export const conversationRoutes: readonly Route[] = [
  onRepository('GET', '/issues', READ, ({ world, repository, query }) => {
    const state = query.get('state') ?? 'open'
    const issues = [...repository.issues.values(), ...repository.pulls.values()]
      .filter((each) => state === 'all' || each.state === state)
      .sort((a, b) => b.number - a.number)
    return list(issues, (issue) => issueJson(world, repository, issue))
  }),
  onRepository('POST', '/issues', [['issues', 'write']], ({ world, repository, body, actor }) => {
    const text = typeof body.body === 'string' ? body.body : null
    return created(issueJson(world, repository, openIssue(world, repository, actor, String(body.title), text)))
  }),
  onRepository('GET', '/issues/{issue_number}', READ, ({ world, repository, params }) =>
    ok(issueJson(world, repository, issueOf(repository, params.issue_number))),
  ),
  onRepository('PATCH', '/issues/{issue_number}', WRITE, updateIssue),
  onRepository('GET', '/issues/{issue_number}/comments', READ, ({ world, repository, params, query }) => {
    const { number } = issueOf(repository, params.issue_number)
    const since = Date.parse(query.get('since') ?? '') || 0
    const comments = [...repository.comments.values()].filter(
      (each) => each.issue === number && Date.parse(each.updatedAt) >= since,
    )
    return list(comments, (comment) => commentJson(world, repository, comment))
  }),
  onRepository('POST', '/issues/{issue_number}/comments', WRITE, ({ world, repository, params, body, actor }) => {
    const { number } = issueOf(repository, params.issue_number)
    const comment = createComment(world, repository, number, actor, String(body.body), 'app')
    return created(commentJson(world, repository, comment))
  }),
  onRepository('GET', '/issues/comments/{comment_id}', READ, (call) => {
    const comment = commentAt(call)
    const more = call.full ? renderedBodies(comment) : {}
    return ok({ ...commentJson(call.world, call.repository, comment), ...more })
  }),
  onRepository('PATCH', '/issues/comments/{comment_id}', WRITE, (call) => {
    const { world, repository, body, actor } = call
    const comment = ownComment(call)
    updateComment(world, repository, comment, actor, String(body.body))
    return ok(commentJson(world, repository, comment))
  }),
  onRepository('DELETE', '/issues/comments/{comment_id}', WRITE, (call) => {
    deleteComment(call.world, call.repository, ownComment(call), call.actor)
    return { status: 204 }
  }),
  onRepository('GET', '/issues/comments/{comment_id}/reactions', READ, (call) =>
    list(commentAt(call).reactions, (reaction) => reactionJson(call.world, reaction)),
  ),
  onRepository('POST', '/issues/comments/{comment_id}/reactions', WRITE, (call) => {
    const { reaction, isNew } = react(call.world, commentAt(call), call.actor, String(call.body.content))
    return { status: isNew ? 201 : 200, body: reactionJson(call.world, reaction) }
  }),
  onRepository('DELETE', '/issues/comments/{comment_id}/reactions/{reaction_id}', WRITE, (call) => {
    const { reactions } = commentAt(call)
    const at = reactions.findIndex((each) => each.id === Number(call.params.reaction_id))
    if (at < 0) throw new GitHubError(404, 'Not Found')
    reactions.splice(at, 1)
    changed(call.world)
    return { status: 204 }
  }),
]
