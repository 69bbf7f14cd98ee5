import { checkLog } from '../../core/audit/check.ts'
import type { AuditPage, AuditVerification } from '../../core/audit/documents.ts'
import type { AuditRow } from '../../core/audit/event.ts'
import { DrydockError } from '../../core/model/errors.ts'
import { type Json, type JsonObject, numberAt, textAt } from '../../core/model/object.ts'
import type { Store } from '../ports.ts'
import type { AdminOperations, AdminWorld } from './admin.ts'

/** So many events are in memory at a time, and in one answer. */
const page = 1000

const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

/**
 * `audit-verify` looks through the whole audit log for what is not as it was written, and for the event of a hash that
 * was noted; `audit-export` answers its events page by page. Documents are those of `core/audit/documents.ts`.
 */
export function auditOperations({ store }: Pick<AdminWorld, 'store'>): AdminOperations {
  return {
    'audit-verify': async (input) => {
      const check = checkLog(await store.auditHead(), hashIn(input))
      for await (const row of rowsAfter(store, undefined)) check.take(row)
      const findings = check.end(await store.auditHead())
      const unbroken = findings.faults.length === 0
      return document({ apiVersion: 'drydock.dev/v1', kind: 'AuditVerification', unbroken, ...findings })
    },
    'audit-export': async (input) => {
      const wanted = filterOf(input)
      const events: AuditRow[] = []
      for await (const row of rowsAfter(store, numberAt(input, 'after'))) {
        if (wanted(row)) events.push(row)
        if (events.length === page) return document({ events, next: row.seq })
      }
      return document({ events })
    },
  }
}

async function* rowsAfter(store: Store, first: number | undefined): AsyncGenerator<AuditRow> {
  for (let after = first; ; ) {
    const rows = await store.auditRows(after, page)
    yield* rows
    after = rows.at(-1)?.seq
    if (rows.length < page) return
  }
}

/** Throws `usage` for a time that isn't one: the whole log instead of a part would be no answer. */
function filterOf(input: JsonObject): (row: AuditRow) => boolean {
  const [since, app] = [textAt(input, 'since'), textAt(input, 'app')]
  const repository = textAt(input, 'repository')?.toLowerCase()
  const from = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since)
  if (since !== undefined && !(isoTime.test(since) && Number.isFinite(from))) {
    throw new DrydockError('usage', `"${since.slice(0, 100)}" is no time.`, {
      hint: 'Write a day (2026-05-04, from 0:00 UTC), or a time with its zone (2026-05-04T10:00:00Z).',
    })
  }
  return (row) =>
    // A time that was changed into none is shown, not hidden.
    !(Date.parse(row.at) < from) &&
    (app === undefined || row.app === app) &&
    (repository === undefined || row.repository.toLowerCase() === repository)
}

function hashIn(input: JsonObject): string | undefined {
  const text = textAt(input, 'contains')
  if (text === undefined) return undefined
  const digits = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text.trim())?.[1]
  if (digits) return `sha256:${digits.toLowerCase()}`
  throw new DrydockError('usage', `"${text.slice(0, 100)}" is no hash of an event.`, {
    hint: 'Give all of it, as `drydock audit verify` printed it: sha256: and 64 hex digits.',
  })
}

/** Documents are plain JSON; their types say more. */
function document(value: AuditVerification | AuditPage): Json {
  return value as unknown as Json
}
