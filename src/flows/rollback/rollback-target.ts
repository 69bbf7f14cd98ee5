import type { RollbackTarget } from '../../core/commands/command.ts'
import { code } from '../../core/report/escape.ts'
import type { GitRepository } from '../ports.ts'
import type { SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'

/** So many syncs of an app are looked at for one that fits a commit, and so many are proposed. */
const lookedAt = 100
const proposed = 5

/** The sync that an app goes back to, or why there is none, as Markdown. */
export type FoundTarget = { readonly sync: SyncRecord } | { readonly refused: string }

/**
 * Finds what an app goes back to: without a wish the newest sync that ended healthy before the pull request's own; else the
 * one that is named. Only what was healthy once is gone back to.
 *
 * @param own the first sync of the app for the pull request
 */
export async function findTarget(
  world: ServerWorld,
  repository: () => Promise<GitRepository>,
  own: SyncRecord,
  to: RollbackTarget | undefined,
): Promise<FoundTarget> {
  const name = code(own.app, 100)
  if (!to) {
    const sync = await world.store.lastGood(own, own.id)
    if (sync) return { sync }
    return {
      refused: `${name} has no healthy sync from before #${own.number} that is known here. ${await choices(world, own)}`,
    }
  }
  if ('number' in to) {
    const sync = (await world.store.syncsOf(own.repository, to.number))
      .filter((each) => isGood(each, own) && !each.rollback)
      .at(-1)
    if (sync) return { sync }
    return { refused: `#${to.number} never left ${name} healthy. ${await choices(world, own)}` }
  }
  const named = (await world.store.findSyncs(own, to.commit)).filter(
    (each) => each.revision.startsWith(to.commit) && isGood(each, own),
  )
  const revisions = new Set(named.map(({ revision }) => revision))
  if (revisions.size > 1) {
    return { refused: `${code(to.commit)} is the beginning of several commits: ${list(revisions)}. Give more of it.` }
  }
  const sync = named[0] ?? (await newestIn(world, repository, own, to.commit))
  if (sync) return { sync }
  return { refused: `${name} was never healthy at ${code(to.commit)}. ${await choices(world, own)}` }
}

/** A commit that doesn't touch the app leaves it as an earlier one did; Git knows which came before. */
async function newestIn(
  world: ServerWorld,
  open: () => Promise<GitRepository>,
  own: SyncRecord,
  commit: string,
): Promise<SyncRecord | undefined> {
  if (!/^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(commit)) return undefined
  const good = await goodSyncs(world, own)
  const repository = await open()
  try {
    await repository.fetch([commit])
    for (const sync of good) if (await repository.isAncestor(sync.revision, commit)) return sync
  } catch (err) {
    world.log.info('a commit that a rollback names could not be looked at', { commit, err })
  }
  return undefined
}

async function goodSyncs(world: ServerWorld, own: SyncRecord): Promise<readonly SyncRecord[]> {
  const entries = await world.store.history(own, lookedAt)
  return entries.map((each) => each.sync).filter((sync) => isGood(sync, own))
}

/** What was only previewed was on no branch. */
function isGood({ app, cluster, outcome, preview }: SyncRecord, own: SyncRecord): boolean {
  const isOfApp = app === own.app && cluster === own.cluster
  return isOfApp && !preview && outcome.state === 'succeeded' && !outcome.rolledBack
}

async function choices(world: ServerWorld, own: SyncRecord): Promise<string> {
  const revisions = new Set((await goodSyncs(world, own)).map(({ revision }) => revision))
  if (revisions.size === 0) return 'No other is known, either: revert it in Git.'
  return `It was healthy at ${list(revisions)}: \`/rollback ${own.app} to <commit>\`.`
}

function list(revisions: ReadonlySet<string>): string {
  return [...revisions]
    .slice(0, proposed)
    .map((each) => code(each.slice(0, 12)))
    .join(', ')
}
