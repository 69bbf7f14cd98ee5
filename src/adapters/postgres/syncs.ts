import { type Selectable, sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import type { SyncOutcome, SyncState } from '../../core/model/outcome.ts'
import type { RepositoryName } from '../../flows/ports.ts'
import type { AskedSync, Job, PreviewOrder, RepositoryAddress, RollbackOrder, SyncRecord } from '../../flows/records.ts'
import { enqueue } from './enqueue.ts'
import { present, repositoryName, repositoryText, storable, storableJson, toNumber } from './storable.ts'
import type { Db, Tables } from './tables.ts'

/** Implements `Store.cursor`. */
export async function readCursor(db: Db, repository: RepositoryName, branch: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('drydock.branch_cursor')
    .select('commit_id')
    .where('repository', '=', repositoryText(repository))
    .where('branch', '=', storable(branch))
    .executeTakeFirst()
  return row?.commit_id
}

/** Implements `Store.advance`. A sync that is stored already is left alone, so that the step may be done twice. */
export async function advance(
  db: Db,
  boss: PgBoss,
  repository: RepositoryAddress,
  branch: string,
  commit: string,
  syncs: readonly SyncRecord[],
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('drydock.branch_cursor')
      .values({ repository: repositoryText(repository), branch: storable(branch), commit_id: commit })
      .onConflict((conflict) => conflict.columns(['repository', 'branch']).doUpdateSet({ commit_id: commit }))
      .execute()
    const fresh: SyncRecord[] = []
    for (const record of syncs) {
      const inserted = await tx
        .insertInto('drydock.sync')
        .values({ id: record.id, ...toColumns(record), installation_id: repository.installationId })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst()
      if (inserted) fresh.push(record)
    }
    const numbers = new Set(fresh.flatMap((record) => record.number ?? []))
    await enqueue(boss, tx, [
      ...fresh.map(({ id, cluster, app }): Job => ({ kind: 'sync', repository, syncId: id, cluster, app })),
      ...[...numbers].map((number): Job => ({ kind: 'report', repository, number })),
    ])
  })
}

/** Implements `Store.saveSync`. */
export async function writeSync(db: Db, boss: PgBoss, record: SyncRecord, report?: RepositoryAddress): Promise<void> {
  const columns = toColumns(record)
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('drydock.sync')
      .values({ id: record.id, ...columns })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
      .execute()
    if (report && record.number !== undefined) {
      await enqueue(boss, tx, [{ kind: 'report', repository: report, number: record.number }])
    }
  })
}

/** Implements `Store.noteTold`: nothing else of the record is written, since its sync may have been queued again. */
export async function noteTold(db: Db, id: string, told: SyncState): Promise<void> {
  await db
    .updateTable('drydock.sync')
    .set({
      // Null where there is none.
      rollback: sql`rollback || jsonb_build_object('told', ${told}::text)`,
      preview: sql`preview || jsonb_build_object('told', ${told}::text)`,
      asked: sql`asked || jsonb_build_object('told', ${told}::text)`,
    })
    .where('id', '=', id)
    .where(sql<boolean>`outcome ->> 'state' = ${told}`)
    .execute()
}

/** Implements `Store.sync`. */
export async function readSync(db: Db, id: string): Promise<SyncRecord | undefined> {
  const row = await db.selectFrom('drydock.sync').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toRecord(row)
}

/** Implements `Store.syncsOf`, oldest first. */
export async function readSyncsOf(db: Db, repository: RepositoryName, number: number): Promise<readonly SyncRecord[]> {
  const rows = await db
    .selectFrom('drydock.sync')
    .selectAll()
    .where('repository', '=', repositoryText(repository))
    .where('number', '=', number)
    .orderBy('seq')
    .execute()
  return rows.map(toRecord)
}

/** Implements `Store.askedOn`, oldest first. */
export async function readAskedOn(db: Db, repository: RepositoryName, number: number): Promise<readonly SyncRecord[]> {
  const rows = await db
    .selectFrom('drydock.sync')
    .selectAll()
    .where('repository', '=', repositoryText(repository))
    .where('asked', 'is not', null)
    .where(sql<boolean>`(asked ->> 'number')::integer = ${number}`)
    .orderBy('seq')
    .execute()
  return rows.map(toRecord)
}

/** Implements `Store.newerSync`: the newest of those stored after it. Clocks of replicas differ, so times don't count. */
export async function readNewerSync(db: Db, record: SyncRecord): Promise<SyncRecord | undefined> {
  const newest = await db
    .selectFrom('drydock.sync')
    .selectAll()
    .where('repository', '=', repositoryText(record.repository))
    .where('app', '=', storable(record.app))
    .where('cluster', '=', storable(record.cluster))
    .where('seq', '>', (from) =>
      from.selectFrom('drydock.sync as own').select('own.seq').where('own.id', '=', record.id),
    )
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest && toRecord(newest)
}

/** Implements `Store.latestSync`. */
export async function readLatestSync(db: Db, repository: RepositoryName, app: string): Promise<SyncRecord | undefined> {
  const row = await db
    .selectFrom('drydock.sync')
    .selectAll()
    .where('repository', '=', repositoryText(repository))
    .where('app', '=', storable(app))
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && toRecord(row)
}

function toColumns(record: SyncRecord) {
  return {
    repository: repositoryText(record.repository),
    app: storable(record.app),
    cluster: storable(record.cluster),
    branch: storable(record.branch),
    revision: record.revision,
    previous: record.previous ?? null,
    number: record.number ?? null,
    actor: storable(record.actor),
    author: record.author === undefined ? null : storable(record.author),
    digest: record.digest ?? null,
    deployment_id: record.deploymentId ?? null,
    rollback: record.rollback === undefined ? null : storableJson(record.rollback),
    preview: record.preview === undefined ? null : storableJson(record.preview),
    asked: record.asked === undefined ? null : storableJson(record.asked),
    outcome: storableJson(record.outcome),
    created_at: record.createdAt,
    finished_at: record.finishedAt ?? null,
  }
}

/** A row as a record. */
export function toRecord(row: Selectable<Tables['drydock.sync']>): SyncRecord {
  return {
    id: row.id,
    repository: repositoryName(row.repository),
    app: row.app,
    cluster: row.cluster,
    branch: row.branch,
    revision: row.revision,
    actor: row.actor,
    outcome: row.outcome as SyncOutcome,
    createdAt: row.created_at.toISOString(),
    ...present({
      previous: row.previous,
      number: row.number,
      author: row.author,
      digest: row.digest,
      deploymentId: toNumber(row.deployment_id),
      rollback: row.rollback as RollbackOrder | null,
      preview: row.preview as PreviewOrder | null,
      asked: row.asked as AskedSync | null,
      finishedAt: row.finished_at?.toISOString(),
    }),
  }
}
