import { hookSuiteJson } from '../build/check.ts'
import { accountOf, simpleCommitJson } from '../build/commit.ts'
import { repositoryHtml } from '../build/common.ts'
import { isAncestor } from '../git.ts'
import { diffFiles, log, readCommit } from '../git-read.ts'
import type { Account, CommitInfo, Json, Repository } from '../model.ts'
import { emit } from '../webhooks.ts'
import type { World } from '../world.ts'
import { changed, timestamp } from '../world.ts'
import { suiteFor } from './checks.ts'
import { closePull, refreshPull, synchronizePull } from './pulls.ts'

/** What Git writes for "no commit". */
const NO_COMMIT = '0'.repeat(40)

/** A push carries details of at most this many commits here; GitHub's limit is 2048. */
const MAX_COMMITS = 100

async function commitOfPush(world: World, repository: Repository, commit: CommitInfo): Promise<Json> {
  const parent = commit.parents[0]
  const files = parent ? await diffFiles(repository.folder, parent, commit.sha) : []
  const paths = (status: string) => files.filter((file) => file.status === status).map((file) => file.path)
  const username = (email: string) => {
    const found = accountOf(world, email)
    return found ? { username: found.login } : {}
  }
  return {
    ...simpleCommitJson(commit),
    distinct: true,
    url: `${repositoryHtml(world, repository)}/commit/${commit.sha}`,
    author: { name: commit.author.name, email: commit.author.email, ...username(commit.author.email) },
    committer: { name: commit.committer.name, email: commit.committer.email, ...username(commit.committer.email) },
    added: [...paths('added'), ...paths('renamed')],
    removed: [...paths('removed'), ...files.flatMap((file) => file.previous ?? [])],
    modified: paths('modified'),
  }
}

async function emitPush(
  world: World,
  repository: Repository,
  ref: string,
  before: string | undefined,
  after: string | undefined,
  sender: Account,
): Promise<void> {
  const range =
    before && after ? [`${before}..${after}`] : after ? [after, '--not', '--exclude', ref, '--branches'] : []
  const commits = after ? await log(repository, ['--reverse', `-${MAX_COMMITS}`, ...range]) : []
  const listed = await Promise.all(commits.map((commit) => commitOfPush(world, repository, commit)))
  const head = after ? await commitOfPush(world, repository, await readCommit(repository, after)) : null
  const forced = before && after ? !(await isAncestor(repository.folder, before, after)) : false
  const [from, to] = [before ?? NO_COMMIT, after ?? NO_COMMIT]
  const payload = {
    ref,
    before: from,
    after: to,
    created: !before,
    deleted: !after,
    forced,
    base_ref: null,
    compare: `${repositoryHtml(world, repository)}/compare/${from.slice(0, 12)}...${to.slice(0, 12)}`,
    commits: listed,
    head_commit: head,
    pusher: { name: sender.login, email: sender.email },
  }
  emit(world, repository, 'push', payload, sender)
}

async function ofHead(
  world: World,
  repository: Repository,
  branch: string,
  after: string | undefined,
  sender: Account,
): Promise<void> {
  for (const target of world.repositories.values()) {
    for (const pull of target.pulls.values()) {
      if (pull.state !== 'open' || pull.headRepository !== repository || pull.headRef !== branch) continue
      if (after) await synchronizePull(world, target, pull, after, sender)
      else closePull(world, target, pull, sender)
    }
  }
}

async function ofBase(
  world: World,
  repository: Repository,
  branch: string,
  after: string,
  sender: Account,
): Promise<void> {
  for (const pull of repository.pulls.values()) {
    if (pull.state !== 'open' || pull.baseRef !== branch) continue
    // GitHub calls a pull request merged when its head is found in its base, however it came there.
    if (await isAncestor(repository.folder, pull.headSha, after)) {
      closePull(world, repository, pull, sender, after)
    } else await refreshPull(repository, pull)
  }
}

/** Everything that follows from a reference that moved: webhooks, and the pull requests on either side. */
export async function afterPush(
  world: World,
  repository: Repository,
  moved: { readonly ref: string; readonly before: string | undefined; readonly after: string | undefined },
  sender: Account,
): Promise<void> {
  repository.pushedAt = timestamp()
  const branch = moved.ref.startsWith('refs/heads/') ? moved.ref.slice('refs/heads/'.length) : undefined
  await emitPush(world, repository, moved.ref, moved.before, moved.after, sender)
  if (branch !== undefined) {
    await ofHead(world, repository, branch, moved.after, sender)
    if (moved.after) {
      await ofBase(world, repository, branch, moved.after, sender)
      const suite = suiteFor(world, repository, moved.after, branch, moved.before ?? null)
      const payload = { action: 'requested', check_suite: hookSuiteJson(world, repository, suite) }
      emit(world, repository, 'check_suite', payload, sender)
    }
  }
  changed(world)
}
