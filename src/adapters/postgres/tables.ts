import type { ColumnType, Generated, Kysely, Transaction } from 'kysely'

/** `bigint` is a string from PostgreSQL and a number from PGlite. */
type Big = ColumnType<string | number | null, number | null, number | null>
type Time = ColumnType<Date, string, string>
type MaybeTime = ColumnType<Date | null, string | null, string | null>
/** Written as text by `storable`, read as the value. */
type Json = ColumnType<unknown, string, string>
type MaybeJson = ColumnType<unknown, string | null, string | null>

type DeliveryTable = { id: string; event: string; meaning: string; received_at: Generated<Date> }

type PullRequestTable = {
  repository: string
  number: number
  open: boolean
  head: string | null
  base_ref: string | null
  installation_id: Big
  comment_id: Big
  comment_hash: string | null
  plan_id: string | null
}

type PlanTable = {
  id: string
  seq: Generated<string | number>
  repository: string
  number: number | null
  head: string
  base: string
  state: 'running' | 'done' | 'superseded'
  check_id: Big
  plan: MaybeJson
  shown: string | null
  live: MaybeJson
  created_at: Time
}

type CursorTable = { repository: string; branch: string; commit_id: string }

type SyncTable = {
  id: string
  seq: Generated<string | number>
  repository: string
  app: string
  cluster: string
  branch: string
  revision: string
  previous: string | null
  number: number | null
  actor: string
  author: string | null
  digest: string | null
  rollback: MaybeJson
  preview: MaybeJson
  asked: MaybeJson
  installation_id: ColumnType<string | number | null, number | null | undefined, number | null>
  deployment_id: Big
  outcome: Json
  created_at: Time
  finished_at: MaybeTime
}

type AuditTable = {
  seq: ColumnType<string | number, number, never>
  at: Time
  actor: string
  action: string
  repository: string
  app: string
  cluster: string
  revision: string
  digest: string | null
  number: number | null
  result: string
  allowed_by: string
  previous: string | null
  hash: string | null
}

type AuditHeadTable = { seq: ColumnType<string | number, number, number>; hash: string }

type HistoryTable = {
  sync_id: string
  plan: Json
  objects: ColumnType<Uint8Array, Uint8Array, Uint8Array>
  sealed: boolean
}

type AppStateTable = {
  repository: string
  app: string
  cluster: string
  cluster_uid: string
  revision: string | null
  digest: string | null
  lock: MaybeJson
  pin: MaybeJson
}

type FreezeTable = { scope: string; actor: string; reason: string; at: Time }

type ApprovalTable = { repository: string; number: number; key: string; actor: string; at: Time }

/** The tables of the schema `drydock`, as `migrations.ts` makes them. */
export type Tables = {
  'drydock.delivery': DeliveryTable
  'drydock.pull_request': PullRequestTable
  'drydock.plan': PlanTable
  'drydock.branch_cursor': CursorTable
  'drydock.sync': SyncTable
  'drydock.audit_event': AuditTable
  'drydock.audit_head': AuditHeadTable
  'drydock.sync_history': HistoryTable
  'drydock.app_state': AppStateTable
  'drydock.freeze': FreezeTable
  'drydock.approval': ApprovalTable
}

/** The database, or a transaction on it. */
export type Db = Kysely<Tables>
export type Tx = Transaction<Tables>
