import { branchHead, commitTree, git, mergeTree, resolveCommit, setReference } from '../git.ts'
import { log } from '../git-read.ts'
import { GitHubError, invalid } from '../github-error.ts'
import type { Account, Json, Pull, PullStats, Repository } from '../model.ts'
import { emit } from '../webhooks.ts'
import type { World } from '../world.ts'
import { changed, newId, timestamp } from '../world.ts'
import { currentPullJson } from './merge-state.ts'

/** Computes what GitHub shows of a pull request's commits, and its test merge (`refs/pull/N/merge`). */
async function measure(repository: Repository, pull: Pick<Pull, 'number' | 'headSha' | 'baseRef'>): Promise<PullStats> {
  const { folder } = repository
  const { headSha: head, number } = pull
  const base = (await branchHead(folder, pull.baseRef)) ?? head
  const [mergeBase, tree] = await Promise.all([
    git(folder, ['merge-base', base, head], { accept: [1] }).then((out) => out.trim() || base),
    mergeTree(folder, base, head),
  ])
  const [count, numbers] = await Promise.all([
    git(folder, ['rev-list', '--count', `${base}..${head}`]),
    git(folder, ['diff', '--numstat', mergeBase, head]),
  ])
  const lines = numbers.split('\n').filter(Boolean)
  const sum = (column: number) =>
    lines.reduce((total, line) => total + (Number.parseInt(line.split('\t')[column] ?? '', 10) || 0), 0)
  const by = { name: 'GitHub', email: 'noreply@github.com' }
  const message = `Merge ${head} into ${base}`
  const testMerge = tree ? await commitTree(folder, { tree, parents: [base, head], message, by }) : undefined
  await setReference(folder, `refs/pull/${number}/head`, head)
  await setReference(folder, `refs/pull/${number}/merge`, testMerge)
  return {
    mergeable: tree !== undefined,
    testMerge,
    mergeBase,
    commits: Number(count),
    additions: sum(0),
    deletions: sum(1),
    changedFiles: lines.length,
  }
}

/** Brings a commit of a fork into the repository. */
async function bring(repository: Repository, from: Repository, sha: string): Promise<void> {
  if (from !== repository) await git(repository.folder, ['fetch', '--quiet', '--no-tags', from.folder, sha])
}

/** Computes an open pull request again: its base moved. */
export async function refreshPull(repository: Repository, pull: Pull): Promise<void> {
  pull.stats = await measure(repository, pull)
}

/** Sends a `pull_request` webhook. */
export function emitPull(
  world: World,
  repository: Repository,
  pull: Pull,
  action: string,
  sender: Account,
  more: Json = {},
): void {
  const payload = { action, number: pull.number, pull_request: currentPullJson(world, repository, pull), ...more }
  emit(world, repository, 'pull_request', payload, sender)
}

/** Opens a pull request. Throws 422 as GitHub does: no such branch, no commits, or one open already. */
export async function openPull(
  world: World,
  repository: Repository,
  given: {
    readonly head: string
    readonly headRepository: Repository
    readonly base: string
    readonly title: string
    readonly body: string | null
    readonly draft: boolean
    readonly author: Account
  },
): Promise<Pull> {
  const { headRepository } = given
  const [headSha, baseSha] = await Promise.all([
    branchHead(headRepository.folder, given.head),
    branchHead(repository.folder, given.base),
  ])
  if (!headSha) throw invalid('PullRequest', 'head', `there is no branch ${given.head}`)
  if (!baseSha) throw invalid('PullRequest', 'base', `there is no branch ${given.base}`)
  const open = [...repository.pulls.values()].find(
    (each) =>
      each.state === 'open' &&
      each.headRepository === headRepository &&
      each.headRef === given.head &&
      each.baseRef === given.base,
  )
  const label = `${headRepository.owner.login}:${given.head}`
  if (open) throw invalid('PullRequest', 'head', `A pull request already exists for ${label}.`)
  await bring(repository, headRepository, headSha)
  const number = repository.nextNumber
  const stats = await measure(repository, { number, headSha, baseRef: given.base })
  if (stats.commits === 0) {
    throw invalid('PullRequest', 'head', `No commits between ${given.base} and ${given.head}`)
  }
  const now = timestamp()
  const pull: Pull = {
    id: newId(world),
    number,
    title: given.title,
    body: given.body,
    author: given.author,
    headRepository,
    headRef: given.head,
    headSha,
    baseRef: given.base,
    baseSha,
    draft: given.draft,
    state: 'open',
    merged: undefined,
    stats,
    createdAt: now,
    updatedAt: now,
    closedAt: null,
  }
  repository.nextNumber += 1
  repository.pulls.set(number, pull)
  emitPull(world, repository, pull, 'opened', given.author)
  changed(world)
  return pull
}

/** Takes a new head of a pull request's branch. */
export async function synchronizePull(
  world: World,
  repository: Repository,
  pull: Pull,
  after: string,
  sender: Account,
): Promise<void> {
  const before = pull.headSha
  await bring(repository, pull.headRepository, after)
  pull.headSha = after
  pull.baseSha = (await resolveCommit(repository.folder, `refs/heads/${pull.baseRef}`)) ?? pull.baseSha
  pull.updatedAt = timestamp()
  await refreshPull(repository, pull)
  emitPull(world, repository, pull, 'synchronize', sender, { before, after })
}

/** Closes a pull request: merged as this commit, or without a merge. */
export function closePull(
  world: World,
  repository: Repository,
  pull: Pull,
  by: Account,
  mergedAs?: string | undefined,
): void {
  const now = timestamp()
  pull.state = 'closed'
  pull.closedAt = now
  pull.updatedAt = now
  if (mergedAs) pull.merged = { by, at: now, sha: mergedAs }
  emitPull(world, repository, pull, 'closed', by)
  changed(world)
}

/** Opens a closed pull request again. */
export async function reopenPull(world: World, repository: Repository, pull: Pull, by: Account): Promise<void> {
  if (pull.merged) throw invalid('PullRequest', 'state', 'state cannot be changed. The pull request was merged.')
  const head = await branchHead(pull.headRepository.folder, pull.headRef)
  if (!head) throw invalid('PullRequest', 'state', `The ${pull.headRef} branch has been deleted.`)
  await bring(repository, pull.headRepository, head)
  pull.headSha = head
  pull.state = 'open'
  pull.closedAt = null
  pull.updatedAt = timestamp()
  await refreshPull(repository, pull)
  emitPull(world, repository, pull, 'reopened', by)
  changed(world)
}

/** Changes title, body, base or draft state of a pull request, as its author would on its page. */
export async function editPull(
  world: World,
  repository: Repository,
  pull: Pull,
  by: Account,
  edit: { readonly title?: string; readonly body?: string | null; readonly base?: string; readonly draft?: boolean },
): Promise<void> {
  const changes: Json = {}
  if (edit.title !== undefined && edit.title !== pull.title) {
    changes.title = { from: pull.title }
    pull.title = edit.title
  }
  if (edit.body !== undefined && edit.body !== pull.body) {
    changes.body = { from: pull.body ?? '' }
    pull.body = edit.body
  }
  if (edit.base !== undefined && edit.base !== pull.baseRef) {
    const sha = await branchHead(repository.folder, edit.base)
    if (!sha) throw invalid('PullRequest', 'base', `there is no branch ${edit.base}`)
    changes.base = { ref: { from: pull.baseRef }, sha: { from: pull.baseSha } }
    pull.baseRef = edit.base
    pull.baseSha = sha
    await refreshPull(repository, pull)
  }
  pull.updatedAt = timestamp()
  if (Object.keys(changes).length > 0) emitPull(world, repository, pull, 'edited', by, { changes })
  if (edit.draft !== undefined && edit.draft !== pull.draft) {
    pull.draft = edit.draft
    emitPull(world, repository, pull, edit.draft ? 'converted_to_draft' : 'ready_for_review', by)
  }
  changed(world)
}

/** Commits of a pull request, oldest first, at most 250 as on GitHub. */
export async function pullCommits(repository: Repository, pull: Pull) {
  const range = `${pull.stats.mergeBase}..${pull.headSha}`
  return (await log(repository, ['--reverse', range])).slice(0, 250)
}

/** The pull request of this number. Throws 404. */
export function pullOf(repository: Repository, number: number | string | undefined): Pull {
  const pull = repository.pulls.get(Number(number))
  if (!pull) throw new GitHubError(404, 'Not Found')
  return pull
}
