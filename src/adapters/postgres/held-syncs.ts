import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import { DrydockError } from '../../core/model/errors.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import type { Job, SyncRecord } from '../../flows/records.ts'
import { enqueue } from './enqueue.ts'
import { repositoryText, storable, storableJson } from './storable.ts'
import { readNewerSync, toRecord } from './syncs.ts'
import type { Db, Tx } from './tables.ts'

/** Implements `Store.heldSyncs`. One that isn't finished is still being told of, and would be written over. */
export async function readHeldSyncs(db: Db): Promise<readonly SyncRecord[]> {
  const rows = await db
    .selectFrom('drydock.sync as held')
    .selectAll('held')
    // As the partial index has it.
    .where(sql<boolean>`held.outcome ->> 'state' = 'held'`)
    .where('held.finished_at', 'is not', null)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('drydock.sync as newer')
            .select('newer.id')
            .whereRef('newer.repository', '=', 'held.repository')
            .whereRef('newer.app', '=', 'held.app')
            .whereRef('newer.cluster', '=', 'held.cluster')
            .whereRef('newer.seq', '>', 'held.seq'),
        ),
      ),
    )
    .orderBy('held.seq')
    .execute()
  return rows.map(toRecord)
}

/** Implements `Store.requeueSync`: the record, its job and the report of its pull request in one transaction. */
export async function requeueSync(
  db: Db,
  boss: PgBoss,
  id: string,
  changes: Partial<Pick<SyncRecord, 'actor' | 'asked'>> = {},
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const row = await tx.selectFrom('drydock.sync').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
    if (!row || row.finished_at === null) return false
    const record = toRecord(row)
    if (!['held', 'failed'].includes(record.outcome.state)) return false
    if (await readNewerSync(tx, record)) return false
    const { app, cluster, revision, number } = record
    const outcome: SyncOutcome = { app, cluster, revision, state: 'queued', objects: [], problems: [] }
    await tx
      .updateTable('drydock.sync')
      .set({
        outcome: storableJson(outcome),
        finished_at: null,
        ...(changes.actor === undefined ? {} : { actor: storable(changes.actor) }),
        ...(changes.asked === undefined ? {} : { asked: storableJson(changes.asked) }),
      })
      .where('id', '=', id)
      .execute()
    const repository = { ...record.repository, installationId: await installationOf(tx, record) }
    const jobs: Job[] = [{ kind: 'sync', repository, syncId: id, cluster, app }]
    if (number !== undefined) jobs.push({ kind: 'report', repository, number })
    await enqueue(boss, tx, jobs)
    return true
  })
}

/**
 * Implements `Store.requeueLost`. A job that failed too often is gone, its sync is not. The newest minute is left out: a
 * record may be written a moment before its job.
 */
export async function requeueLost(
  db: Db,
  boss: PgBoss,
): Promise<{ readonly queued: number; readonly unreached: readonly SyncRecord[] }> {
  return db.transaction().execute(async (tx) => {
    const rows = await tx
      .selectFrom('drydock.sync as lost')
      .selectAll('lost')
      .where('lost.finished_at', 'is', null)
      .where(sql<boolean>`lost.created_at < now() - interval '1 minute'`)
      .where(
        sql<boolean>`not exists (select 1 from drydock_jobs.job as job where job.name = 'sync'
          and job.state in ('created', 'retry', 'active') and job.data -> 'job' ->> 'syncId' = lost.id)`,
      )
      .orderBy('lost.seq')
      .execute()
    const jobs: Job[] = []
    const unreached: SyncRecord[] = []
    for (const record of rows.map(toRecord)) {
      const installationId = await knownInstallation(tx, record)
      // One repository that nobody knows how to reach must not keep the others waiting.
      if (installationId === undefined) unreached.push(record)
      else {
        const { id: syncId, cluster, app } = record
        jobs.push({ kind: 'sync', repository: { ...record.repository, installationId }, syncId, cluster, app })
      }
    }
    await enqueue(boss, tx, jobs)
    return { queued: jobs.length, unreached }
  })
}

async function installationOf(tx: Tx, record: SyncRecord): Promise<number> {
  const known = await knownInstallation(tx, record)
  if (known !== undefined) return known
  throw new DrydockError(
    'store-failed',
    `Nothing tells by which installation ${repositoryText(record.repository)} is reached.`,
    {
      hint: 'Push to its default branch, or plan a pull request of it with /plan.',
    },
  )
}

/** By which installation a repository was reached last. One of a newer sync counts more: the App may be installed anew. */
async function knownInstallation(tx: Tx, { repository }: SyncRecord): Promise<number | undefined> {
  const of = (table: 'drydock.sync' | 'drydock.pull_request', newest: 'seq' | 'number') =>
    tx
      .selectFrom(table)
      .select('installation_id')
      .where('repository', '=', repositoryText(repository))
      .where('installation_id', 'is not', null)
      .orderBy(newest, 'desc')
      .limit(1)
      .executeTakeFirst()
  const row = (await of('drydock.sync', 'seq')) ?? (await of('drydock.pull_request', 'number'))
  return row?.installation_id ? Number(row.installation_id) : undefined
}
