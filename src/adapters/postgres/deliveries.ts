import type { PgBoss } from 'pg-boss'
import type { Delivery, Job } from '../../flows/records.ts'
import { enqueue } from './enqueue.ts'
import { archiveFailed, takeFailedOf } from './failed-jobs.ts'
import { storable } from './storable.ts'
import type { Db } from './tables.ts'

/** In days. GitHub lets a delivery be sent again for three. */
const KEPT_DAYS = 30

/** Implements `Store.accept`. */
export function accept(db: Db, boss: PgBoss, delivery: Delivery, jobs: readonly Job[]): Promise<boolean> {
  const row = { id: storable(delivery.id), event: storable(delivery.event), meaning: storable(delivery.meaning) }
  return db.transaction().execute(async (tx) => {
    const fresh = await tx
      .insertInto('drydock.delivery')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    if (fresh) {
      await enqueue(boss, tx, jobs, row.id)
      return true
    }
    const known = await tx
      .selectFrom('drydock.delivery')
      .select('id')
      .where((where) => where.or([where('id', '=', row.id), where('meaning', '=', row.meaning)]))
      .execute()
    await archiveFailed(tx)
    let queued = 0
    for (const { id } of known) {
      const failed = await takeFailedOf(tx, id)
      await enqueue(boss, tx, failed, id)
      queued += failed.length
    }
    return queued > 0
  })
}

/** Forgets deliveries that nobody can send again. */
export async function pruneDeliveries(db: Db): Promise<void> {
  const before = new Date(Date.now() - KEPT_DAYS * 24 * 60 * 60 * 1000)
  await db.deleteFrom('drydock.delivery').where('received_at', '<', before).execute()
}
