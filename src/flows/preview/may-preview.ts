import { DrydockError, problem } from '../../core/model/errors.ts'
import type { Pin } from '../../core/model/inventory.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import { superseded } from '../../core/sync/superseded.ts'
import { holdOf } from '../holds/holds.ts'
import type { Forge } from '../ports.ts'
import type { PreviewOrder, SyncRecord } from '../records.ts'
import { readTrustedApps } from '../render/read-config.ts'
import type { ServerWorld } from '../server-world.ts'
import type { Beginning, SyncJob } from '../sync/may-sync.ts'

/** A sync that applies the head of an open pull request. */
export type PreviewRecord = SyncRecord & { readonly number: number; readonly preview: PreviewOrder }

/** Is this sync one of an open pull request's head? Not the one that ends a preview: that is a sync of the branch. */
export function isPreview(record: SyncRecord): record is PreviewRecord {
  return record.preview !== undefined && !record.preview.ends && record.number !== undefined
}

/**
 * May the head of a pull request be applied before its merge? Only while it is open and still has that head, and its target
 * branch says `preview: true` of the app; what holds a sync holds this as well. Of the app's settings all but path and
 * renderer are the target branch's.
 */
export async function mayPreview(
  world: ServerWorld,
  forge: Forge,
  job: SyncJob,
  record: PreviewRecord,
): Promise<Beginning | { readonly instead: SyncOutcome }> {
  const { outcome, revision, branch } = record
  const ended = (message: string): { readonly instead: SyncOutcome } => ({
    instead: { ...outcome, state: 'superseded', problems: [problem('superseded', message)] },
  })
  const newer = await world.store.newerSync(record)
  if (newer) return { instead: superseded(outcome, newer) }
  const pull = await forge.pullRequest(record.number)
  if (pull.state !== 'open') return ended(`#${record.number} is closed; nothing of it was previewed.`)
  if (pull.head !== revision) {
    return ended(`#${record.number} has a newer head, ${pull.head.slice(0, 7)}, which nobody asked to preview.`)
  }
  const head = (await forge.branchHead(branch)) ?? pull.base
  const repository = await world.git.open(job.repository, job.repository.installationId)
  await repository.fetch([head, revision])
  const { apps, problems } = await readTrustedApps(repository, head, revision)
  const app = apps.find((each) => each.name === record.app)
  if (!app?.preview || app.cluster !== record.cluster) {
    const [why] = problems
    throw new DrydockError(
      'config-missing',
      why?.message ?? `${branch} has no \`preview: true\` for ${record.app} any more.`,
    )
  }
  const hold = await holdOf(world, { record, app, repository, head, asked: true, previewOf: record.number })
  if (hold) return { instead: { ...outcome, state: 'held', heldBy: hold.heldBy, problems: [hold.problem] } }
  return { repository, app, head }
}

/** Holds an app at the head that is previewed, `at` (ISO 8601): what is merged meanwhile waits. */
export function previewPin({ revision, actor, number }: PreviewRecord, at: string): Pin {
  return { revision, by: actor, at, reason: `preview of #${number}`, number, preview: true }
}
