import { join } from 'node:path'
import { branchHead, commitTree, type Identity, mergeTree, rebase, setReference } from '../git.ts'
import { readCommit } from '../git-read.ts'
import { GitHubError } from '../github-error.ts'
import type { Account, Pull, Repository } from '../model.ts'
import type { World } from '../world.ts'
import { newId } from '../world.ts'
import { blockingCheck } from './merge-state.ts'
import { closePull } from './pulls.ts'
import { afterPush } from './pushes.ts'

/** How a pull request becomes commits of its base. */
export type MergeMethod = 'merge' | 'squash' | 'rebase'

/** A required check that isn't there or didn't pass: GitHub's 405. */
function blocked(name: string, state: 'missing' | 'pending' | 'failed'): GitHubError {
  const what = { missing: 'is expected', pending: 'is in progress', failed: 'is failing' }[state]
  return new GitHubError(405, `Required status check "${name}" ${what}.`)
}

/** An account as the author of commits. */
export function identityOf(account: Account): Identity {
  return { name: account.login, email: account.email }
}

async function makeCommit(
  world: World,
  repository: Repository,
  pull: Pull,
  base: string,
  wish: { readonly method: MergeMethod; readonly title?: string; readonly message?: string; readonly by: Identity },
): Promise<string | undefined> {
  const { folder } = repository
  if (wish.method === 'rebase') {
    const scratch = join(world.folder, `rebase-${newId(world)}`)
    return rebase(folder, scratch, base, pull.headSha, wish.by)
  }
  const tree = await mergeTree(folder, base, pull.headSha)
  if (!tree) return undefined
  const from = `${pull.headRepository.owner.login}/${pull.headRef}`
  const merge = wish.method === 'merge'
  const title =
    wish.title ?? (merge ? `Merge pull request #${pull.number} from ${from}` : `${pull.title} (#${pull.number})`)
  const text = wish.message ?? (merge ? pull.title : (await readCommit(repository, pull.headSha)).message)
  const parents = merge ? [base, pull.headSha] : [base]
  return commitTree(folder, { tree, parents, message: `${title}\n\n${text}`.trimEnd(), by: wish.by })
}

/**
 * Merges a pull request. Throws 409 when the head isn't `sha`, 405 when it is closed, a draft, in conflict, or kept out by
 * a required check. Returns the commit.
 */
export async function mergePull(
  world: World,
  repository: Repository,
  pull: Pull,
  wish: {
    readonly method: MergeMethod
    readonly by: Account
    readonly sha?: string | undefined
    readonly title?: string | undefined
    readonly message?: string | undefined
  },
): Promise<string> {
  if (pull.state === 'closed') throw new GitHubError(405, 'Pull Request is not mergeable')
  if (pull.draft) throw new GitHubError(405, 'Pull Request is still a draft')
  if (wish.sha && wish.sha !== pull.headSha) {
    throw new GitHubError(409, 'Head branch was modified. Review and try the merge again.')
  }
  const block = blockingCheck(repository, pull.baseRef, pull.headSha)
  if (block) throw blocked(block.name, block.state)
  const base = await branchHead(repository.folder, pull.baseRef)
  if (!base) throw new GitHubError(405, 'Pull Request is not mergeable')
  const { title, message } = wish
  const commit = await makeCommit(world, repository, pull, base, {
    method: wish.method,
    by: identityOf(wish.by),
    ...(title === undefined ? {} : { title }),
    ...(message === undefined ? {} : { message }),
  })
  if (!commit) throw new GitHubError(405, 'Pull Request is not mergeable')
  await setReference(repository.folder, `refs/heads/${pull.baseRef}`, commit)
  closePull(world, repository, pull, wish.by, commit)
  await afterPush(world, repository, { ref: `refs/heads/${pull.baseRef}`, before: base, after: commit }, wish.by)
  return commit
}
