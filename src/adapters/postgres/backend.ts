import type { PostgresPool } from 'kysely'
import type { ConstructorOptions } from 'pg-boss'

/** A running subscription to notifications. */
export type Subscription = { readonly close: () => Promise<void> }

/** What differs between a PostgreSQL server and PGlite; all else speaks SQL to either. */
export type Backend = {
  /** Where it is, without credentials, for messages. */
  readonly name: string
  /** One process only: whatever was active when it starts belongs to a process that is gone. */
  readonly alone: boolean
  /** Connections for kysely. A connection that is handed out is used by its holder only, until it is released. */
  readonly pool: PostgresPool
  /** Single statements for pg-boss, also several in one text. */
  readonly boss: NonNullable<ConstructorOptions['db']>
  /** Calls `notified` with each payload, and `resumed` after each (re)connect, when some may have been missed. */
  readonly listen: (channel: string, notified: (payload: string) => void, resumed: () => void) => Promise<Subscription>
  /** Runs the start-up work while no other process of this database does. */
  readonly exclusively: (work: () => Promise<void>) => Promise<void>
  readonly close: () => Promise<void>
}
