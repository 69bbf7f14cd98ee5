import { createHash } from 'node:crypto'
import type { AuditFields, AuditHead } from './event.ts'

/** What the first event of a log follows. */
export const beginning: AuditHead = { seq: 0, hash: `sha256:${'0'.repeat(64)}` }

/**
 * The hash of an event: `sha256:` and the hex digits over a JSON list of the hash before, the event's number and its
 * fields, `null` for those that it hasn't. This can never change: the logs that are kept are checked with it.
 */
export function hashOf(previous: string, seq: number, fields: AuditFields): string {
  const { at, actor, action, repository, app, cluster, revision, digest = null, number = null } = fields
  const { result, allowedBy } = fields
  const list = [previous, seq, at, actor, action, repository, app, cluster, revision, digest, number, result, allowedBy]
  return `sha256:${createHash('sha256').update(JSON.stringify(list)).digest('hex')}`
}
