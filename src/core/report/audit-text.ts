import type { AuditVerification } from '../audit/documents.ts'
import type { AuditRow } from '../audit/event.ts'

/**
 * An event as one line of JSON, `null` for what it hasn't. What could steer a terminal or hide text is escaped, also
 * where JSON doesn't ask for it: read again, it is the same.
 */
export function auditLine(row: AuditRow): string {
  const { seq, at, actor, action, repository, app, cluster, revision, digest = null, number = null } = row
  const { result, allowedBy, previous = null, hash = null } = row
  const place = { seq, at, actor, action, repository, app, cluster, revision, digest, number }
  return `${JSON.stringify({ ...place, result, allowedBy, previous, hash }).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped)}\n`
}

/** What a check of the log found, when nothing is wrong. */
export function verifiedText({ events, newest, contains }: AuditVerification): string {
  if (!newest || events === 0) return 'The audit log is empty, and nothing is missing.\n'
  const found = contains === undefined ? '' : `The hash is that of event ${contains}.\n`
  const count = events === 1 ? '1 event' : `${events} events`
  return `${count}, unbroken; the newest is ${newest.hash} (write it down elsewhere: --contains finds it again)\n${found}`
}

/** What is wrong, a line for each fault. */
export function faultsText({ events, faults, more }: AuditVerification): string {
  const lines = faults.map(({ message }) => message)
  if (more > 0) lines.push(`… and ${more} more.`)
  return [...lines, `The audit log (${events} events) is not as Drydock wrote it.`, ''].join('\n')
}

function escaped(found: string): string {
  const units = Array.from({ length: found.length }, (_, index) => found.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
