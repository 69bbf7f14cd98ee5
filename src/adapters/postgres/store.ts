import type { PgBoss } from 'pg-boss'
import type { Store } from '../../flows/ports.ts'
import { changeAppState, readAppState, readAppStates } from './app-states.ts'
import { readApprovals, writeApprovals } from './approvals.ts'
import { appendAudit, readAuditHead, readAuditRows } from './audit.ts'
import { accept } from './deliveries.ts'
import { enqueue } from './enqueue.ts'
import { deleteFreeze, readFreezes, writeFreeze } from './freezes.ts'
import { readHeldSyncs, requeueLost, requeueSync } from './held-syncs.ts'
import { findSyncs, readHistory, readHistoryOf, readLastGood, readRepositoriesOf, writeHistory } from './history.ts'
import { readLatestPlan, readOpenPlans, readPlan, readPlansAtHead, readRunningPlans, writePlan } from './plans.ts'
import { readOpenInto, readPullRequest, writePullRequest } from './pull-requests.ts'
import { storeFailed } from './store-failed.ts'
import {
  advance,
  noteTold,
  readAskedOn,
  readCursor,
  readLatestSync,
  readNewerSync,
  readSync,
  readSyncsOf,
  writeSync,
} from './syncs.ts'
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
    noteTold: guarded('note an answer', (id, told) => noteTold(db, id, told)),
    saveSync: guarded('save a sync', (record, report) => writeSync(db, boss, record, report)),
    syncsOf: guarded('read syncs', (repository, number) => readSyncsOf(db, repository, number)),
    askedOn: guarded('read syncs', (repository, number) => readAskedOn(db, repository, number)),
    newerSync: guarded('read syncs', (record) => readNewerSync(db, record)),
    latestSync: guarded('read a sync', (repository, app) => readLatestSync(db, repository, app)),
    appState: guarded('read the state of an app', (address) => readAppState(db, address)),
    changeAppState: guarded('save the state of an app', (address, change) => changeAppState(db, address, change)),
    appStates: guarded('read the state of apps', (repository) => readAppStates(db, repository)),
    freezes: guarded('read freezes', (repository) => readFreezes(db, repository)),
    saveFreeze: guarded('save a freeze', (freeze) => writeFreeze(db, freeze)),
    removeFreeze: guarded('remove a freeze', (scope) => deleteFreeze(db, scope)),
    heldSyncs: guarded('read syncs', () => readHeldSyncs(db)),
    requeueSync: guarded('queue a sync again', (id, changes) => requeueSync(db, boss, id, changes)),
    requeueLost: guarded('queue syncs again', () => requeueLost(db, boss)),
    approvals: guarded('read approvals', (repository, number) => readApprovals(db, repository, number)),
    saveApprovals: guarded('save approvals', (approvals) => writeApprovals(db, approvals)),
    saveHistory: guarded('save the history of a sync', (...entry) => writeHistory(db, ...entry)),
    history: guarded('read the history of an app', (address, limit) => readHistory(db, address, limit)),
    historyOf: guarded('read the history of a sync', (id) => readHistoryOf(db, id)),
    repositoriesOf: guarded('read syncs', (app) => readRepositoriesOf(db, app)),
    findSyncs: guarded('read syncs', (address, beginning) => findSyncs(db, address, beginning)),
    lastGood: guarded('read syncs', (address, before) => readLastGood(db, address, before)),
    audit: guarded('save an audit event', (event) => appendAudit(db, event)),
    auditRows: guarded('read the audit log', (after, limit) => readAuditRows(db, after, limit)),
    auditHead: guarded('read the audit log', () => readAuditHead(db)),
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
