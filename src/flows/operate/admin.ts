/** What those who run the server may ask of it from its machine: types only. */

import type { Json, JsonObject } from '../../core/model/object.ts'
import type { Clock, Clusters, Log, Store } from '../ports.ts'

/**
 * One thing that an operator may ask for. `input` comes from outside and is checked here; `by` is the operator's name on
 * that machine. Answers plain JSON. Throws `DrydockError` or `DrydockErrors`, whose problems the operator is shown.
 */
export type AdminOperation = (input: JsonObject, by: string) => Promise<Json>

/** Operations by name. */
export type AdminOperations = Readonly<Record<string, AdminOperation>>

/** What operations need of the world: no GitHub, no Git. */
export type AdminWorld = {
  readonly store: Store
  readonly clusters: Clusters
  readonly clock: Clock
  readonly log: Log
}

/** How a command asks: the running server, or, where none runs, the database itself. */
export type AskAdmin = (operation: string, input: JsonObject) => Promise<Json>
