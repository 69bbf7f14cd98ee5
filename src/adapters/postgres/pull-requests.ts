import type { RepositoryName } from '../../flows/ports.ts'
import type { PullRequestState } from '../../flows/records.ts'
import { present, repositoryText, storable, toNumber } from './storable.ts'
import type { Db } from './tables.ts'

/** Implements `Store.pullRequest`. */
export async function readPullRequest(
  db: Db,
  repository: RepositoryName,
  number: number,
): Promise<PullRequestState | undefined> {
  const row = await db
    .selectFrom('drydock.pull_request')
    .selectAll()
    .where('repository', '=', repositoryText(repository))
    .where('number', '=', number)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    repository: { owner: repository.owner, name: repository.name },
    number: row.number,
    open: row.open,
    ...present({
      head: row.head,
      baseRef: row.base_ref,
      installationId: toNumber(row.installation_id),
      commentId: toNumber(row.comment_id),
      commentHash: row.comment_hash,
      planId: row.plan_id,
    }),
  }
}

/** Implements `Store.savePullRequest`: what the state leaves out is forgotten. */
export async function writePullRequest(db: Db, state: PullRequestState): Promise<void> {
  const columns = {
    open: state.open,
    head: state.head ?? null,
    base_ref: state.baseRef === undefined ? null : storable(state.baseRef),
    installation_id: state.installationId ?? null,
    comment_id: state.commentId ?? null,
    comment_hash: state.commentHash ?? null,
    plan_id: state.planId ?? null,
  }
  await db
    .insertInto('drydock.pull_request')
    .values({ repository: repositoryText(state.repository), number: state.number, ...columns })
    .onConflict((conflict) => conflict.columns(['repository', 'number']).doUpdateSet(columns))
    .execute()
}

/** Implements `Store.openInto`. */
export async function readOpenInto(db: Db, repository: RepositoryName, branch: string): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('drydock.pull_request')
    .select('number')
    .where('repository', '=', repositoryText(repository))
    .where('base_ref', '=', storable(branch))
    .where('open', '=', true)
    .orderBy('number')
    .execute()
  return rows.map((row) => row.number)
}
