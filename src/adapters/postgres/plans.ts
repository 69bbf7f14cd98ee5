import type { Selectable } from 'kysely'
import type { Plan } from '../../core/model/plan.ts'
import type { LiveState } from '../../core/plan/staleness.ts'
import type { RepositoryName } from '../../flows/ports.ts'
import type { PlanRecord, RepositoryAddress } from '../../flows/records.ts'
import { present, repositoryName, repositoryText, storableJson, toNumber } from './storable.ts'
import type { Db, Tables } from './tables.ts'

/** Implements `Store.plan`. */
export async function readPlan(db: Db, id: string): Promise<PlanRecord | undefined> {
  const row = await db.selectFrom('drydock.plan').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toRecord(row)
}

/** Implements `Store.savePlan`. */
export async function writePlan(db: Db, record: PlanRecord): Promise<void> {
  const columns = {
    repository: repositoryText(record.repository),
    number: record.number ?? null,
    head: record.head,
    base: record.base,
    state: record.state,
    check_id: record.checkId ?? null,
    plan: record.plan === undefined ? null : storableJson(record.plan),
    shown: record.shown ?? null,
    live: record.live === undefined ? null : storableJson(record.live),
    created_at: record.createdAt,
  }
  await db
    .insertInto('drydock.plan')
    .values({ id: record.id, ...columns })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
    .execute()
}

/** Implements `Store.plansAtHead`. */
export async function readPlansAtHead(
  db: Db,
  repository: RepositoryName,
  head: string,
): Promise<readonly PlanRecord[]> {
  const rows = await db
    .selectFrom('drydock.plan as plan')
    .innerJoin('drydock.pull_request as pr', (join) =>
      join.onRef('pr.repository', '=', 'plan.repository').onRef('pr.number', '=', 'plan.number'),
    )
    .distinctOn('plan.number')
    .selectAll('plan')
    .where('plan.repository', '=', repositoryText(repository))
    .where('plan.head', '=', head)
    .where('plan.state', '=', 'done')
    .where('pr.open', '=', true)
    // A pull request that moved on to another head has nothing to say about this one.
    .where((where) => where.or([where('pr.head', '=', head), where('pr.head', 'is', null)]))
    .orderBy('plan.number')
    .orderBy('plan.seq', 'desc')
    .execute()
  return rows.map(toRecord)
}

/** Implements `Store.latestPlan`: the plan that the pull request names, else its newest finished one. */
export async function readLatestPlan(
  db: Db,
  repository: RepositoryName,
  number: number,
): Promise<PlanRecord | undefined> {
  const shown = await db
    .selectFrom('drydock.pull_request as pr')
    .innerJoin('drydock.plan as plan', 'plan.id', 'pr.plan_id')
    .selectAll('plan')
    .where('pr.repository', '=', repositoryText(repository))
    .where('pr.number', '=', number)
    .executeTakeFirst()
  if (shown) return toRecord(shown)
  const newest = await db
    .selectFrom('drydock.plan')
    .selectAll()
    .where('repository', '=', repositoryText(repository))
    .where('number', '=', number)
    .where('state', '=', 'done')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest && toRecord(newest)
}

/** Implements `Store.runningPlans`. */
export async function readRunningPlans(
  db: Db,
  repository: RepositoryName,
  number: number,
): Promise<readonly PlanRecord[]> {
  const rows = await db
    .selectFrom('drydock.plan')
    .selectAll()
    .where('repository', '=', repositoryText(repository))
    .where('number', '=', number)
    .where('state', '=', 'running')
    .orderBy('seq')
    .execute()
  return rows.map(toRecord)
}

/** Implements `Store.openPlans`. */
export async function readOpenPlans(
  db: Db,
): Promise<readonly { readonly repository: RepositoryAddress; readonly number: number; readonly planId: string }[]> {
  const rows = await db
    .selectFrom('drydock.plan as plan')
    .innerJoin('drydock.pull_request as pr', (join) =>
      join
        .onRef('pr.repository', '=', 'plan.repository')
        .onRef('pr.number', '=', 'plan.number')
        .onRef('pr.head', '=', 'plan.head'),
    )
    .distinctOn(['pr.repository', 'pr.number'])
    .select(['pr.repository', 'pr.number', 'pr.installation_id', 'plan.id'])
    .where('plan.state', '=', 'done')
    .where('pr.open', '=', true)
    .orderBy('pr.repository')
    .orderBy('pr.number')
    .orderBy('plan.seq', 'desc')
    .execute()
  return rows.flatMap((row) => {
    const installationId = toNumber(row.installation_id)
    if (installationId === null) return []
    return [{ repository: { ...repositoryName(row.repository), installationId }, number: row.number, planId: row.id }]
  })
}

function toRecord(row: Selectable<Tables['drydock.plan']>): PlanRecord {
  return {
    id: row.id,
    repository: repositoryName(row.repository),
    head: row.head,
    base: row.base,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    ...present({
      number: row.number,
      checkId: toNumber(row.check_id),
      plan: row.plan as Plan | null,
      shown: row.shown,
      live: row.live as readonly LiveState[] | null,
    }),
  }
}
