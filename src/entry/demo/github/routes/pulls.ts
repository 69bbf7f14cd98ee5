import { submitReview } from '../acts/conversation.ts'
import { type MergeMethod, mergePull } from '../acts/merge.ts'
import { currentPullJson } from '../acts/merge-state.ts'
import { closePull, editPull, openPull, pullCommits, pullOf, reopenPull } from '../acts/pulls.ts'
import { commitJson, fileJson } from '../build/commit.ts'
import { reviewJson, simplePullJson } from '../build/pull.ts'
import { resolveCommit } from '../git.ts'
import { diffFiles } from '../git-read.ts'
import { invalid } from '../github-error.ts'
import type { Pull, Repository, Review } from '../model.ts'
import { created, list, type Need, ok, onRepository, type RepositoryCall, type Route } from '../router.ts'
import type { World } from '../world.ts'
import { exclusively, findRepository } from '../world.ts'

const READ: readonly Need[] = [['pull_requests', 'read']]
const WRITE: readonly Need[] = [['pull_requests', 'write']]

function pullAt({ repository, params }: RepositoryCall): Pull {
  return pullOf(repository, params.pull_number)
}

function listPulls({ world, repository, query }: RepositoryCall) {
  const state = query.get('state') ?? 'open'
  const head = query.get('head')
  const base = query.get('base')
  const sort = query.get('sort') ?? 'created'
  const ascending = (query.get('direction') ?? (sort === 'created' && !query.has('sort') ? 'desc' : 'asc')) === 'asc'
  const pulls = [...repository.pulls.values()]
    .filter((pull) => state === 'all' || pull.state === state)
    .filter((pull) => !head || `${pull.headRepository.owner.login}:${pull.headRef}` === head)
    .filter((pull) => !base || pull.baseRef === base)
    .sort((a, b) => (sort === 'updated' ? Date.parse(a.updatedAt) - Date.parse(b.updatedAt) : a.number - b.number))
  return list(ascending ? pulls : pulls.reverse(), (pull) => simplePullJson(world, repository, pull))
}

/** `branch`, or `owner:branch` of a fork of this repository. */
function headOf(world: World, repository: Repository, head: string): { repository: Repository; branch: string } {
  const [owner, branch] = head.includes(':') ? head.split(':') : [repository.owner.login, head]
  const found =
    owner === repository.owner.login
      ? repository
      : [...world.repositories.values()].find((each) => each.parent === repository && each.owner.login === owner)
  if (!found || !branch) throw invalid('PullRequest', 'head', 'invalid')
  return { repository: findRepository(world, found.owner.login, found.name) ?? found, branch }
}

async function createPull({ world, repository, body, actor }: RepositoryCall) {
  const head = headOf(world, repository, String(body.head))
  const pull = await exclusively(repository, () =>
    openPull(world, repository, {
      head: head.branch,
      headRepository: head.repository,
      base: String(body.base),
      title: String(body.title ?? ''),
      body: typeof body.body === 'string' ? body.body : null,
      draft: body.draft === true,
      author: actor,
    }),
  )
  return created(currentPullJson(world, repository, pull))
}

async function updatePull(call: RepositoryCall) {
  const { world, repository, body, actor } = call
  const pull = pullAt(call)
  await exclusively(repository, async () => {
    const text = (name: string) => (typeof body[name] === 'string' ? { [name]: body[name] } : {})
    await editPull(world, repository, pull, actor, { ...text('title'), ...text('body'), ...text('base') })
    if (body.state === 'closed' && pull.state === 'open') closePull(world, repository, pull, actor)
    if (body.state === 'open' && pull.state === 'closed') await reopenPull(world, repository, pull, actor)
  })
  return ok(currentPullJson(world, repository, pull))
}

async function merge(call: RepositoryCall) {
  const { world, repository, body, actor } = call
  const pull = pullAt(call)
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined)
  const sha = await exclusively(repository, () =>
    mergePull(world, repository, pull, {
      method: (text('merge_method') ?? 'merge') as MergeMethod,
      by: actor,
      sha: text('sha'),
      title: text('commit_title'),
      message: text('commit_message'),
    }),
  )
  return ok({ sha, merged: true, message: 'Pull Request successfully merged' })
}

const REVIEW_STATES: Readonly<Record<string, Review['state']>> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
}

/** Pull requests and their reviews. */
export const pullRoutes: readonly Route[] = [
  onRepository('GET', '/pulls', READ, listPulls),
  onRepository('POST', '/pulls', WRITE, createPull),
  onRepository('GET', '/pulls/{pull_number}', READ, (call) =>
    ok(currentPullJson(call.world, call.repository, pullAt(call))),
  ),
  onRepository('PATCH', '/pulls/{pull_number}', WRITE, updatePull),
  onRepository('GET', '/pulls/{pull_number}/files', READ, async (call) => {
    const { world, repository } = call
    const pull = pullAt(call)
    const files = await diffFiles(repository.folder, pull.stats.mergeBase, pull.headSha)
    return list(files.slice(0, 3000), (file) => fileJson(world, repository, pull.headSha, file))
  }),
  onRepository('GET', '/pulls/{pull_number}/commits', READ, async (call) => {
    const commits = await pullCommits(call.repository, pullAt(call))
    return list(commits, (commit) => commitJson(call.world, call.repository, commit))
  }),
  onRepository('GET', '/pulls/{pull_number}/merge', READ, (call) =>
    pullAt(call).merged ? { status: 204 } : { status: 404 },
  ),
  onRepository('PUT', '/pulls/{pull_number}/merge', [['contents', 'write']], merge),
  onRepository('GET', '/pulls/{pull_number}/reviews', READ, (call) => {
    const { number } = pullAt(call)
    const reviews = call.repository.reviews.filter((review) => review.pull === number)
    return list(reviews, (review) => reviewJson(call.world, call.repository, review))
  }),
  onRepository('POST', '/pulls/{pull_number}/reviews', WRITE, (call) => {
    const { world, repository, actor, body } = call
    const state = REVIEW_STATES[String(body.event ?? 'COMMENT')] ?? 'COMMENTED'
    const review = submitReview(world, repository, pullAt(call), actor, state, String(body.body ?? ''))
    return ok(reviewJson(world, repository, review))
  }),
  onRepository('GET', '/commits/{commit_sha}/pulls', READ, async ({ world, repository, params }) => {
    const sha = await resolveCommit(repository.folder, params.commit_sha ?? '')
    const pulls: Pull[] = []
    for (const pull of repository.pulls.values()) {
      if (!sha) break
      const own = pull.merged?.sha === sha || pull.headSha === sha
      const commits = own ? [] : await pullCommits(repository, pull)
      if (own || commits.some((commit) => commit.sha === sha)) pulls.push(pull)
    }
    return list(pulls, (pull) => simplePullJson(world, repository, pull))
  }),
]
