import type { AuditEvent } from '../../flows/records.ts'
import { storable } from './storable.ts'
import type { Db } from './tables.ts'

/** Implements `Store.audit`. The table refuses every other kind of write. */
export async function appendAudit(db: Db, event: AuditEvent): Promise<void> {
  await db
    .insertInto('drydock.audit_event')
    .values({
      at: event.at,
      actor: storable(event.actor),
      action: event.action,
      repository: storable(event.repository),
      app: storable(event.app),
      cluster: storable(event.cluster),
      revision: event.revision,
      digest: event.digest ?? null,
      number: event.number ?? null,
      result: storable(event.result),
      allowed_by: storable(event.allowedBy),
    })
    .execute()
}
