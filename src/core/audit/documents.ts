/** What is answered about the audit log: types only. */

import type { AuditFindings } from './check.ts'
import type { AuditRow } from './event.ts'

/** What `drydock audit verify -o json` prints. */
export type AuditVerification = AuditFindings & {
  readonly apiVersion: 'drydock.dev/v1'
  readonly kind: 'AuditVerification'
  /** There is no fault. */
  readonly unbroken: boolean
}

/** A part of the log. */
export type AuditPage = {
  readonly events: readonly AuditRow[]
  /** What to ask the next part `after`; absent: this was the last. */
  readonly next?: number
}
