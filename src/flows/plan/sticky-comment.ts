import { createHash } from 'node:crypto'
import type { Forge, RepositoryName } from '../ports.ts'
import type { Job, PullRequestState } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import { mergedSyncs } from '../sync/syncs-of.ts'

/** A pull request, as jobs name it. */
type Place = { readonly repository: Job['repository']; readonly number: number }

/** Marks our sticky comment; it is looked for only among comments that our App wrote. */
export function commentMarker(number: number): string {
  return `drydock:plan:${number}`
}

/** Changes what is known of a pull request; read right before, because jobs of several queues know different things of it. */
export async function changePullRequest(
  world: ServerWorld,
  { owner, name }: RepositoryName,
  number: number,
  change: Partial<PullRequestState>,
): Promise<void> {
  const state = await world.store.pullRequest({ owner, name }, number)
  await world.store.savePullRequest({ ...(state ?? { repository: { owner, name }, number, open: true }), ...change })
}

/** Edits the sticky comment, or makes it; a body that is there already is not written again. */
export async function writeComment(
  world: ServerWorld,
  forge: Forge,
  place: Place,
  body: string,
  options: { readonly onlyIfThere: boolean },
): Promise<void> {
  const { repository, number } = place
  const state = await world.store.pullRequest(repository, number)
  const commentHash = createHash('sha256').update(body).digest('hex')
  if (state?.commentId !== undefined) {
    if (state.commentHash === commentHash) return
    if (await forge.updateComment(state.commentId, body)) {
      await changePullRequest(world, repository, number, { commentHash })
      return
    }
  }
  // A reply lost on the way, or a lost database: the comment may be there without our knowing.
  const found = await forge.findComment(number, commentMarker(number))
  if (found === undefined && options.onlyIfThere) return
  const commentId = found ?? (await forge.createComment(number, body))
  if (found !== undefined) await forge.updateComment(found, body)
  await changePullRequest(world, repository, number, { commentId, commentHash })
}

/** Writes the comment of a plan, unless a merge came meanwhile: the comment is the log of its sync from then on. */
export async function writePlanComment(
  world: ServerWorld,
  forge: Forge,
  place: Place,
  body: string,
  options: { readonly onlyIfThere: boolean },
): Promise<void> {
  const { repository, number } = place
  const isMerged = async () => (await mergedSyncs(world, repository, number)).length > 0
  if (await isMerged()) return
  await writeComment(world, forge, place, body, options)
  if (!(await isMerged())) return
  // Whose text stands there isn't known: the log is written once more.
  await changePullRequest(world, repository, number, { commentHash: '' })
  await world.store.enqueue([{ kind: 'report', repository, number }])
}
