import { type Selectable, sql } from 'kysely'
import type { AppPlan } from '../../core/model/plan.ts'
import type { RepositoryName } from '../../flows/ports.ts'
import type { SyncRecord } from '../../flows/records.ts'
import type { AppAddress, HistoryEntry, StoredObjects } from '../../flows/state-ports.ts'
import { present, repositoryName, repositoryText, storable, storableJson } from './storable.ts'
import { toRecord } from './syncs.ts'
import type { Db, Tables, Tx } from './tables.ts'

/** So many syncs of an app keep their objects; the last good one does in any case. */
const KEPT = 50

/** Older ones that may still have theirs. */
const LOOKED_AT = 20

const MOST_FOUND = 50

/** Implements `StateStore.saveHistory`: a sync that is begun again is kept as it was begun last. */
export async function writeHistory(db: Db, syncId: string, plan: AppPlan, objects: StoredObjects): Promise<void> {
  const columns = { plan: storableJson(plan), objects: objects.packed, sealed: objects.sealed }
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('drydock.sync_history')
      .values({ sync_id: syncId, ...columns })
      .onConflict((conflict) => conflict.column('sync_id').doUpdateSet(columns))
      .execute()
    await dropOldObjects(tx, syncId)
  })
}

/**
 * The record and plan of an old sync stay; its objects become empty, which those of a sync never are. Each sync that is
 * kept pushes out one, so that only the next few are looked at, and the one that was the last good one before.
 */
async function dropOldObjects(tx: Tx, syncId: string): Promise<void> {
  const app = await tx.selectFrom('drydock.sync').selectAll().where('id', '=', syncId).executeTakeFirstOrThrow()
  const [good, goodBefore] = await goodSyncs(tx, app).select('id').limit(2).execute()
  const newest = await syncsOfApp(tx, app)
    .innerJoin('drydock.sync_history as history', 'history.sync_id', 'drydock.sync.id')
    .select('drydock.sync.id')
    .orderBy('seq', 'desc')
    .limit(KEPT + LOOKED_AT)
    .execute()
  const ids = newest.map(({ id }) => id)
  const kept = new Set(ids.slice(0, KEPT))
  const old = [...ids.slice(KEPT), ...(goodBefore ? [goodBefore.id] : [])]
  const dropped = old.filter((id) => !kept.has(id) && id !== good?.id)
  if (dropped.length === 0) return
  await tx
    .updateTable('drydock.sync_history')
    .set({ objects: new Uint8Array() })
    .where('sync_id', 'in', dropped)
    .where(sql<boolean>`octet_length(objects) > 0`)
    .execute()
}

/** Implements `StateStore.history`. */
export async function readHistory(
  db: Db,
  { repository, app }: Omit<AppAddress, 'cluster'>,
  limit: number,
): Promise<readonly HistoryEntry[]> {
  const rows = await db
    .selectFrom('drydock.sync')
    .leftJoin('drydock.sync_history as history', 'history.sync_id', 'drydock.sync.id')
    .selectAll('drydock.sync')
    .select('history.plan as plan')
    .where('repository', '=', repositoryText(repository))
    .where('app', '=', storable(app))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => toEntry(row, row.plan))
}

/** Implements `StateStore.historyOf`. */
export async function readHistoryOf(db: Db, syncId: string): Promise<HistoryEntry | undefined> {
  const sync = await db.selectFrom('drydock.sync').selectAll().where('id', '=', syncId).executeTakeFirst()
  if (!sync) return undefined
  const kept = await db.selectFrom('drydock.sync_history').selectAll().where('sync_id', '=', syncId).executeTakeFirst()
  const entry = toEntry(sync, kept?.plan)
  if (!kept || kept.objects.length === 0) return entry
  return { ...entry, objects: { packed: kept.objects, sealed: kept.sealed } }
}

/** Implements `StateStore.repositoriesOf`. */
export async function readRepositoriesOf(db: Db, app: string): Promise<readonly RepositoryName[]> {
  const rows = await db
    .selectFrom('drydock.sync')
    .select('repository')
    .distinct()
    .where('app', '=', storable(app))
    .orderBy('repository')
    .execute()
  return rows.map((row) => repositoryName(row.repository))
}

/** Implements `StateStore.findSyncs`. */
export async function findSyncs(
  db: Db,
  { repository, app }: Omit<AppAddress, 'cluster'>,
  beginning: string,
): Promise<readonly SyncRecord[]> {
  const text = storable(beginning)
  const rows = await db
    .selectFrom('drydock.sync')
    .selectAll()
    .where('repository', '=', repositoryText(repository))
    .where('app', '=', storable(app))
    .where(sql<boolean>`(starts_with(id, ${text}) or starts_with(revision, ${text}))`)
    .orderBy('seq', 'desc')
    .limit(MOST_FOUND)
    .execute()
  return rows.map(toRecord)
}

/** Implements `StateStore.lastGood`. One that was rolled back is no place to go back to. */
export async function readLastGood(db: Db, address: AppAddress, before?: string): Promise<SyncRecord | undefined> {
  const { app, cluster } = address
  const good = goodSyncs(db, { repository: repositoryText(address.repository), app, cluster })
  const older =
    before === undefined
      ? good
      : good.where('seq', '<', (from) =>
          from.selectFrom('drydock.sync as own').select('own.seq').where('own.id', '=', before),
        )
  const row = await older.selectAll().limit(1).executeTakeFirst()
  return row && toRecord(row)
}

type AppColumns = { readonly repository: string; readonly app: string; readonly cluster: string }

function syncsOfApp(db: Db, { repository, app, cluster }: AppColumns) {
  return db
    .selectFrom('drydock.sync')
    .where('repository', '=', repository)
    .where('app', '=', storable(app))
    .where('cluster', '=', storable(cluster))
}

/** Syncs of an app that ended healthy and stayed, newest first. */
function goodSyncs(db: Db, app: AppColumns) {
  return syncsOfApp(db, app)
    .where(sql<boolean>`outcome ->> 'state' = 'succeeded' and outcome -> 'rolledBack' is null and preview is null`)
    .orderBy('seq', 'desc')
}

function toEntry(sync: Selectable<Tables['drydock.sync']>, plan: unknown): HistoryEntry {
  return { sync: toRecord(sync), ...present({ plan: plan as AppPlan | null }) }
}
