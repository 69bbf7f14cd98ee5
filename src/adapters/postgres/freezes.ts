import { sql } from 'kysely'
import type { Freeze } from '../../core/model/inventory.ts'
import type { RepositoryName } from '../../flows/ports.ts'
import { repositoryText, storable } from './storable.ts'
import type { Db } from './tables.ts'

/** Implements `Store.freezes`, oldest first. A person wrote the name of the repository, so letter case doesn't count. */
export async function readFreezes(db: Db, repository?: RepositoryName): Promise<readonly Freeze[]> {
  let query = db.selectFrom('drydock.freeze').selectAll()
  if (repository) {
    query = query.where(sql<string>`lower(scope)`, 'in', ['*', repositoryText(repository).toLowerCase()])
  }
  const rows = await query.orderBy('at').orderBy('scope').execute()
  return rows.map(({ scope, actor, reason, at }) => ({ scope, by: actor, reason, at: at.toISOString() }))
}

/** Implements `Store.saveFreeze`: a newer one of the same scope takes the place of the older. */
export async function writeFreeze(db: Db, freeze: Freeze): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('drydock.freeze').where(sql<string>`lower(scope)`, '=', keyOf(freeze.scope)).execute()
    const columns = { actor: storable(freeze.by), reason: storable(freeze.reason), at: freeze.at }
    await tx
      .insertInto('drydock.freeze')
      .values({ scope: storable(freeze.scope), ...columns })
      .onConflict((conflict) => conflict.column('scope').doUpdateSet(columns))
      .execute()
  })
}

/** Implements `Store.removeFreeze`. */
export async function deleteFreeze(db: Db, scope: string): Promise<boolean> {
  const removed = await db
    .deleteFrom('drydock.freeze')
    .where(sql<string>`lower(scope)`, '=', keyOf(scope))
    .returning('scope')
    .execute()
  return removed.length > 0
}

function keyOf(scope: string): string {
  return storable(scope).toLowerCase()
}
