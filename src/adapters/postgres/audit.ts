import { type Selectable, sql } from 'kysely'
import { beginning, hashOf } from '../../core/audit/chain.ts'
import type { AuditFields, AuditHead, AuditRow } from '../../core/audit/event.ts'
import { DrydockError } from '../../core/model/errors.ts'
import type { AuditEvent } from '../../flows/records.ts'
import { present, storable } from './storable.ts'
import type { Db, Tables, Tx } from './tables.ts'

/** So many old events are read at a time. */
const PAGE = 1000

/**
 * Implements `Store.audit`. The row of the newest event is held until the next one is there, so that all processes take
 * turns. The table refuses every other kind of write.
 */
export async function appendAudit(db: Db, event: AuditEvent): Promise<void> {
  const fields = asStored(event)
  await db.transaction().execute(async (tx) => {
    const head = await tx.selectFrom('drydock.audit_head').select(['seq', 'hash']).forUpdate().executeTakeFirst()
    if (!head) {
      throw new DrydockError('store-failed', 'The audit log has lost the record of its newest event.', {
        hint: 'Nothing can be added to it, nor synced, until drydock.audit_head is restored from a backup.',
      })
    }
    const next = Number(head.seq) + 1
    const hash = hashOf(head.hash, next, fields)
    const { allowedBy, digest = null, number = null, ...columns } = fields
    await tx
      .insertInto('drydock.audit_event')
      .values({ ...columns, seq: next, digest, number, allowed_by: allowedBy, previous: head.hash, hash })
      .execute()
    await tx.updateTable('drydock.audit_head').set({ seq: next, hash }).execute()
  })
}

/** Implements `Store.auditRows`. */
export async function readAuditRows(db: Db, after: number | undefined, limit: number): Promise<readonly AuditRow[]> {
  // As text: a Date has no microseconds, and a change of those would not be seen.
  const time = sql<string>`coalesce(to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), at::text)`
  let query = db.selectFrom('drydock.audit_event').selectAll().select(time.as('time'))
  if (after !== undefined) query = query.where('seq', '>', after)
  const rows = await query.orderBy('seq').limit(limit).execute()
  return rows.map(toRow)
}

/** Implements `Store.auditHead`. */
export async function readAuditHead(db: Db): Promise<AuditHead | undefined> {
  const head = await db.selectFrom('drydock.audit_head').select(['seq', 'hash']).executeTakeFirst()
  return head && { seq: Number(head.seq), hash: head.hash }
}

/**
 * Begins the chain, in the migration that makes it: the events that were there before get no hash, but the first one
 * after them follows all of them.
 */
export async function noteOlderEvents(tx: Tx): Promise<void> {
  let head = beginning
  for (let rows = await readAuditRows(tx, undefined, PAGE); rows.length > 0; ) {
    for (const row of rows) head = { seq: row.seq, hash: hashOf(head.hash, row.seq, row) }
    rows = await readAuditRows(tx, head.seq, PAGE)
  }
  await tx.insertInto('drydock.audit_head').values(head).execute()
}

/** An event as it will be read again: that is what its hash is of. */
function asStored(event: AuditEvent): AuditFields {
  return {
    ...present({ digest: event.digest && storable(event.digest), number: event.number }),
    at: new Date(event.at).toISOString(),
    actor: storable(event.actor),
    action: storable(event.action),
    repository: storable(event.repository),
    app: storable(event.app),
    cluster: storable(event.cluster),
    revision: storable(event.revision),
    result: storable(event.result),
    allowedBy: storable(event.allowedBy),
  }
}

function toRow(row: Selectable<Tables['drydock.audit_event']> & { readonly time: string }): AuditRow {
  const seq = Number(row.seq)
  if (!Number.isSafeInteger(seq)) {
    throw new DrydockError('store-failed', `The audit log was changed: its event ${row.seq} is none of Drydock.`)
  }
  const { actor, action, repository, app, cluster, revision, result } = row
  const { digest, number, previous, hash } = row
  return {
    seq,
    at: row.time.replace(/000Z$/, 'Z'),
    ...{ actor, action, repository, app, cluster, revision, result, allowedBy: row.allowed_by },
    ...present({ digest, number, previous, hash }),
  }
}
