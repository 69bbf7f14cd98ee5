import { commentJson, issueJson, reviewJson, simplePullJson } from '../build/pull.ts'
import { GitHubError, invalid } from '../github-error.ts'
import type { Account, Comment, Issue, Json, Pull, Reaction, Repository, Review } from '../model.ts'
import { emit } from '../webhooks.ts'
import type { World } from '../world.ts'
import { changed, newId, timestamp } from '../world.ts'

/** GitHub's limit on the body of a comment, characters. */
const MAX_BODY = 65_536

function checkBody(body: string): void {
  if (body.trim() === '') throw invalid('IssueComment', 'body', "body can't be blank")
  if (body.length > MAX_BODY) {
    throw invalid('IssueComment', 'body', `Body is too long (maximum is ${MAX_BODY} characters)`)
  }
}

/** The issue or pull request of this number. Throws 404. */
export function issueOf(repository: Repository, number: number | string | undefined): Issue | Pull {
  const issue = repository.pulls.get(Number(number)) ?? repository.issues.get(Number(number))
  if (!issue) throw new GitHubError(404, 'Not Found')
  return issue
}

/** The comment of this id. Throws 404. */
export function commentOf(repository: Repository, id: number | string | undefined): Comment {
  const comment = repository.comments.get(Number(id))
  if (!comment) throw new GitHubError(404, 'Not Found')
  return comment
}

function emitComment(world: World, repository: Repository, comment: Comment, action: string, by: Account, more?: Json) {
  const payload = {
    action,
    issue: issueJson(world, repository, issueOf(repository, comment.issue)),
    comment: commentJson(world, repository, comment),
    ...more,
  }
  emit(world, repository, 'issue_comment', payload, by)
}

/** Writes a comment: by the App's token, by e-mail, or on the page. Throws 422 when it is blank or too long. */
export function createComment(
  world: World,
  repository: Repository,
  issue: number,
  by: Account,
  body: string,
  way: 'app' | 'mail' | 'page',
): Comment {
  checkBody(body)
  const now = timestamp()
  const comment: Comment = {
    id: newId(world),
    issue,
    body,
    author: by,
    viaApp: way === 'app',
    emailed: way === 'mail',
    createdAt: now,
    updatedAt: now,
    reactions: [],
  }
  repository.comments.set(comment.id, comment)
  emitComment(world, repository, comment, 'created', by)
  changed(world)
  return comment
}

/** Changes a comment. */
export function updateComment(world: World, repository: Repository, comment: Comment, by: Account, body: string): void {
  checkBody(body)
  const from = comment.body
  comment.body = body
  // An edit within the second of the creation must still be seen as one.
  comment.updatedAt = timestamp(Math.max(Date.now(), Date.parse(comment.createdAt) + 1000))
  emitComment(world, repository, comment, 'edited', by, { changes: { body: { from } } })
  changed(world)
}

/** Deletes a comment. */
export function deleteComment(world: World, repository: Repository, comment: Comment, by: Account): void {
  emitComment(world, repository, comment, 'deleted', by)
  repository.comments.delete(comment.id)
  changed(world)
}

/** Puts an emoji on a comment. `isNew` is false when this user had put it there already. */
export function react(
  world: World,
  comment: Comment,
  by: Account,
  content: string,
): { readonly reaction: Reaction; readonly isNew: boolean } {
  const known = comment.reactions.find((each) => each.user === by && each.content === content)
  if (known) return { reaction: known, isNew: false }
  const reaction = { id: newId(world), content, user: by, createdAt: timestamp() }
  comment.reactions.push(reaction)
  changed(world)
  return { reaction, isNew: true }
}

/** Submits a review of a pull request's head. */
export function submitReview(
  world: World,
  repository: Repository,
  pull: Pull,
  by: Account,
  state: Review['state'],
  body: string,
): Review {
  if (by === pull.author && state !== 'COMMENTED') {
    throw new GitHubError(422, 'Unprocessable Entity', ['Can not approve your own pull request'])
  }
  const review: Review = {
    id: newId(world),
    pull: pull.number,
    author: by,
    state,
    body,
    commit: pull.headSha,
    submittedAt: timestamp(),
  }
  repository.reviews.push(review)
  const payload = {
    action: 'submitted',
    review: { ...reviewJson(world, repository, review), state: state.toLowerCase() },
    pull_request: simplePullJson(world, repository, pull),
  }
  emit(world, repository, 'pull_request_review', payload, by)
  changed(world)
  return review
}

/** Opens an issue. */
export function openIssue(
  world: World,
  repository: Repository,
  by: Account,
  title: string,
  body: string | null,
): Issue {
  const now = timestamp()
  const issue: Issue = {
    id: newId(world),
    number: repository.nextNumber,
    title,
    body,
    author: by,
    state: 'open',
    createdAt: now,
    updatedAt: now,
    closedAt: null,
  }
  repository.nextNumber += 1
  repository.issues.set(issue.number, issue)
  changed(world)
  return issue
}
