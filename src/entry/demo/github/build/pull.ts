import type { Comment, Issue, Json, Pull, Repository, Review } from '../model.ts'
import type { World } from '../world.ts'
import { appJson, association, nodeId, reactionsJson, repositoryApi, repositoryHtml, userJson } from './common.ts'
import { repositoryJson } from './repository.ts'

function side(world: World, repository: Repository, ref: string, sha: string): Json {
  return {
    label: `${repository.owner.login}:${ref}`,
    ref,
    sha,
    user: userJson(world, repository.owner),
    repo: repositoryJson(world, repository),
  }
}

/** `pull-request-simple`: in lists and reviews. */
export function simplePullJson(world: World, repository: Repository, pull: Pull): Json {
  const api = `${repositoryApi(world, repository)}/pulls/${pull.number}`
  const issue = `${repositoryApi(world, repository)}/issues/${pull.number}`
  const html = `${repositoryHtml(world, repository)}/pull/${pull.number}`
  const statuses = `${repositoryApi(world, repository)}/statuses/${pull.headSha}`
  const reviewComment = `${repositoryApi(world, repository)}/pulls/comments{/number}`
  return {
    url: api,
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: userJson(world, pull.author),
    body: pull.body,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.sha ?? pull.stats.testMerge ?? null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: [],
    milestone: null,
    draft: pull.draft,
    commits_url: `${api}/commits`,
    review_comments_url: `${api}/comments`,
    review_comment_url: reviewComment,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    head: side(world, pull.headRepository, pull.headRef, pull.headSha),
    base: side(world, repository, pull.baseRef, pull.baseSha),
    _links: {
      self: { href: api },
      html: { href: html },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${api}/comments` },
      review_comment: { href: reviewComment },
      commits: { href: `${api}/commits` },
      statuses: { href: statuses },
    },
    author_association: association(repository, pull.author),
    auto_merge: null,
    active_lock_reason: null,
  }
}

/** `pull-request`, given what stands in the way of a merge. */
export function pullJson(world: World, repository: Repository, pull: Pull, mergeableState: string): Json {
  const comments = [...repository.comments.values()].filter((comment) => comment.issue === pull.number)
  return {
    ...simplePullJson(world, repository, pull),
    merged: pull.merged !== undefined,
    mergeable: pull.state === 'closed' ? null : pull.stats.mergeable,
    rebaseable: pull.state === 'closed' ? null : pull.stats.mergeable,
    mergeable_state: mergeableState,
    merged_by: pull.merged ? userJson(world, pull.merged.by) : null,
    comments: comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: pull.stats.commits,
    additions: pull.stats.additions,
    deletions: pull.stats.deletions,
    changed_files: pull.stats.changedFiles,
  }
}

/** `issue`, also for a pull request seen as one. */
export function issueJson(world: World, repository: Repository, issue: Issue | Pull): Json {
  const url = `${repositoryApi(world, repository)}/issues/${issue.number}`
  const comments = [...repository.comments.values()].filter((comment) => comment.issue === issue.number)
  const pull = 'headSha' in issue ? issue : undefined
  const html = `${repositoryHtml(world, repository)}/${pull ? 'pull' : 'issues'}/${issue.number}`
  return {
    url,
    repository_url: repositoryApi(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    number: issue.number,
    title: issue.title,
    user: userJson(world, issue.author),
    labels: [],
    state: issue.state,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: comments.length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    author_association: association(repository, issue.author),
    active_lock_reason: null,
    ...(pull
      ? {
          draft: pull.draft,
          pull_request: {
            url: `${repositoryApi(world, repository)}/pulls/${pull.number}`,
            html_url: html,
            diff_url: `${html}.diff`,
            patch_url: `${html}.patch`,
            merged_at: pull.merged?.at ?? null,
          },
        }
      : {}),
    body: issue.body,
    reactions: reactionsJson(url, []),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: issue.state === 'closed' ? 'completed' : null,
  }
}

/** `issue-comment`. */
export function commentJson(world: World, repository: Repository, comment: Comment): Json {
  const url = `${repositoryApi(world, repository)}/issues/comments/${comment.id}`
  const kind = repository.pulls.has(comment.issue) ? 'pull' : 'issues'
  return {
    url,
    html_url: `${repositoryHtml(world, repository)}/${kind}/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${repositoryApi(world, repository)}/issues/${comment.issue}`,
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    user: userJson(world, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(repository, comment.author),
    body: comment.body,
    reactions: reactionsJson(
      url,
      comment.reactions.map((each) => each.content),
    ),
    performed_via_github_app: comment.viaApp ? appJson(world) : null,
  }
}

/** What a comment has besides in the media type `full`. Only a mail has a class that GitHub makes; Markdown isn't read. */
export function renderedBodies({ body, emailed }: Comment): Json {
  const escaped = body.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const html = emailed ? `<div class="email-fragment">${escaped}</div>` : `<p dir="auto">${escaped}</p>`
  return { body_html: html, body_text: body }
}

/** `pull-request-review`; webhooks write its state in lower case, REST in upper case. */
export function reviewJson(world: World, repository: Repository, review: Review): Json {
  const pull = `${repositoryApi(world, repository)}/pulls/${review.pull}`
  const html = `${repositoryHtml(world, repository)}/pull/${review.pull}#pullrequestreview-${review.id}`
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: userJson(world, review.author),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: pull,
    author_association: association(repository, review.author),
    _links: { html: { href: html }, pull_request: { href: pull } },
    submitted_at: review.submittedAt,
    commit_id: review.commit,
  }
}
