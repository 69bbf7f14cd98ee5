import { simpleCommitJson } from '../build/commit.ts'
import { branchHead, commitTree, mergeTree, setReference } from '../git.ts'
import { readCommit } from '../git-read.ts'
import { GitHubError } from '../github-error.ts'
import type { Account, Json, MergeGroup, Pull, Repository } from '../model.ts'
import { emit } from '../webhooks.ts'
import type { World } from '../world.ts'
import { identityOf } from './merge.ts'
import { blockingCheck } from './merge-state.ts'
import { closePull, emitPull } from './pulls.ts'
import { afterPush } from './pushes.ts'

async function groupJson(repository: Repository, group: MergeGroup): Promise<Json> {
  return {
    head_sha: group.headSha,
    head_ref: group.ref,
    base_sha: group.baseSha,
    base_ref: `refs/heads/${group.baseRef}`,
    head_commit: simpleCommitJson(await readCommit(repository, group.headSha)),
  }
}

/** Puts a pull request into the merge queue: a group's commit on a branch of its own, to be judged by the checks. */
export async function enqueue(world: World, repository: Repository, pull: Pull, by: Account): Promise<MergeGroup> {
  const last = repository.mergeGroups.findLast((each) => each.baseRef === pull.baseRef)
  const base = last?.headSha ?? (await branchHead(repository.folder, pull.baseRef))
  const tree = base ? await mergeTree(repository.folder, base, pull.headSha) : undefined
  if (!base || !tree || pull.state === 'closed') throw new GitHubError(405, 'Pull Request is not mergeable')
  const from = `${pull.headRepository.owner.login}/${pull.headRef}`
  const message = `Merge pull request #${pull.number} from ${from}\n\n${pull.title}`
  const parents = [base, pull.headSha]
  const headSha = await commitTree(repository.folder, { tree, parents, message, by: identityOf(by) })
  const ref = `refs/heads/gh-readonly-queue/${pull.baseRef}/pr-${pull.number}-${base}`
  await setReference(repository.folder, ref, headSha)
  const group: MergeGroup = { number: pull.number, ref, headSha, baseRef: pull.baseRef, baseSha: base, by }
  repository.mergeGroups.push(group)
  emitPull(world, repository, pull, 'enqueued', by)
  await afterPush(world, repository, { ref, before: undefined, after: headSha }, by)
  const payload = { action: 'checks_requested', merge_group: await groupJson(repository, group) }
  emit(world, repository, 'merge_group', payload, by)
  return group
}

/** Ends a merge group: its commit becomes the head of the base, or the pull request leaves the queue. */
export async function finishGroup(
  world: World,
  repository: Repository,
  group: MergeGroup,
  reason: 'merged' | 'invalidated' | 'dequeued',
): Promise<void> {
  const at = repository.mergeGroups.indexOf(group)
  if (at < 0) return
  repository.mergeGroups.splice(at, 1)
  const pull = repository.pulls.get(group.number)
  const base = `refs/heads/${group.baseRef}`
  if (reason === 'merged') {
    const before = await branchHead(repository.folder, group.baseRef)
    await setReference(repository.folder, base, group.headSha)
    if (pull?.state === 'open') closePull(world, repository, pull, group.by, group.headSha)
    await afterPush(world, repository, { ref: base, before, after: group.headSha }, group.by)
  } else if (pull) {
    const why = reason === 'invalidated' ? 'CI_FAILURE' : 'MANUAL'
    emitPull(world, repository, pull, 'dequeued', group.by, { reason: why })
  }
  await setReference(repository.folder, group.ref, undefined)
  await afterPush(world, repository, { ref: group.ref, before: group.headSha, after: undefined }, group.by)
  const payload = { action: 'destroyed', reason, merge_group: await groupJson(repository, group) }
  emit(world, repository, 'merge_group', payload, group.by)
}

/** Goes on with the groups whose required checks have spoken; the oldest group goes first. */
export async function settleQueue(world: World, repository: Repository): Promise<void> {
  for (;;) {
    const group = repository.mergeGroups[0]
    if (!group || !repository.requiredChecks.has(group.baseRef)) return
    const block = blockingCheck(repository, group.baseRef, group.headSha)
    if (block && block.state !== 'failed') return
    await finishGroup(world, repository, group, block ? 'invalidated' : 'merged')
  }
}
