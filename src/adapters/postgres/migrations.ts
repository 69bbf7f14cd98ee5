import { noteOlderEvents } from './audit.ts'
import type { Tx } from './tables.ts'

/** One step of the schema. Steps are only ever added: a released one never changes. */
export type Migration = {
  readonly id: number
  readonly name: string
  readonly sql: string
  /** What SQL alone can't do, in the same transaction. Later columns may be missing still. */
  readonly after?: (tx: Tx) => Promise<void>
}

/** The steps in order. Each runs once, in a transaction of its own. */
export const migrations: readonly Migration[] = [
  {
    id: 1,
    name: 'first tables',
    sql: `
      create table drydock.delivery (
        id text primary key,
        event text not null,
        meaning text not null unique,
        received_at timestamptz not null default now()
      );
      create index delivery_received_at on drydock.delivery (received_at);

      create table drydock.failed_job (
        id uuid primary key,
        queue text not null,
        delivery text,
        job jsonb not null,
        reason text,
        failed_at timestamptz not null default now()
      );
      create index failed_job_delivery on drydock.failed_job (delivery);

      create table drydock.pull_request (
        repository text not null,
        number integer not null,
        open boolean not null,
        head text,
        base_ref text,
        comment_id bigint,
        comment_hash text,
        plan_id text,
        primary key (repository, number)
      );
      create index pull_request_head on drydock.pull_request (repository, head) where open;

      create table drydock.plan (
        id text primary key,
        seq bigint generated always as identity,
        repository text not null,
        number integer,
        head text not null,
        base text not null,
        state text not null,
        check_id bigint,
        plan jsonb,
        created_at timestamptz not null
      );
      create index plan_head on drydock.plan (repository, head);
      create index plan_number on drydock.plan (repository, number);
      create index plan_running on drydock.plan (seq) where state = 'running';

      create table drydock.branch_cursor (
        repository text not null,
        branch text not null,
        commit_id text not null,
        primary key (repository, branch)
      );

      create table drydock.sync (
        id text primary key,
        seq bigint generated always as identity,
        repository text not null,
        app text not null,
        cluster text not null,
        branch text not null,
        revision text not null,
        previous text,
        number integer,
        actor text not null,
        deployment_id bigint,
        outcome jsonb not null,
        created_at timestamptz not null,
        finished_at timestamptz
      );
      create index sync_app on drydock.sync (repository, app, cluster, seq);
      create index sync_number on drydock.sync (repository, number, seq);

      create table drydock.audit_event (
        seq bigint generated always as identity primary key,
        at timestamptz not null,
        actor text not null,
        action text not null,
        repository text not null,
        app text not null,
        cluster text not null,
        revision text not null,
        digest text,
        number integer,
        result text not null,
        allowed_by text not null
      );
      create function drydock.refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'the audit log is append-only';
      end
      $$;
      create trigger audit_event_append_only before update or delete or truncate on drydock.audit_event
        for each statement execute function drydock.refuse_change();
    `,
  },
  {
    id: 2,
    name: 'what a plan was shown as, and made from',
    sql: `
      alter table drydock.plan add column shown text, add column live jsonb;
      alter table drydock.pull_request add column installation_id bigint;
      create index pull_request_base on drydock.pull_request (repository, base_ref) where open;
    `,
  },
  {
    id: 3,
    name: 'what holds an app, what was accepted, and the history of syncs',
    sql: `
      alter table drydock.sync add column author text, add column digest text, add column installation_id bigint;
      create index sync_held on drydock.sync (seq) where outcome ->> 'state' = 'held';
      create index sync_open on drydock.sync (seq) where finished_at is null;

      create table drydock.sync_history (
        sync_id text primary key references drydock.sync (id) on delete cascade,
        plan jsonb not null,
        objects bytea not null,
        sealed boolean not null
      );

      create table drydock.app_state (
        repository text not null,
        app text not null,
        cluster text not null,
        cluster_uid text not null,
        revision text,
        digest text,
        lock jsonb,
        pin jsonb,
        primary key (repository, app, cluster)
      );

      create table drydock.freeze (
        scope text primary key,
        actor text not null,
        reason text not null,
        at timestamptz not null
      );

      create table drydock.approval (
        repository text not null,
        number integer not null,
        key text not null,
        actor text not null,
        at timestamptz not null,
        primary key (repository, number, key)
      );
    `,
  },
  {
    id: 4,
    name: 'what a sync was asked for with',
    sql: `
      alter table drydock.sync add column rollback jsonb, add column preview jsonb, add column asked jsonb;
      create index sync_asked on drydock.sync (repository) where asked is not null;
    `,
  },
  {
    id: 5,
    name: 'the chain of the audit log',
    // Numbers are given by the chain, so that none is left out. A process of an older version can add no event any more.
    sql: `
      alter table drydock.audit_event
        alter column seq drop identity,
        add column previous text,
        add column hash text;

      create table drydock.audit_head (
        one boolean primary key default true check (one),
        seq bigint not null,
        hash text not null
      );
      create trigger audit_head_stays before delete or truncate on drydock.audit_head
        for each statement execute function drydock.refuse_change();
    `,
    after: noteOlderEvents,
  },
]
