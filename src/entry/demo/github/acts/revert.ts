import { branchHead, commitTree, mergeTree, resolveCommit, setReference } from '../git.ts'
import { invalid } from '../github-error.ts'
import type { Account, Pull, Repository } from '../model.ts'
import type { World } from '../world.ts'
import { identityOf } from './merge.ts'
import { openPull } from './pulls.ts'
import { afterPush } from './pushes.ts'

/** Opens the pull request that takes a merged one back, as GitHub's button does. Throws 422 where it can't. */
export async function revertPull(
  world: World,
  repository: Repository,
  pull: Pull,
  wish: { readonly by: Account; readonly title: string; readonly body: string },
): Promise<Pull> {
  const { folder } = repository
  const base = await branchHead(folder, pull.baseRef)
  const head = `revert-${pull.number}-${pull.headRef}`
  if (!pull.merged || !base || (await branchHead(folder, head))) throw cannot()
  const by = identityOf(wish.by)
  const message = `Revert "${pull.title}"\n\nThis reverts commit ${pull.merged.sha}.`
  const before = await resolveCommit(folder, `${pull.merged.sha}^1`)
  if (!before) throw cannot()
  // A merge of the branch with "the merge, and then all of it away": their common ancestor is the merge.
  const away = await commitTree(folder, { tree: `${before}^{tree}`, parents: [pull.merged.sha], message, by })
  const tree = await mergeTree(folder, base, away)
  if (!tree) throw cannot()
  const commit = await commitTree(folder, { tree, parents: [base], message, by })
  await setReference(folder, `refs/heads/${head}`, commit)
  await afterPush(world, repository, { ref: `refs/heads/${head}`, before: undefined, after: commit }, wish.by)
  return openPull(world, repository, {
    head,
    headRepository: repository,
    base: pull.baseRef,
    title: wish.title,
    body: wish.body,
    draft: false,
    author: wish.by,
  })
}

function cannot() {
  return invalid('PullRequest', 'base', 'The pull request could not be reverted.')
}
