import type { RepositoryName } from '../ports.ts'
import type { SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'

/** The syncs that a pull request's merge, or a command after it, brought: previews are none of them. Oldest first. */
export async function mergedSyncs(
  { store }: Pick<ServerWorld, 'store'>,
  repository: RepositoryName,
  number: number,
): Promise<readonly SyncRecord[]> {
  return (await store.syncsOf(repository, number)).filter((each) => !each.preview)
}

/** The newest of these syncs for each app, by its name. */
export function newestOfEach(syncs: readonly SyncRecord[]): ReadonlyMap<string, SyncRecord> {
  return new Map(syncs.map((each) => [each.app, each]))
}

/** What brought a sync, which is also why it is allowed: `merge of #42`, or a direct push. */
export function originOf({ number, actor }: SyncRecord): string {
  return number === undefined ? `direct push by ${actor}` : `merge of #${number}`
}
