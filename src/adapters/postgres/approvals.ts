import type { RepositoryName } from '../../flows/ports.ts'
import type { Approval } from '../../flows/state-ports.ts'
import { repositoryName, repositoryText, storable } from './storable.ts'
import type { Db } from './tables.ts'

/** Implements `Store.approvals`, oldest first. */
export async function readApprovals(db: Db, repository: RepositoryName, number: number): Promise<readonly Approval[]> {
  const rows = await db
    .selectFrom('drydock.approval')
    .selectAll()
    .where('repository', '=', repositoryText(repository))
    .where('number', '=', number)
    .orderBy('at')
    .orderBy('key')
    .execute()
  return rows.map((row) => ({
    repository: repositoryName(row.repository),
    number: row.number,
    key: row.key,
    by: row.actor,
    at: row.at.toISOString(),
  }))
}

/** Implements `Store.saveApprovals`, all or none. Who accepted something first stays the one who did. */
export async function writeApprovals(db: Db, approvals: readonly Approval[]): Promise<void> {
  if (approvals.length === 0) return
  const rows = approvals.map(({ repository, number, key, by, at }) => ({
    repository: repositoryText(repository),
    number,
    key: storable(key),
    actor: storable(by),
    at,
  }))
  await db
    .insertInto('drydock.approval')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['repository', 'number', 'key']).doNothing())
    .execute()
}
