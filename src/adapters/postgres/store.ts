import type { PgBoss } from 'pg-boss'
import type { Store } from '../../flows/ports.ts'
import { appendAudit } from './audit.ts'
import { accept } from './deliveries.ts'
import { enqueue } from './enqueue.ts'
import { readLatestPlan, readOpenPlans, readPlan, readPlansAtHead, readRunningPlans, writePlan } from './plans.ts'
import { readOpenInto, readPullRequest, writePullRequest } from './pull-requests.ts'
import { storeFailed } from './store-failed.ts'
import { advance, readCursor, readLatestSync, readNewerSync, readSync, readSyncsOf, writeSync } from './syncs.ts'
import type { Db } from './tables.ts'

/** The durable state on a database. Every method throws `store-failed` when the database doesn't do its part. */
export function makeStore(db: Db, boss: PgBoss): Store {
  return {
    accept: guarded('accept a delivery', (delivery, jobs) => accept(db, boss, delivery, jobs)),
    pullRequest: guarded('read a pull request', (repository, number) => readPullRequest(db, repository, number)),
    savePullRequest: guarded('save a pull request', (state) => writePullRequest(db, state)),
    plan: guarded('read a plan', (id) => readPlan(db, id)),
    savePlan: guarded('save a plan', (record) => writePlan(db, record)),
    plansAtHead: guarded('read plans', (repository, head) => readPlansAtHead(db, repository, head)),
    latestPlan: guarded('read a plan', (repository, number) => readLatestPlan(db, repository, number)),
    openInto: guarded('read pull requests', (repository, branch) => readOpenInto(db, repository, branch)),
    openPlans: guarded('read plans', () => readOpenPlans(db)),
    runningPlans: guarded('read plans', (repository, number) => readRunningPlans(db, repository, number)),
    cursor: guarded('read the position on a branch', (repository, branch) => readCursor(db, repository, branch)),
    advance: guarded('save the position on a branch', (...step) => advance(db, boss, ...step)),
    sync: guarded('read a sync', (id) => readSync(db, id)),
    saveSync: guarded('save a sync', (record, report) => writeSync(db, boss, record, report)),
    syncsOf: guarded('read syncs', (repository, number) => readSyncsOf(db, repository, number)),
    newerSync: guarded('read syncs', (record) => readNewerSync(db, record)),
    latestSync: guarded('read a sync', (repository, app) => readLatestSync(db, repository, app)),
    audit: guarded('save an audit event', (event) => appendAudit(db, event)),
    enqueue: guarded('queue jobs', (jobs) => db.transaction().execute((tx) => enqueue(boss, tx, jobs))),
  }
}

function guarded<A extends readonly unknown[], R>(what: string, call: (...values: A) => Promise<R>) {
  return async (...values: A): Promise<R> => {
    try {
      return await call(...values)
    } catch (thrown) {
      throw storeFailed(what, thrown)
    }
  }
}
