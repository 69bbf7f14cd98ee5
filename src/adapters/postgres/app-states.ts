import type { ExpressionBuilder, Selectable } from 'kysely'
import type { Lock, Pin } from '../../core/model/inventory.ts'
import type { RepositoryName } from '../../flows/ports.ts'
import type { AppAddress, AppState } from '../../flows/state-ports.ts'
import { present, repositoryName, repositoryText, storable, storableJson } from './storable.ts'
import type { Db, Tables } from './tables.ts'

/** Implements `Store.appState`. */
export async function readAppState(db: Db, address: AppAddress): Promise<AppState | undefined> {
  const row = await db
    .selectFrom('drydock.app_state')
    .selectAll()
    .where('repository', '=', repositoryText(address.repository))
    .where('app', '=', storable(address.app))
    .where('cluster', '=', storable(address.cluster))
    .executeTakeFirst()
  return row && toState(row)
}

/** Implements `Store.changeAppState`. */
export async function changeAppState(
  db: Db,
  address: AppAddress,
  change: (state: AppState | undefined) => Omit<AppState, keyof AppAddress> | undefined,
): Promise<void> {
  const key = {
    repository: repositoryText(address.repository),
    app: storable(address.app),
    cluster: storable(address.cluster),
  }
  const matches = (where: ExpressionBuilder<Tables, 'drydock.app_state'>) => where.and(key)
  await db.transaction().execute(async (tx) => {
    for (;;) {
      const row = await tx.selectFrom('drydock.app_state').selectAll().where(matches).forUpdate().executeTakeFirst()
      const wanted = change(row && toState(row))
      if (!row && !wanted) return
      if (!wanted) return void (await tx.deleteFrom('drydock.app_state').where(matches).execute())
      const columns = columnsOf(wanted)
      if (row) return void (await tx.updateTable('drydock.app_state').set(columns).where(matches).execute())
      const inserted = await tx
        .insertInto('drydock.app_state')
        .values({ ...key, ...columns })
        .onConflict((conflict) => conflict.columns(['repository', 'app', 'cluster']).doNothing())
        .returning('app')
        .executeTakeFirst()
      // Else somebody made it meanwhile: theirs is changed.
      if (inserted) return
    }
  })
}

function columnsOf(state: Omit<AppState, keyof AppAddress>) {
  return {
    cluster_uid: storable(state.clusterUID),
    revision: state.revision ?? null,
    digest: state.digest ?? null,
    lock: state.lock === undefined ? null : storableJson(state.lock),
    pin: state.pin === undefined ? null : storableJson(state.pin),
  }
}

/** Implements `Store.appStates`, by repository, app and cluster; without a repository those of all. */
export async function readAppStates(db: Db, repository?: RepositoryName): Promise<readonly AppState[]> {
  let query = db.selectFrom('drydock.app_state').selectAll()
  if (repository) query = query.where('repository', '=', repositoryText(repository))
  const rows = await query.orderBy('repository').orderBy('app').orderBy('cluster').execute()
  return rows.map(toState)
}

function toState(row: Selectable<Tables['drydock.app_state']>): AppState {
  return {
    repository: repositoryName(row.repository),
    app: row.app,
    cluster: row.cluster,
    clusterUID: row.cluster_uid,
    ...present({
      revision: row.revision,
      digest: row.digest,
      lock: row.lock as Lock | null,
      pin: row.pin as Pin | null,
    }),
  }
}
